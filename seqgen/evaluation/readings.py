"""Readings: which text is read by which model in which scoring mode. Nothing is scored here yet.

Scores, breakdowns and comparisons all start from readings; `scored_readings.py` holds readings with their scores.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import DEFAULT_ENCODING, Part, ReadingConfig
from seqgen.corpus import CorpusPart, EncodedText, ExternalText, as_read, encode_part, reopen_part
from seqgen.corpus.stored_text import StoredText
from seqgen.evaluation.dynamic import DynamicEvaluation
from seqgen.evaluation.external_texts import as_read_by, store_external
from seqgen.evaluation.leaks import training_overlap
from seqgen.evaluation.score import Score, require_scorable, score_text
from seqgen.evaluation.scoring_modes import Context, FromEnd, ScoringMode
from seqgen.evaluation.symbols import Observer
from seqgen.models import Decoder
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel
from seqgen.tokenizers import MARK, Tokenizer
from seqgen.waiting import Waiting, waiting
from seqgen.wording import count_of

_MAX_NAMED_CHARACTERS = 3
"""How many different out-of-vocabulary characters a summary names."""


@dataclass(frozen=True)
class TextSelection:
    """Which texts each model reads: the same files for all, or a part of each run's own corpus.

    >>> TextSelection.of(["story.txt"]).files[0][0]
    'story.txt'
    >>> TextSelection(part="train").files  # no files: the training part of each run
    ()
    """

    files: Sequence[tuple[str, StoredText]] = ()
    """Name and text of each file. If there are none, `part` is read."""
    part: Part = "valid"
    corpus_paths: Sequence[str] = ()
    """Where the runs' corpora are now, if they have moved."""
    encoding: str = DEFAULT_ENCODING
    """Of the files."""
    columns: tuple[str, str] | None = None
    """Of source and target, in files of pairs; None: those of the training text."""

    @classmethod
    def of(
        cls,
        files: Sequence[str] = (),
        *,
        encoding: str = DEFAULT_ENCODING,
        part: Part = "valid",
        corpus_paths: Sequence[str] = (),
        columns: tuple[str, str] | None = None,
    ) -> TextSelection:
        """Read the files.

        Raises:
            CorpusError: a file cannot be read as text.
        """
        reading = ReadingConfig(encoding=encoding)
        return cls([(name, store_external(name, reading)) for name in files], part, corpus_paths, encoding, columns)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One text, read by one model in one scoring mode.

    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection(part="valid"))
    >>> reading.part, reading.encoded.n_characters
    ('valid', 600)
    """

    saved: SavedModel
    decoder: Decoder
    name: str
    """The paths of the text, separated by commas."""
    part: Part | None
    """The part of the run's own corpus; None for another text."""
    source: CorpusPart | ExternalText
    encoded: EncodedText
    mode: ScoringMode
    overlap: float | None = None
    """The share of its passages that also occur in the training text; None for a part of the text that the model was
    trained on, and if the training text is not found."""

    def score(self, observers: Sequence[Observer] = ()) -> Score:
        """Score the text; the observers see the nats of every token.

        Raises:
            CorpusError: the text is empty, or none of its characters is in the vocabulary.
        """
        require_scorable(self.encoded, self.text_name)
        mode = FromEnd(self.mode) if self.saved.record.corpus.backward else self.mode
        with waiting(f"scoring {self.text_name}", total=len(self.encoded.ids)) as work:
            observers = (*observers, _Advance(work))
            return score_text(
                self.decoder, self.encoded, tokenizer=self.saved.tokenizer, mode=mode, observers=observers
            )

    @property
    def ids_as_read(self) -> NDArray[Any]:
        """The ids of the text in the order in which the model reads them."""
        return as_read(self.encoded.ids, backward=self.saved.record.corpus.backward)

    @property
    def run_name(self) -> str:
        """The name of the run, followed by the scoring mode if that is not a `Context`.

        Contexts are left out because all rows of a table share theirs.
        """
        name = self.saved.name
        return name if isinstance(self.mode, Context) else f"{name}, {self.mode}"

    @property
    def text_name(self) -> str:
        """The file names without their folders, and which part of the corpus it is."""
        names = ", ".join(Path(name).name or name for name in self.name.split(", "))
        return names + (f" ({self.part})" if self.part else "")

    @property
    def is_other_text(self) -> bool:
        """Whether the text is not a part of the one that the model was trained on."""
        return self.part is None or self.saved.record.corpus.is_separate(self.part)

    @property
    def text_key(self) -> str:
        """Equal for equal texts. Models that divide texts into documents differently may read different texts."""
        return self.source.key if self.part else f"{self.source.text.sha256} {self.encoded.n_bytes}"

    @property
    def oov_summary(self) -> str:
        """How many characters of the text the vocabulary lacks, and the most frequent of them."""
        counts = list(self.encoded.oov.items())
        named = [f"{character!r} {_times(count)}" for character, count in counts[:_MAX_NAMED_CHARACTERS]]
        n_others = len(counts) - _MAX_NAMED_CHARACTERS
        others = [count_of(n_others, "other")] if n_others > 0 else []
        return f"{count_of(self.encoded.n_oov, 'character')} that the vocabulary lacks ({', '.join([*named, *others])})"


