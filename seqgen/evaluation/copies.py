"""Whether a model copies: its samples, or any text, looked up in the text that the model was trained on.

`novelty.py` does the looking up; this module gets the texts and reports what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from seqgen.config import DEFAULT_ENCODING, Part, ReadingConfig, SamplingConfig, SamplingRequest
from seqgen.corpus import ExternalText, reopen_part
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError
from seqgen.evaluation.novelty import CopyIndex, Novelty, Span, describe_copying
from seqgen.evaluation.readings import read_whole
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, write_texts
from seqgen.wording import count_of


class Excerpt(NamedTuple):
    """A passage with the text around it.

    >>> "".join(Excerpt(before="The ", passage="cat sat on the ", after="mat."))
    'The cat sat on the mat.'
    """

    before: str
    passage: str
    after: str


class CopiedSpan(NamedTuple):
    """A passage that occurs both in the text and in the training text, as it stands in each.

    >>> from seqgen.run import open_model
    >>> (span,) = find_copies(open_model("checkpoints/story"), ["story.txt"]).longest_spans(1)
    >>> span.length, span.line_name
    (5400, 'line 1')
    """

    length: int
    written: Excerpt
    original: Excerpt
    line_name: str
    """Where it stands in the training text, such as `line 12`."""


@dataclass(frozen=True)
class CopyReport:
    """What of a text was found in the training text of a model.

    >>> from seqgen.run import open_model
    >>> report = find_copies(open_model("checkpoints/story"), n_samples=2)
    >>> report.name
    '2 samples of 1,000 characters at temperature 0.8'
    >>> report.written.n_characters  # with a line end between the two
    2001
    """

    name: str
    """What the text is, in words."""
    text: str
    training: CopyIndex
    written: Novelty
    human: Novelty | None
    """The same for the held-out text of the run, which people wrote; None if it has none."""
    passages: str
    """What is compared as a whole: `lines` or `documents`."""
    is_shuffled: bool
    """Whether the documents of the training text are in another order than in its file."""
    limit: str | None
    """What was not looked up, although the model learned from it, in words; None if there is nothing."""

    @property
    def conclusion(self) -> str:
        """Whether the model copies, in words."""
        return describe_copying(self.written, self.human)

    def longest_spans(self, n: int) -> list[CopiedSpan]:
        """The n longest different passages that were found in the training text."""
        span_of_passage: dict[str, Span] = {}
        for span in self.written.spans:
            span_of_passage.setdefault(self.text[span.start : span.start + span.length], span)
        return [self._copied_span(span) for span in list(span_of_passage.values())[:n]]

    def _copied_span(self, span: Span) -> CopiedSpan:
        original = Excerpt(*self.training.around(span))
        end = span.start + span.length
        written = Excerpt(
            self.text[max(0, span.start - len(original.before)) : span.start],
            original.passage,
            self.text[end : end + len(original.after)],
        )
        line_name = f"line {self.training.line_number(span.training_start):,}"
        if self.is_shuffled:  # documents are shuffled before the split, so this is no line of the file
            line_name += " of the shuffled documents"
        return CopiedSpan(span.length, written, original, line_name)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --novelty --json` prints."""
        return {
            "text": self.name,
            "made": asdict(self.written),
            "human": asdict(self.human) if self.human else None,
            "verdict": self.conclusion,
            "limit": self.limit,
        }


def find_copies(
    model: SavedModel,
    files: Sequence[str] = (),
    *,
    encoding: str = DEFAULT_ENCODING,
    n_samples: int = 20,
    corpus_paths: Sequence[str] = (),
) -> CopyReport:
    """Look up files, or new samples if there are none, in the text that a model was trained on.

    Raises:
        CorpusError: a text is empty, or the training text cannot be found, or has changed.

    >>> from seqgen.run import open_model
    >>> report = find_copies(open_model("checkpoints/story"), ["story.txt"])
    >>> report.written.spans[0].length  # the text itself: nine tenths of it were trained on
    5400
    >>> print(report.conclusion)
    it copies: ...
    """
    record = model.record.corpus
    train, held_out = (_read_part(model, part, corpus_paths=corpus_paths) for part in ("train", "valid"))
    text, name = _read_files(model, files, encoding) if files else _write_samples(model, n_samples)
    separator = model.tokenizer.separator
    training = CopyIndex(train, separator=separator or "\n")
    return CopyReport(
        name=name,
        text=text,
        training=training,
        written=training.novelty(text),
        human=training.novelty(held_out) if held_out else None,
        passages="documents" if separator else "lines",
        is_shuffled=record.documents is not None,
        limit=model.record.lookup_limit,
    )


def _read_part(model: SavedModel, part: Part, *, corpus_paths: Sequence[str]) -> str:
    """The text of a part; empty if the run has none."""
    record = model.record.corpus
    if part not in record.parts:
        return ""
    return read_whole(reopen_part(record, part, corpus_paths=corpus_paths), model.tokenizer)


def _read_files(model: SavedModel, files: Sequence[str], encoding: str) -> tuple[str, str]:
    """The text of the files together, as the model reads it, and its name."""
    corpus = model.record.corpus
    stored = store_text(list(files), ReadingConfig(encoding=encoding, line_ends=corpus.config.line_ends))
    text = read_whole(ExternalText(text=stored, division=corpus.division), model.tokenizer)
    if not text:
        raise CorpusError(f"{', '.join(files)} is empty: there is nothing to look up")
    return text, ", ".join(Path(path).name for path in files)


def _write_samples(model: SavedModel, n_samples: int) -> tuple[str, str]:
    """New samples as one text, and its name."""
    config, request = SamplingConfig(temperature=model.temperature), SamplingRequest(count=n_samples)
    samples = write_texts(model, fit_prompt("", model.tokenizer), config=config, request=request)
    size = f"{count_of(n_samples, 'sample')} of {request.length:,} characters"
    return "\n".join(sample.text for sample in samples), f"{size} at temperature {config.temperature:g}"
