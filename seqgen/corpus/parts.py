"""A corpus: its text cut into a training, a validation and a test part, documents kept whole."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqgen.config import CorpusConfig, Documents, Part
from seqgen.corpus.record import CorpusRecord, PartRecord
from seqgen.corpus.sources import STANDARD_INPUT
from seqgen.corpus.stored_text import CHUNK_BYTES, StoredText, find_text, store_text
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK, mark_separators


@dataclass(frozen=True)
class CorpusPart:
    """Part of a text: bytes `start` to `end`, or, in a corpus of documents, the numbers `start` to `end`
    of the seeded order in which its documents are taken."""

    text: StoredText
    start: int
    end: int
    documents: Documents | None = None
    separator: str = ""
    split_seed: int = 0

    @property
    def key(self) -> str:
        """A digest of everything that decides the characters of this part."""
        facts = [self.text.sha256, self.start, self.end, self.documents, self.separator, self.split_seed]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @property
    def _documents(self) -> NDArray[np.int64]:
        """Start and end of every document of the text, in bytes, in the seeded order. (N, 2)"""
        return ordered_documents(self.text, self.documents, self.separator, self.split_seed)

    @cached_property
    def n_bytes(self) -> int:
        """UTF-8 bytes of the part, a separator after every document included."""
        if self.documents is None:
            return self.end - self.start
        spans = self._documents[self.start : self.end]
        return int((spans[:, 1] - spans[:, 0]).sum()) + len(spans) * len(self.separator.encode())

    def chunks(self) -> Iterator[str]:
        """The part's text, every document followed by `MARK`."""
        if self.documents is None:
            yield from self.text.chunks(self.start, self.end)
            return
        waiting: list[str] = []
        n_waiting = 0
        with self.text.reader() as read:
            for start, end in self._documents[self.start : self.end]:
                for piece in read(int(start), int(end)):
                    waiting.append(piece)
                    n_waiting += len(piece)
                    if n_waiting >= CHUNK_BYTES:
                        yield "".join(waiting)
                        waiting, n_waiting = [], 0
                waiting.append(MARK)
        if waiting:
            yield "".join(waiting)


@dataclass(frozen=True)
class ExternalText:
    """A text that is no part of a corpus, from beginning to end, its documents in their own order."""

    text: StoredText
    documents: Documents | None = None
    separator: str = ""

    @property
    def key(self) -> str:
        """A digest of everything that decides the characters of this text."""
        facts = [self.text.sha256, list(self.text.file_ends), self.documents, self.separator]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def chunks(self) -> Iterator[str]:
        """The text with `MARK` in place of every separator, or after every file."""
        if self.documents != "file":
            yield from mark_separators(self.text.chunks(), self.separator)
            return
        for start, end in pairwise((0, *self.text.file_ends)):
            yield from self.text.chunks(start, end)
            yield MARK


@dataclass(frozen=True)
class Corpus:
    """A text that a model is trained on: how it was read, and its parts (without the empty ones)."""

    config: CorpusConfig
    separator: str
    parts: Mapping[Part, CorpusPart]

    def record(self) -> CorpusRecord:
        """What a run remembers of its corpus."""
        config = replace(
            self.config,
            paths=_absolute(self.config.paths),
            valid_paths=_absolute(self.config.valid_paths),
            test_paths=_absolute(self.config.test_paths),
        )
        parts = {
            name: PartRecord(sha256=part.text.sha256, start=part.start, end=part.end)
            for name, part in self.parts.items()
        }
        return CorpusRecord(config=config, separator=self.separator, parts=parts)


def _absolute(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path if path == STANDARD_INPUT else str(Path(path).absolute()) for path in paths)


def open_corpus(config: CorpusConfig) -> Corpus:
    """Read a corpus and cut it into parts.

    Raises:
        CorpusError: a path that cannot be read as text, or a text too short to have a training part.
    """
    text = store_text(config.paths, config.encoding)
    separator = find_separator(text, config.documents)
    parts = dict(_cut(text, config, separator))
    own: dict[Part, tuple[str, ...]] = {"valid": config.valid_paths, "test": config.test_paths}
    for name, paths in own.items():
        if paths:
            parts[name] = _whole(store_text(paths, config.encoding), config, separator)
    return Corpus(config, separator, {name: part for name, part in parts.items() if part.end > part.start})


def reopen_part(record: CorpusRecord, part: Part, *, corpus_paths: Sequence[str] = ()) -> CorpusPart:
    """A part of a recorded corpus: from the cache by its hash, else from its path, else from `corpus_paths`.

    Raises:
        CorpusError: the run has no such part, or its text is found nowhere unchanged.
    """
    if part not in record.parts:
        raise CorpusError(f"the run has no {part} part: give a text with --on FILE")
    found, config = record.parts[part], record.config
    text = _find_again(found.sha256, record.paths_of(part), config.encoding, corpus_paths)
    return CorpusPart(text, found.start, found.end, config.documents, record.separator, config.split_seed)


