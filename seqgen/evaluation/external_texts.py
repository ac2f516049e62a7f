"""Texts that a run was not trained on, read as it read its own: line ends, records, pairs, files as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from seqgen.config import DEFAULT_ENCODING, ReadingConfig
from seqgen.corpus.fields import holds_records
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.corpus.stored_text import StoredText, find_text, store_text
from seqgen.run import SavedModel


def store_external(name: str, reading: ReadingConfig) -> StoredText:
    """The text of a file, a folder or a stream. A stream can be read only once, so its own line ends are kept as well.

    >>> from seqgen.config import ReadingConfig
    >>> store_external("story.txt", ReadingConfig()).raw is None
    True

    Raises:
        CorpusError: it cannot be read as text.
    """
    if _can_be_read_again(name):
        return store_text([name], reading)
    raw = store_text([name], replace(reading, line_ends="keep"))
    return replace(store_text([str(raw.path)]), raw=raw.path)


def _can_be_read_again(name: str) -> bool:
    """Whether it is a file or folder, or is not there, as a name that no file can have."""
    if name == STANDARD_INPUT:
        return False
    try:
        return Path(name).is_file() or Path(name).is_dir() or not Path(name).exists()
    except OSError:
        return True


def as_read_by(
    saved: SavedModel, name: str, text: StoredText, *, encoding: str, columns: tuple[str, str] | None = None
) -> StoredText:
    """The text with the line ends, the records and the pairs that a run reads. Old runs keep line ends as they are.

    `columns` name source and target of pairs; None: a file of records has those of the training text.

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
        pairs=config.pairs,
        columns=columns or (config.columns if holds_records(name) else None),
    )
    if reading == usual:
        return text
    if text.raw is not None:
        return store_text([str(text.raw)], replace(reading, encoding=DEFAULT_ENCODING))
    return store_text([name], reading)


def line_end_notes(saved: SavedModel, files: Sequence[tuple[str, StoredText]], *, encoding: str) -> Iterator[str]:
    """Which texts have other line ends than the training text of a run that kept them as they are.

    >>> from seqgen.run import open_model
    >>> list(line_end_notes(open_model("checkpoints/story"), [], encoding="utf-8"))
    []
    """
    if saved.record.corpus.config.line_ends != "keep":
        return
    knows_returns = _has_learned_returns(saved)
    for name, text in files:
        has_returns = _has_returns(as_read_by(saved, name, text, encoding=encoding))
        if knows_returns is not None and has_returns != knows_returns:
            first, second = (name, "its training text") if has_returns else ("its training text", name)
            yield (
                f"{saved.name} keeps line ends as they are: {first} has carriage returns and {second} has none, so the "
                "score is worse than it need be"
            )


def _has_learned_returns(saved: SavedModel) -> bool | None:
    """Whether the training text has carriage returns; None if neither the cache nor the vocabulary tells."""
    train = find_text(saved.record.corpus.parts["train"].sha256)
    if train is not None:
        return _has_returns(train)
    alphabet = saved.tokenizer.alphabet
    return None if alphabet is None else "\r" in alphabet.characters


def _has_returns(text: StoredText) -> bool:
    with text.mapped() as data:
        return data.find(b"\r") >= 0
