"""The sources that `seqgen predict` is given: texts of the command line, and the lines of files."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from seqgen.cli.predict.options import PredictOptions
from seqgen.cli.shared.render import note
from seqgen.errors import ConfigError, CorpusError

_STANDARD_INPUT = "-"
_LARGEST_BLOCK = 1024
"""Sources that are predicted together. The first is predicted alone, so that there is output at once."""


def source_blocks(options: PredictOptions, *, takes_tabs: bool) -> Iterator[list[str]]:
    """All sources in their order, in blocks that grow. What a person types is predicted line by line.

    Raises:
        ConfigError: there is no source.
        CorpusError: a file cannot be read, or a line of it holds a tab where none is taken.
    """
    texts, files = _divide(options)
    for file in files:
        _note_records(file)
    is_typed = _STANDARD_INPUT in files and sys.stdin is not None and sys.stdin.isatty()
    lines_of = _lines if takes_tabs else _lines_without_tabs
    sources = itertools.chain(texts, *(lines_of(file, options.encoding) for file in files))
    return _in_blocks(sources, largest=1 if is_typed else _LARGEST_BLOCK)


def _note_records(file: str) -> None:
    """Say that a file of records is read line by line. Tables with tabs are refused at the first of them."""
    from seqgen.corpus.fields import delimiter_of, holds_records

    if delimiter_of(file) == ",":
        note(f"{file} is no table here: each of its lines is a source, the header too")
    elif holds_records(file) and delimiter_of(file) is None:
        note(f"{file} holds no records here: each of its lines is a source as it stands")


def require_no_run(options: PredictOptions) -> None:
    """Check that no argument is a run, which would be read as a source while another model predicts.

    Raises:
        ConfigError: one is a run folder or a .safetensors file.
    """
    for argument in options.sources:
        if _is_run(argument):
            raise ConfigError(f"{argument} is a run: name it with --run {argument}")


def n_sources(options: PredictOptions) -> int | None:
    """How many sources there are; None if that is not known before they are read."""
    texts, files = _divide(options, says=False)
    if not all(Path(file).is_file() for file in files):
        return None
    return len(texts) + sum(sum(1 for _ in _lines(file, options.encoding)) for file in files)


def _divide(options: PredictOptions, *, says: bool = True) -> tuple[list[str], list[str]]:
    """The texts, and the files after them.

    An argument that is the name of a file means that file, and any other argument is a source itself.
    """
    texts, files = [], []
    for argument in options.sources:
        if argument == _STANDARD_INPUT or _exists(argument):
            files.append(argument)
        else:
            texts.append(argument)
            if says and _is_folder(argument):
                note(f"{argument} is a folder, and is read as a source; give the files in it to read their lines")
            elif says and _looks_like_file(argument):
                note(f"there is no file {argument}, so it is read as a source; --file insists on a file")
    texts += options.source
    files += options.file
    if not texts and not files:
        if sys.stdin is None or sys.stdin.isatty():
            raise ConfigError("there is no source: give one, a file of sources, or - for standard input")
        files.append(_STANDARD_INPUT)
    if says and set(options.sources) & set(files) - {_STANDARD_INPUT}:
        names = ", ".join(argument for argument in options.sources if argument in files)
        note(f"sources: the lines of {names}; --source takes an argument as text")
    return texts, files


def _exists(name: str) -> bool:
    """Whether there is something to read under a name. A text may be too long for a name, or hold a zero character."""
    try:
        path = Path(name)
        return bool(name) and path.exists() and not path.is_dir()
    except (OSError, ValueError):
        return False


def _is_folder(name: str) -> bool:
    """Whether a text is the name of a folder. A dot, which may be a source, is none."""
    try:
        return bool(name.strip(".")) and Path(name).is_dir()
    except (OSError, ValueError):
        return False


def _is_run(name: str) -> bool:
    from seqgen.run import MODEL_FILE

    return _exists(name) if name.endswith(".safetensors") else _exists(str(Path(name) / MODEL_FILE))


def _looks_like_file(text: str) -> bool:
    """Whether a text is more likely a name with a typing error than a source."""
    is_word = len(text.split()) == 1
    return is_word and Path(text).suffix.lower() in (".txt", ".tsv", ".csv", ".gz", ".json", ".jsonl")


def _lines(file: str, encoding: str) -> Iterator[str]:
    """The lines of a file, without their ends. Blank lines are empty sources."""
    from seqgen.corpus.fields import split_lines
    from seqgen.corpus.sources import read_text

    if file == _STANDARD_INPUT and sys.stdin is None:
        raise CorpusError("there is no standard input to read sources from")
    lines = split_lines(read_text(file, encoding, is_live=True))
    return (line.removesuffix("\n").removesuffix("\r") for line in lines)


def _lines_without_tabs(file: str, encoding: str) -> Iterator[str]:
    """The lines of a file. A tab is a sign that it holds pairs."""
    for number, line in enumerate(_lines(file, encoding), 1):
        if "\t" in line:
            name = "standard input" if file == _STANDARD_INPUT else file
            raise CorpusError(f"{name}, line {number:,} holds a tab: give sources alone, one a line")
        yield line


def _in_blocks(sources: Iterable[str], *, largest: int) -> Iterator[list[str]]:
    left, size = iter(sources), 1
    while block := list(itertools.islice(left, size)):
        yield block
        size = min(2 * size, largest)