@final
class _Advance:
    """An observer that says how much of a text has been scored."""

    def __init__(self, work: Waiting) -> None:
        self._work = work

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        self._work.advance(len(ids))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def readings(
    saved: SavedModel, selection: TextSelection, *, mode: ScoringMode | None = None, dynamic: bool = False
) -> Iterator[Reading]:
    """Let one model read every selected text in a scoring mode (`Context()` if left out).

    With `dynamic`, it reads each text again by dynamic evaluation.

    Raises:
        CorpusError: the text of the run's corpus cannot be found, or has changed.
        TokenizerError: a word is missing from a closed vocabulary.

    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> reading.run_name, reading.text_name
    ('story', 'story.txt')
    >>> reading.score().n_characters
    6000
    """
    decoder = restore_decoder(saved)
    modes: list[ScoringMode] = [mode or Context()]
    if dynamic:
        train = reopen_part(saved.record.corpus, "train", corpus_paths=selection.corpus_paths)
        ids = as_read(encode_part(train, saved.tokenizer).ids, backward=saved.record.corpus.backward)
        modes.append(DynamicEvaluation(ids))
    for name, part, source in sources_of(saved, selection):
        encoded = encode_part(source, saved.tokenizer)
        overlap = training_overlap(saved, source, part, corpus_paths=selection.corpus_paths)
        for reading_mode in modes:
            yield Reading(
                saved=saved,
                decoder=decoder,
                name=name,
                part=part,
                source=source,
                encoded=encoded,
                mode=reading_mode,
                overlap=overlap,
            )


def sources_of(
    saved: SavedModel, selection: TextSelection
) -> Iterator[tuple[str, Part | None, CorpusPart | ExternalText]]:
    """Name, part and text of everything one model is to read.

    >>> from seqgen.run import open_model
    >>> for name, part, text in sources_of(open_model("checkpoints/story"), TextSelection(part="train")):
    ...     print(part, text.n_bytes)
    train 5400

    Raises:
        CorpusError: the text of the run's corpus cannot be found, or has changed.
    """
    record = saved.record.corpus
    for name, text in selection.files:
        read = as_read_by(saved, name, text, encoding=selection.encoding, columns=selection.columns)
        yield name, None, ExternalText(text=read, division=record.division)
    if not selection.files:
        source = reopen_part(record, selection.part, corpus_paths=selection.corpus_paths)
        yield ", ".join(record.paths_of(selection.part)) or saved.name, selection.part, source


def read_whole(part: CorpusPart | ExternalText, tokenizer: Tokenizer, *, most: int | None = None) -> str:
    """Read a whole text into memory, or its first `most` characters, with the separators between its documents.

    >>> from seqgen.corpus import reopen_part
    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> text = read_whole(reopen_part(model.record.corpus, "train"), model.tokenizer)
    >>> text == Path("story.txt").read_text()[:5400]  # nine tenths of the text are trained on
    True
    """
    text = io.StringIO()
    for chunk in part.chunks():
        text.write(chunk)
        if most is not None and text.tell() >= most:
            break
    return text.getvalue()[:most].replace(MARK, tokenizer.separator)
