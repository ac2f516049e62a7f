"""Pairs of a source and a target from files, line by line, in constant memory: tables, CSV and JSON Lines.

In a stored text a pair is one text, with `PAIR_MARK` between its source and its target.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from seqgen.corpus.fields import (
    MISSING,
    column_of,
    delimiter_of,
    holds_records,
    read_objects,
    read_rows,
    split_lines,
    text_of,
)
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.errors import CorpusError

PAIR_MARK = "\x1f"
"""Stands between the source and the target of a pair: the unit separator of ASCII."""
_TAB = "\t"
_MAX_SHOWN = 40
"""Characters of a line that a message shows."""

_Values = Iterator[tuple[str, list[str]]]
"""Where a pair stands, and its source and target."""


def read_pair_texts(chunks: Iterable[str], file: str, *, columns: Sequence[str] | None = None) -> Iterator[str]:
    """Every pair of a file as one text.

    Without `columns`, a line is source TAB target. With them, the first line of a `.tsv` or `.csv` file names its
    columns, and every other file is JSON Lines. Only CSV has quotes. Blank lines are skipped.

    >>> from seqgen.corpus.pair_files import read_pair_texts
    >>> list(read_pair_texts(["one\\t1\\ntwo", "\\t2\\n"], "a.tsv"))
    ['one\\x1f1', 'two\\x1f2']
    >>> list(read_pair_texts(["id,label,text\\n7,1,one\\n"], "a.csv", columns=("text", "label")))
    ['one\\x1f1']

    Raises:
        CorpusError: a line has another number of columns, or lacks one of the two that were named.
    """
    name = "standard input" if file == STANDARD_INPUT else file
    for where, values in _read_values(chunks, name, columns):
        if any(PAIR_MARK in value for value in values):
            raise CorpusError(
                f"{where} holds the control character U+001F, which marks where a target begins: remove it"
            )
        yield PAIR_MARK.join(values)


def _read_values(chunks: Iterable[str], file: str, columns: Sequence[str] | None) -> _Values:
    delimiter = delimiter_of(file)
    if columns is None:
        if holds_records(file) and delimiter != _TAB:
            raise CorpusError(f"{file} holds records: name the fields of source and target, as in --columns text,label")
        return _read_two_columns(chunks, file)
    if delimiter is None:
        return _read_objects(split_lines(chunks), file, columns=columns)
    rows = _read_lines(chunks, file) if delimiter == _TAB else read_rows(split_lines(chunks), file, delimiter=delimiter)
    return _read_table(rows, file, columns=columns)


def _read_lines(chunks: Iterable[str], file: str) -> _Values:
    """The values between the tabs of every line that is not blank. A line may end as on any system."""
    number = 0
    for unix_line in split_lines(chunks):
        for line in unix_line.removesuffix("\n").removesuffix("\r").split("\r"):
            number += 1
            if line.strip():
                yield f"{file}, line {number:,}", line.split(_TAB)


def _read_two_columns(chunks: Iterable[str], file: str) -> _Values:
    for where, values in _read_lines(chunks, file):
        if len(values) != 2:
            raise CorpusError(f"{_columns_in(where, values)}: pairs need 2, source TAB target; it is {_shown(values)}")
        yield where, values


def _read_table(rows: _Values, file: str, *, columns: Sequence[str]) -> _Values:
    header = next((row for _, row in rows), None)
    if header is None:  # an empty file, which whoever reads all files refuses
        return
    numbers = [column_of(header, name, file) for name in columns]
    for where, row in rows:
        if len(row) == len(header):
            yield where, [row[number] for number in numbers]
        elif any(map(str.strip, row)):
            raise CorpusError(f"{_columns_in(where, row)}: the first line has {len(header)}; it is {_shown(row)}")


def _read_objects(lines: Iterable[str], file: str, *, columns: Sequence[str]) -> _Values:
    for where, record in read_objects(lines, file, option="--columns"):
        fields = ((name, _as_text(record.get(name, MISSING))) for name in columns)
        yield where, [text_of(value, record, where=where, field=name) for name, value in fields]


def _as_text(value: object) -> object:
    """A number, true or false as it stands in JSON, because labels often are such values; other values unchanged."""
    return json.dumps(value) if isinstance(value, int | float) else value


def _columns_in(where: str, values: Sequence[str]) -> str:
    return f"{where} has {len(values)} column{'' if len(values) == 1 else 's'}"


def _shown(values: Sequence[str]) -> str:
    """The beginning of a line, with what cannot be seen escaped."""
    line = _TAB.join(values)
    return repr(line[:_MAX_SHOWN] + "…") if len(line) > _MAX_SHOWN else repr(line)
