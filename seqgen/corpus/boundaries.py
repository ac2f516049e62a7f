"""Where one document of a text ends and the next begins, in bytes of UTF-8.

A boundary is everything between two documents: the line end of the first, blank lines, the line that separates them.
A line is blank if white space is all it holds. Line ends are recognised in every form, one by one.
"""

from __future__ import annotations

import itertools
import mmap
import re
from collections.abc import Iterator
from typing import NamedTuple

from seqgen.config import REGEX_PREFIX, START_PREFIX
from seqgen.corpus.line_search import MOST_SECONDS, find_lines
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK

Data = bytes | mmap.mmap

_LINE_SEPARATORS = "\n\r\u2028\u2029"
_LINE_END = rb"(?:\n|\r(?:\n|(?!\n))|\xe2\x80[\xa8\xa9])"
"""Each alternative begins with a literal byte, so that the search skips quickly to the next one."""
_BLANKS = "".join(
    chr(code) for code in range(0x3001) if chr(code).isspace() and chr(code) not in _LINE_SEPARATORS
) + "\u200b\ufeff"  # fmt: skip
"""Characters that a blank line may hold."""
_BLANK = b"(?:" + b"|".join(re.escape(character.encode()) for character in _BLANKS) + b")*"
_LAST_LINE_END = b"(?:%b|\\Z)" % _LINE_END
"""A line end, or the end of a text without one."""
_EMPTY_LINES = re.compile(b"(?:%b%b)*" % (_BLANK, _LINE_END))
_TAIL_BYTES = 256
"""Bytes at the end of a document that are looked at first."""
_MAX_MATCHED_BYTES = 4096
"""A longer line is not searched with a regular expression, and separates nothing."""


class Boundary(NamedTuple):
    """The bytes between two documents."""

    start: int
    end: int


_REPEATS = {"line": b"*", "blank-line": b"+"}
"""How many blank lines belong to a boundary."""


def first_start(data: Data, start: int = 0) -> int:
    """Where the first document from `start` on begins: after blank lines.

    >>> from seqgen.corpus.boundaries import first_start
    >>> first_start(b" \\n\\n  one")
    3
    """
    match = _EMPTY_LINES.match(data, start)
    assert match  # it may be empty
    return match.end()


def find_boundaries(data: Data, documents: str, *, start: int = 0) -> Iterator[Boundary]:
    """Every boundary from `start` on, in order. None of them touches the next.

    Raises:
        CorpusError: a regular expression takes too long to search the text.

    >>> from seqgen.corpus.boundaries import find_boundaries
    >>> list(find_boundaries(b"one\\n \\n\\ntwo\\n", "blank-line"))
    [Boundary(start=3, end=7)]
    >>> list(find_boundaries(b"one\\n***\\n***\\ntwo\\n", "***"))
    [Boundary(start=3, end=12)]
    """
    if documents in _REPEATS:
        line_end = _line_end_of(data)
        pattern = re.compile(b"%b(?:%b%b)%b" % (line_end, _BLANK, line_end, _REPEATS[documents]))
        return (Boundary(*match.span()) for match in pattern.finditer(data, start))
    return _merge(_boundaries_at_lines(data, documents, start=start))


def trim_end(data: Data, start: int, end: int, *, keeps_newline: bool = False) -> int:
    """Where a document between two offsets ends: before the line end that only blank lines follow, or after it.

    If all of it is blank, it is no document, and ends where it starts.

    >>> from seqgen.corpus.boundaries import trim_end
    >>> trim_end(b"one \\n\\n \\n", 0, 8), trim_end(b"one \\n\\n \\n", 0, 8, keeps_newline=True)
    (4, 5)
    >>> trim_end(b"one\\r\\n\\r\\n", 0, 7), trim_end(b"one\\r\\n\\r\\n", 0, 7, keeps_newline=True)
    (3, 5)
    """
    bare, removed = _split_tail(data, start, end, blanks=_BLANKS + _LINE_SEPARATORS)
    if not bare:
        return start
    first = next((n for n, character in enumerate(removed) if character in _LINE_SEPARATORS), len(removed))
    if keeps_newline:
        first += 2 if removed.startswith("\r\n", first) else 1
    return end - len(removed[first:].encode())


