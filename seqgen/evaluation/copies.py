"""Whether a model copies: its samples, or a text, looked up in the text that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqgen.config import DEFAULT_ENCODING, Part, SamplingConfig
from seqgen.corpus import reopen_part
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError
from seqgen.evaluation.novelty import CopyIndex, Novelty, Span, verdict
from seqgen.evaluation.readings import read_whole
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, write_texts

_LENGTH = 1000
_PARTS: tuple[Part, ...] = ("train", "valid")


@dataclass(frozen=True)
class CopyReport:
    """What of a text was found in the training text of a model."""

    name: str
    """Of the text."""
    text: str
    training: CopyIndex
    made: Novelty
    human: Novelty | None
    """The same of the held-out text."""
    passages: str
    """What is compared as a whole: lines or documents."""
    is_shuffled: bool
    """Whether the training text is documents in an order of its own."""

    @property
    def verdict(self) -> str:
        return verdict(self.made, self.human)

    def line_name(self, number: int) -> str:
        """Documents are shuffled before they are divided: their lines are not those of the file."""
        return f"line {number:,}" + (" of the shuffled documents" if self.is_shuffled else "")

    def spans(self, n: int) -> list[tuple[Span, tuple[str, str, str], tuple[str, str, str], int]]:
        """The longest different pieces: what stands around each in both texts, and its line in the training text."""
        found: list[tuple[Span, tuple[str, str, str], tuple[str, str, str], int]] = []
        seen = set[str]()
        for span in self.made.spans:
            piece = self.text[span.start : span.start + span.length]
            if len(found) == n or piece in seen:
                continue
            seen.add(piece)
            theirs = self.training.around(span)
            end = span.start + span.length
            own = (
                self.text[max(0, span.start - len(theirs[0])) : span.start],
                theirs[1],
                self.text[end : end + len(theirs[2])],
            )
            found.append((span, own, theirs, self.training.line_number(span.place)))
        return found


def find_copies(
    model: SavedModel,
    files: Sequence[str] = (),
    *,
    encoding: str = DEFAULT_ENCODING,
    n_samples: int = 20,
    corpus_paths: Sequence[str] = (),
) -> CopyReport:
    """Look some files, or samples if there are none, up in the text that a model was trained on.

    Raises:
        CorpusError: a text is empty, or the training text is found nowhere unchanged.
    """
    record = model.record.corpus
    train, held_out = (_whole_part(model, part, corpus_paths) for part in _PARTS)
    text, name = _looked_up(model, files, encoding, n_samples)
    separator = model.tokenizer.separator
    training = CopyIndex(train, separator=separator or "\n")
    human = training.novelty(held_out) if held_out else None
    passages, is_shuffled = "documents" if separator else "lines", record.documents is not None
    return CopyReport(
        name=name,
        text=text,
        training=training,
        made=training.novelty(text),
        human=human,
        passages=passages,
        is_shuffled=is_shuffled,
    )


def _whole_part(model: SavedModel, part: Part, corpus_paths: Sequence[str]) -> str:
    """The text of a part; empty if the run has none."""
    record = model.record.corpus
    if part not in record.parts:
        return ""
    return read_whole(reopen_part(record, part, corpus_paths=corpus_paths), model.tokenizer)


def _looked_up(model: SavedModel, files: Sequence[str], encoding: str, n_samples: int) -> tuple[str, str]:
    """What is looked at, and its name."""
    if files:
        text = "".join(store_text(list(files), encoding).chunks())
        if not text:
            raise CorpusError(f"{', '.join(files)} is empty: there is nothing to look for")
        return text, ", ".join(Path(path).name for path in files)
    prompt = fit_prompt("", model.tokenizer)
    samples = write_texts(model, prompt, SamplingConfig(), length=_LENGTH, count=n_samples)
    temperature = SamplingConfig().temperature
    name = f"{n_samples} samples of {_LENGTH:,} characters at temperature {temperature:g}"
    return "\n".join(sample.text for sample in samples), name
