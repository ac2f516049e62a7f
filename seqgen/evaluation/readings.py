"""Readings: one text as one model reads it, for scores, breakdowns and comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqgen.config import DEFAULT_ENCODING, Part
from seqgen.corpus import CorpusPart, EncodedText, ExternalText, encode_part, reopen_part
from seqgen.corpus.stored_text import StoredText, store_text
from seqgen.evaluation.dynamic import Dynamic
from seqgen.evaluation.score import Observer, Score, restore_decoder, score_text
from seqgen.evaluation.scoring_modes import Context, ScoringMode
from seqgen.models import Decoder
from seqgen.run import SavedModel
from seqgen.tokenizers import MARK, Tokenizer

_MOST_NAMED = 3  # of the characters that a vocabulary lacks


@dataclass(frozen=True)
class TextSelection:
    """Which texts to read: files, or a part of each run's own corpus."""

    files: Sequence[tuple[str, StoredText]] = ()
    """Name and text; none stands for the part."""
    part: Part = "valid"
    corpus_paths: Sequence[str] = ()
    """Where the runs' corpora are, if they have moved."""

    @classmethod
    def of(
        cls,
        files: Sequence[str] = (),
        *,
        encoding: str = DEFAULT_ENCODING,
        part: Part = "valid",
        corpus_paths: Sequence[str] = (),
    ) -> TextSelection:
        """Read the files.

        Raises:
            CorpusError: one cannot be read as text.
        """
        return cls([(name, store_text([name], encoding)) for name in files], part, corpus_paths)


@dataclass(frozen=True)
class Reading:
    """One text, and one model that reads it in one scoring mode."""

    saved: SavedModel
    decoder: Decoder
    name: str
    """Of the text: its paths."""
    part: Part | None
    source: CorpusPart | ExternalText
    encoded: EncodedText
    mode: ScoringMode

    def score(self, observers: Sequence[Observer] = ()) -> Score:
        """Score the text, for observers to look on.

        Raises:
            CorpusError: the text is empty, or none of it is in the vocabulary.
        """
        return score_text(
            self.decoder,
            self.saved.tokenizer,
            self.encoded,
            mode=self.mode,
            observers=observers,
            name=self.text_name,
        )

    @property
    def run_name(self) -> str:
        """That of the folder, or of the file; with the scoring mode where it is not a context, which all share."""
        name = self.saved.name
        return name if isinstance(self.mode, Context) else f"{name}, {self.mode}"

    @property
    def text_name(self) -> str:
        """The last part of every path, and which part of the corpus."""
        names = ", ".join(Path(name).name or name for name in self.name.split(", "))
        return names + (f" ({self.part})" if self.part else "")

    @property
    def text_key(self) -> str:
        """The same for the same text."""
        return self.source.key if self.part else self.source.text.sha256

    @property
    def oov_summary(self) -> str:
        """How many characters the vocabulary lacks, and which of them are the most frequent."""
        counts = list(self.encoded.oov.items())
        named = [f"{character!r} {_times(count)}" for character, count in counts[:_MOST_NAMED]]
        others = [f"{len(counts) - _MOST_NAMED:,} others"] if len(counts) > _MOST_NAMED else []
        return f"{self.encoded.n_oov:,} characters that the vocabulary lacks ({', '.join([*named, *others])})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def readings(
    saved: SavedModel, selection: TextSelection, mode: ScoringMode, *, dynamic: bool = False
) -> Iterator[Reading]:
    """Every selected text under one model, in a scoring mode and, if wanted, by dynamic evaluation too.

    Raises:
        CorpusError: a text is found nowhere unchanged.
        TokenizerError: a closed vocabulary lacks a word of it.
    """
    decoder = restore_decoder(saved)
    modes: list[ScoringMode] = [mode]
    if dynamic:
        train = reopen_part(saved.record.corpus, "train", corpus_paths=selection.corpus_paths)
        modes.append(Dynamic(encode_part(train, saved.tokenizer).ids))
    for name, part, source in _sources(saved, selection):
        encoded = encode_part(source, saved.tokenizer)
        yield from (Reading(saved, decoder, name, part, source, encoded, own) for own in modes)


def _sources(
    saved: SavedModel, selection: TextSelection
) -> Iterator[tuple[str, Part | None, CorpusPart | ExternalText]]:
    """Name, part and text of all that is to be read by one model."""
    record = saved.record.corpus
    for name, text in selection.files:
        yield name, None, ExternalText(text, record.documents, saved.tokenizer.separator)
    if not selection.files:
        source = reopen_part(record, selection.part, corpus_paths=selection.corpus_paths)
        yield ", ".join(record.paths_of(selection.part)), selection.part, source


def read_whole(part: CorpusPart | ExternalText, tokenizer: Tokenizer) -> str:
    """A text in memory, its documents separated."""
    return "".join(part.chunks()).replace(MARK, tokenizer.separator)