def mark_boundaries(text: str, documents: str) -> str:
    """A text with `MARK` in place of every boundary, and without blank lines at its start.

    >>> from seqgen.corpus.boundaries import mark_boundaries
    >>> mark_boundaries("one\\n \\ntwo\\n", "blank-line")
    'one\\udc00two\\n'
    """
    data = text.encode("utf-8", "surrogatepass")
    pieces: list[str] = []
    start = first_start(data)
    for boundary in find_boundaries(data, documents, start=start):
        if boundary.start > start:
            pieces += [data[start : boundary.start].decode("utf-8", "surrogatepass"), MARK]
        start = boundary.end
    return "".join([*pieces, data[start:].decode("utf-8", "surrogatepass")])


def keeps_newline(documents: str) -> bool:
    """Whether a document includes the line end after its last line: where no separator stands between two of them."""
    return documents.startswith((REGEX_PREFIX, START_PREFIX))


def _boundaries_at_lines(data: Data, documents: str, *, start: int) -> Iterator[Boundary]:
    """A boundary at every line that separates documents, together with the blank lines around it."""
    for line_start, line_end in _separating_lines(data, documents, start=start):
        end = line_start if documents.startswith(START_PREFIX) else first_start(data, line_end)
        yield Boundary(trim_end(data, start, line_start, keeps_newline=keeps_newline(documents)), end)
        start = end


def _merge(boundaries: Iterator[Boundary]) -> Iterator[Boundary]:
    """The boundaries, with those that touch one another as one."""
    last: Boundary | None = None
    for boundary in boundaries:
        if last is not None and boundary.start > last.end:
            yield last
            last = boundary
        else:
            last = Boundary(last.start if last else boundary.start, boundary.end)
    if last is not None:
        yield last


def _separating_lines(data: Data, documents: str, *, start: int) -> Iterator[tuple[int, int]]:
    """Start and end of every line that separates documents, its line end included."""
    if not keeps_newline(documents):
        yield from _equal_lines(data, documents.strip(), start=start)
        return
    spans, same_spans = itertools.tee(_lines(data, start))
    lines = (data[first:last] for first, last, _ in spans)
    try:
        for (first, _, end), is_found in zip(same_spans, find_lines(documents.partition(":")[2], lines), strict=True):
            if is_found:
                yield first, end
    except TimeoutError:
        raise CorpusError(
            f"--documents {documents!r} takes over {MOST_SECONDS} seconds to search a few lines of the text: "
            "give a regular expression with fewer repetitions, and none inside of another"
        ) from None
    except ChildProcessError as error:
        raise CorpusError(
            f"the lines of --documents {documents!r} were not found, because {error}: try again"
        ) from None


def _lines(data: Data, start: int) -> Iterator[tuple[int, int, int]]:
    """Of each line from `start` on, but for very long ones: where it begins, where it ends, where its line end ends."""
    ends = (match.span() for match in re.compile(_line_end_of(data)).finditer(data, start))
    for line_end, end in itertools.chain(ends, [(len(data), len(data))]):
        if start < end and line_end - start <= _MAX_MATCHED_BYTES:
            yield start, line_end, end
        start = end


def _equal_lines(data: Data, line: str, *, start: int) -> Iterator[tuple[int, int]]:
    """Start and end of every line that equals a text, apart from white space around it."""
    end_of_line = re.compile(b"%b%b%b" % (re.escape(line.encode("utf-8", "surrogatepass")), _BLANK, _LAST_LINE_END))
    for match in end_of_line.finditer(data, start):
        bare, blank = _split_tail(data, start, match.start(), blanks=_BLANKS)
        if not bare or bare[-1] in _LINE_SEPARATORS:
            yield match.start() - len(blank.encode()), match.end()


def _split_tail(data: Data, start: int, end: int, *, blanks: str) -> tuple[str, str]:
    """The blanks before `end`, and some of what stands before them: nothing if there are only blanks from `start` on.

    A byte that is not UTF-8, as a prompt may have, is not a blank.
    """
    n_bytes = _TAIL_BYTES
    while True:
        first = max(start, end - n_bytes)
        tail = data[first:end].decode("utf-8", "replace")
        tail = tail.lstrip("\ufffd") if first > start else tail  # it may begin within a character
        bare = tail.rstrip(blanks)
        if bare or first == start:
            return bare, tail[len(bare) :]
        n_bytes *= 8


def _line_end_of(data: Data) -> bytes:
    """A pattern of the line ends that a text has: it is searched much faster if newlines are the only ones."""
    others = (data.find(mark) for mark in (b"\r", b"\xe2\x80\xa8", b"\xe2\x80\xa9"))
    return b"\n" if all(place < 0 for place in others) else _LINE_END
