"""The texts in one field of JSON Lines or CSV, record by record, in constant memory."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
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
    delimiter = _TABLES.get(_suffix_of(file))
    lines = _split_lines(chunks)
    if delimiter is None:
        return filter(None, _read_json(lines, file, field=field))
    return filter(None, _read_table(lines, file, field=field, delimiter=delimiter))


def _split_lines(chunks: Iterable[str]) -> Iterator[str]:
    """The lines of a text, with their line feeds. No other character ends a line here: it may stand in a value."""
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def _read_json(lines: Iterable[str], file: str, *, field: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(
                f"{file} is not JSON in line {number:,} ({error}): --field reads one JSON object in each line, or .csv"
            ) from None
        if not isinstance(record, dict):
            raise CorpusError(f"{file} has no JSON object in line {number:,}: --field reads one in each line")
        yield _text_of(record.get(field, _MISSING), record, where=f"{file}, line {number:,}", field=field)


def _read_table(lines: Iterable[str], file: str, *, field: str, delimiter: str) -> Iterator[str]:
    csv.field_size_limit(_MAX_VALUE_LENGTH)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(rows, [])
        if field not in header:
            raise CorpusError(f"{file} has no column {field!r}: its first line has {_names(header)}")
        column = header.index(field)
        for row in rows:
            if row:
                value = row[column] if column < len(row) else _MISSING
                yield _text_of(value, header[: len(row)], where=f"{file}, line {rows.line_num:,}", field=field)
    except csv.Error as error:
        raise CorpusError(f"{file} is not CSV in line {rows.line_num:,} ({error})") from None


_MISSING = object()


def _text_of(value: object, names: Iterable[str], *, where: str, field: str) -> str:
    """The value of a field, which must be text; null counts as no text."""
    if value is _MISSING:
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