def _find_again(sha256: str, own_paths: Sequence[str], encoding: str, given: Sequence[str]) -> StoredText:
    stored = find_text(sha256)
    if stored is not None:
        return stored
    candidates = [own_paths] if STANDARD_INPUT not in own_paths else []
    candidates += [given, *([path] for path in given)] if given else []
    reason = "the text came from standard input"
    for paths in candidates:
        try:
            text = store_text(paths, encoding)
        except CorpusError as error:
            reason = str(error).partition(": give ")[0]
            continue
        if text.sha256 == sha256:
            return text
        reason = (
            f"{', '.join(paths)} is not what it was trained on (SHA-256 {text.sha256[:12]}, recorded {sha256[:12]})"
        )
    raise CorpusError(
        f"the run's text is no longer in the cache, and {reason}: give the text as it was with --corpus PATH"
    )


# --- cutting ------------------------------------------------------------------------------------------


def find_separator(text: StoredText, documents: Documents | None) -> str:
    """What stands between two documents, with the line end that the text itself uses first."""
    if documents is None or documents == "file":
        return ""
    with text.mapped() as data:
        newline = data.find(b"\n")
        line_end = "\r\n" if newline > 0 and data[newline - 1] == ord("\r") else "\n"
    return line_end if documents == "line" else line_end * 2


@lru_cache(maxsize=4)
def ordered_documents(text: StoredText, documents: Documents | None, separator: str, seed: int) -> NDArray[np.int64]:
    """Start and end in bytes of every document, separators excluded, in a seeded order. (N, 2)"""
    if documents == "file":
        ends = np.array(text.file_ends, dtype=np.int64)
        starts = np.concatenate(([0], ends[:-1]))
    else:
        mark = separator.encode()
        with text.mapped() as data:
            found = (match.start() for match in re.finditer(re.escape(mark), data))
            ends = np.fromiter(itertools.chain(found, [text.n_bytes]), dtype=np.int64)
        starts = np.concatenate(([0], ends[:-1] + len(mark)))
        if starts[-1] == text.n_bytes:  # nothing after the last separator
            starts, ends = starts[:-1], ends[:-1]
    keys = np.random.PCG64(seed).random_raw(len(ends))  # raw bits: the same in every version of NumPy
    return np.stack((starts, ends), axis=1)[np.argsort(keys, kind="stable")]


def _whole(text: StoredText, config: CorpusConfig, separator: str) -> CorpusPart:
    end = text.n_bytes
    if config.documents is not None:
        end = len(ordered_documents(text, config.documents, separator, config.split_seed))
    return CorpusPart(text, 0, end, config.documents, separator, config.split_seed)


def _cut(text: StoredText, config: CorpusConfig, separator: str) -> Iterator[tuple[Part, CorpusPart]]:
    """Training, validation and test, in this order; a part given as a file of its own takes no share."""
    valid = 0.0 if config.valid_paths else config.valid_fraction
    test = 0.0 if config.test_paths else config.test_fraction
    whole = _whole(text, config, separator)
    if config.documents is None:
        cuts = [text.byte_offset(n) for n in _shares(text.n_characters, valid, test)]
    else:
        spans = ordered_documents(text, config.documents, separator, config.split_seed)
        cuts = _cut_documents(spans, valid, test)
    names: tuple[Part, ...] = ("train", "valid", "test")
    for name, start, end in zip(names, [0, *cuts], [*cuts, whole.end], strict=True):
        yield name, replace(whole, start=start, end=end)


def _shares(total: int, valid: float, test: float) -> tuple[int, int]:
    """Where validation and test begin among `total` units; training always has one."""
    valid_start = max(1, int(total * (1 - valid - test) + 1e-9))
    return valid_start, max(valid_start, int(total * (1 - test) + 1e-9))


def _cut_documents(spans: NDArray[np.int64], valid: float, test: float) -> list[int]:
    """Numbers of the first validation and the first test document, by their share of the bytes."""
    sizes = np.cumsum(spans[:, 1] - spans[:, 0] + 1)
    starts = _shares(int(sizes[-1]), valid, test)
    first_valid, first_test = (min(int(np.searchsorted(sizes, start)) + 1, len(spans)) for start in starts)
    if test and first_test == len(spans) > 1:
        first_test -= 1  # a share of few documents is one of them
    if valid and min(first_valid, first_test) == first_test > 1:
        first_valid = first_test - 1
    return [min(first_valid, first_test), first_test]
