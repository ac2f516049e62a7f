"""The texts in one field of JSON Lines or CSV, record by record, in constant memory."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from seqgen.errors import CorpusError

_TABLES = {".csv": ",", ".tsv": "\t"}
"""What stands between two values of a line, by the suffix of the file. Other files are JSON Lines."""
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_MAX_VALUE_LENGTH = 1 << 28
"""Characters. The CSV library has a much lower limit by default."""


def holds_records(file: str) -> bool:
    """Whether a file holds records, by its name.

    >>> from seqgen.corpus.fields import holds_records
    >>> holds_records("poems.jsonl.gz"), holds_records("poems.txt")
    (True, False)
    """
    return _suffix_of(file) in (*_TABLES, ".jsonl", ".ndjson", ".json")


def _suffix_of(file: str) -> str:
    """The suffix of a file, in lower case and without that of its compression."""
    suffixes = [suffix.lower() for suffix in PurePath(file).suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in _COMPRESSED), "")


def read_field(chunks: Iterable[str], file: str, *, field: str) -> Iterator[str]:
    """The text in one field of every record. A record without text in it is left out.

    A file that ends in `.csv` or `.tsv` is a table whose first line names its columns. Every other file is JSON Lines.

    >>> from seqgen.corpus.fields import read_field
    >>> list(read_field(['{"id": 1, "text": "one"}\\n{"te', 'xt": "two"}\\n'], "a.jsonl", field="text"))
    ['one', 'two']
    >>> list(read_field(["id,text\\n1,one\\n"], "a.csv", field="text"))
    ['one']

    Raises:
        CorpusError: a line is no record, a record lacks the field, or its value is not text.
    """
    delimiter = delimiter_of(file)
    lines = split_lines(chunks)
    if delimiter is None:
        return filter(None, _read_texts(lines, file, field=field))
    return filter(None, _read_column(lines, file, field=field, delimiter=delimiter))


def delimiter_of(file: str) -> str | None:
    """What stands between two values of a line; None if the file is no table, by its name.

    >>> from seqgen.corpus.fields import delimiter_of
    >>> delimiter_of("names.csv.gz"), delimiter_of("names.jsonl")
    (',', None)
    """
    return _TABLES.get(_suffix_of(file))


def split_lines(chunks: Iterable[str]) -> Iterator[str]:
    """The lines of a text, with their line feeds. No other character ends a line here: it may stand in a value.

    >>> from seqgen.corpus.fields import split_lines
    >>> list(split_lines(["one\\nt", "wo"]))
    ['one\\n', 'two']
    """
    begun: list[str] = []  # the chunks of a line whose end has not come; joined once, because a line may be very long
    for chunk in chunks:
        first, *others = chunk.split("\n")
        begun.append(first)
        if others:
            yield "".join(begun) + "\n"
            yield from (line + "\n" for line in others[:-1])
            begun = [others[-1]]
    if rest := "".join(begun):
        yield rest


def read_objects(lines: Iterable[str], file: str, *, option: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Every JSON object, one in each line, and where it stands. `option` is what asked for them.

    Raises:
        CorpusError: a line is no JSON object.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(
                f"{file} is not JSON in line {number:,} ({error}): {option} reads one JSON object in each line, "
                "or a table whose name ends in .csv or .tsv"
            ) from None
        if not isinstance(record, dict):
            raise CorpusError(f"{file} has no JSON object in line {number:,}: {option} reads one in each line")
        yield f"{file}, line {number:,}", record


def read_rows(lines: Iterable[str], file: str, *, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Every row of a table that is not blank, its header included, and where it stands.

    Raises:
        CorpusError: the file is not CSV.
    """
    csv.field_size_limit(_MAX_VALUE_LENGTH)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in rows:
            if row:
                yield f"{file}, line {rows.line_num:,}", row
    except csv.Error as error:
        raise CorpusError(f"{file} is not CSV in line {rows.line_num:,} ({error})") from None


def column_of(header: Sequence[str], name: str, file: str) -> int:
    """The number of a column.

    Raises:
        CorpusError: the table has no such column.
    """
    if name not in header:
        raise CorpusError(f"{file} has no column {name!r}: its first line has {_names(header)}")
    return header.index(name)


def _read_texts(lines: Iterable[str], file: str, *, field: str) -> Iterator[str]:
    for where, record in read_objects(lines, file, option="--field"):
        yield text_of(record.get(field, MISSING), record, where=where, field=field)


def _read_column(lines: Iterable[str], file: str, *, field: str, delimiter: str) -> Iterator[str]:
    rows = read_rows(lines, file, delimiter=delimiter)
    _, header = next(rows, ("", []))
    column = column_of(header, field, file)
    for where, row in rows:
        value = row[column] if column < len(row) else MISSING
        yield text_of(value, header[: len(row)], where=where, field=field)


MISSING = object()
"""Stands for the value of a field that a record does not have."""


def text_of(value: object, names: Iterable[str], *, where: str, field: str) -> str:
    """The value of a field, which must be text; null counts as no text.

    >>> from seqgen.corpus.fields import text_of
    >>> text_of("one", ["text"], where="a.jsonl, line 1", field="text")
    'one'

    Raises:
        CorpusError: the field is missing, or its value is not text.
    """
    if value is MISSING:
        raise CorpusError(f"{where} has no field {field!r}: it has {_names(names)}")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CorpusError(f"{where}: the field {field!r} is {value!r:.40}, which is not text")
    if re.search("[\ud800-\udfff]", value):
        raise CorpusError(f"{where}: the field {field!r} holds half a character (a surrogate)")
    return value


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
