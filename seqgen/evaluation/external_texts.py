"""Texts that a run was not trained on, read as it read its own: line ends, records, files as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqgen.config import ReadingConfig
from seqgen.corpus.fields import holds_records
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.corpus.stored_text import StoredText, find_text, store_text
from seqgen.run import SavedModel


def as_read_by(saved: SavedModel, name: str, text: StoredText, *, encoding: str) -> StoredText:
    """The text with the line ends and the records that a run reads. Old runs keep line ends as they are.

    >>> from seqgen.corpus.stored_text import store_text
    >>> from seqgen.run import open_model
    >>> text = store_text(["story.txt"])
    >>> as_read_by(open_model("checkpoints/story"), "story.txt", text, encoding="utf-8") == text
    True
    """
    config, usual = saved.record.corpus.config, ReadingConfig(encoding=encoding)
    reading = replace(
        usual,
        line_ends=config.line_ends,
        joins_files=config.reading.joins_files,
        field=config.field if holds_records(name) else None,
    )
    return text if reading == usual or name == STANDARD_INPUT else store_text([name], reading)


def line_end_notes(saved: SavedModel, files: Sequence[tuple[str, StoredText]], *, encoding: str) -> Iterator[str]:
    """Which texts have other line ends than the training text of a run that kept them as they are.

    >>> from seqgen.run import open_model
    >>> list(line_end_notes(open_model("checkpoints/story"), [], encoding="utf-8"))
    []
    """
    corpus = saved.record.corpus
    train = find_text(corpus.parts["train"].sha256) if corpus.config.line_ends == "keep" else None
    if train is None:
        return
    for name, text in files:
        has_returns = _has_returns(as_read_by(saved, name, text, encoding=encoding))
        if has_returns != _has_returns(train):
            first, second = (name, "its training text") if has_returns else ("its training text", name)
            yield (
                f"{saved.name} keeps line ends as they are: {first} has carriage returns and {second} has none, so the "
                "score is worse than it need be"
            )


def _has_returns(text: StoredText) -> bool:
    with text.mapped() as data:
        return data.find(b"\r") >= 0
