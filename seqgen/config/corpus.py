"""Where a text comes from, how it is read, and how it is divided into documents and parts."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Literal, get_args

from seqgen.config.fields import require, require_at_most, require_choice, require_sizes
from seqgen.errors import ConfigError

Documents = Literal["line", "blank-line", "file", "record", "pair"]
"""The names of what ends a document. Any other text means a line that equals it, unless it begins with a prefix."""

STORED_APART = ("file", "record", "pair")
"""Documents that are already apart when a text is read: the stored text knows where each ends."""

REGEX_PREFIX = "re:"
"""Begins a regular expression: a line in which it is found ends a document, and is left out."""
START_PREFIX = "starts:"
"""Begins a regular expression: a line in which it is found begins a document, and stays in it."""

LineEnds = Literal["newline", "keep"]
"""newline: every line end becomes a newline. keep: line ends stay as they are."""

Part = Literal["train", "valid", "test"]

Targets = Literal["label", "text"]
"""label: each target is one token. text: targets are encoded like any text."""

CORPUS_SETTINGS = ("line_ends", "max_file_bytes", "split_seed", "unite_duplicates")
"""Fields of `CorpusConfig` that have no option of their own, and are set by `--set`."""
DEFAULT_ENCODING = "utf-8"
DEFAULT_PART: Part = "valid"
_MOST = 2**63 - 1
_LONGEST_EXPRESSION = 20_000
"""Characters. Python takes seconds to read a regular expression of a million."""
_LONGEST_SHOWN = 200
RULES = 2
"""The rules by which texts are read and divided today. By the rules 1, folders are read whole but for hidden files,
their files are not joined by newlines, and a document ends at each occurrence of the separator."""


@dataclass(frozen=True, kw_only=True)
class ReadingConfig:
    """How files become text.

    >>> from seqgen.config import ReadingConfig
    >>> ReadingConfig(line_ends="windows")
    Traceback (most recent call last):
    ...
    seqgen.errors.ConfigError: line_ends is 'windows': it must be one of newline, keep
    """

    encoding: str = DEFAULT_ENCODING
    line_ends: LineEnds = "newline"
    include: tuple[str, ...] = ()
    """Patterns such as `*.txt`. Of a folder, only files that match one of them are read; all if there are none."""
    exclude: tuple[str, ...] = ()
    """Files of a folder that match one of these patterns are left out."""
    max_file_bytes: int = 1_000_000_000
    """Larger files of a folder are left out."""
    field: str | None = None
    """The field of JSON Lines or CSV that holds the text; None for plain text."""
    pairs: bool = False
    """Whether the files hold pairs: a source and a target in each line."""
    columns: tuple[str, str] | None = None
    """The columns or fields that hold the source and the target; None for lines of two columns, source TAB target."""
    joins_files: bool = True
    """Whether a newline follows a file that does not end in one."""
    rules: int = RULES

    def __post_init__(self) -> None:
        require_choice(self, "line_ends", LineEnds)


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Where the text comes from, and how it is divided into a training, a validation and a test part.

    >>> from seqgen.config import CorpusConfig
    >>> config = CorpusConfig(paths=("poems.txt",), documents="blank-line", test_fraction=0.1)
    >>> config.valid_fraction, config.test_fraction
    (0.1, 0.1)
    >>> CorpusConfig(paths=("poems.txt",), test_fraction=1.5)
    Traceback (most recent call last):
    ...
    seqgen.errors.ConfigError: test_fraction is 1.5: it must be at least 0 and less than 1
    """

    paths: tuple[str, ...]
    """Files, folders, or `-` for standard input."""
    encoding: str = DEFAULT_ENCODING
    line_ends: LineEnds = "newline"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_bytes: int = ReadingConfig.max_file_bytes
    field: str | None = None
    pairs: bool = False
    columns: tuple[str, str] | None = None
    """These are as in `ReadingConfig`."""
    targets: Targets | None = None
    """What the targets of pairs are; None: what the rule for labels says."""
    documents: str | None = None
    """What ends a document: a name in `Documents`, a text that fills a line, or a regular expression after a prefix.
    None: the whole text is one document, or each pair is one."""
    valid_fraction: float = 0.1
    """Share of the text that is the validation part, unless `valid_paths` names one."""
    test_fraction: float = 0.0
    """Share of the text that is the test part, unless `test_paths` names one."""
    valid_paths: tuple[str, ...] = ()
    """Text of the validation part, if it is separate."""
    test_paths: tuple[str, ...] = ()
    """Text of the test part, if it is separate."""
    split_seed: int = 0
    """Seed of the order in which documents are divided among the parts."""
    unite_duplicates: bool = True
    """Whether equal documents, and pairs with equal sources, all go into the same part. Otherwise some are in both the
    training part and the validation part, and scores come out too good."""
    rules: int = RULES
    """The rules by which the text is read and divided. A run keeps those that it was trained by."""
    backward: bool = False
    """Whether the model reads each document from its end to its beginning."""

    @property
    def all_paths(self) -> tuple[str, ...]:
        """The paths of all parts."""
        return (*self.paths, *self.valid_paths, *self.test_paths)

    def __post_init__(self) -> None:
        require_choice(self, "line_ends", LineEnds)
        require_sizes(self, "max_file_bytes", most=_MOST)
        require_at_most(self, "split_seed", most=_MOST)
        require_at_most(self, "rules")
        self._check_kind()
        require(self, "valid_fraction", 0 <= self.valid_fraction < 1, "at least 0 and less than 1")
        require(self, "test_fraction", 0 <= self.test_fraction < 1, "at least 0 and less than 1")
        require(self, "split_seed", self.split_seed >= 0, "0 or more")
        is_text_left = self.valid_fraction + self.test_fraction < 1
        room = f"below {1 - self.valid_fraction:g}, so that some text is left for training"
        require(self, "test_fraction", is_text_left, room)

    def _check_kind(self) -> None:
        """Refuse fields of texts and of pairs that contradict each other."""
        if self.pairs and self.documents is None:
            object.__setattr__(self, "documents", "pair")  # frozen, and nothing has read it yet
        if self.documents is not None:
            _check_documents(self.documents)
        if self.pairs and self.field is not None:
            raise ConfigError("with --pairs the fields are named by --columns: leave --field out")
        if self.pairs != (self.documents == "pair"):
            raise ConfigError("with --pairs each pair is a document: leave --documents out")
        if (self.field is None) != (self.documents != "record"):
            raise ConfigError("with --field each record is a document: leave --documents out")
        require(self, "columns", self.pairs or self.columns is None, "left out unless the files hold --pairs")
        require(self, "targets", self.pairs or self.targets is None, "left out unless the files hold --pairs")
        if self.pairs and self.backward:
            raise ConfigError("--backward reads texts from their end, not pairs: leave out --backward or --pairs")
        require(self, "columns", self.columns is None or len(self.columns) == 2, "two names, as in text,label")
        if self.targets is not None:
            require_choice(self, "targets", Targets)

    @property
    def reading(self) -> ReadingConfig:
        """How the files become text."""
        return ReadingConfig(
            encoding=self.encoding,
            line_ends=self.line_ends,
            include=self.include,
            exclude=self.exclude,
            max_file_bytes=self.max_file_bytes,
            field=self.field,
            pairs=self.pairs,
            columns=self.columns,
            joins_files=self.rules > 1 and self.documents not in STORED_APART,
            rules=self.rules,
        )


def _check_documents(documents: str) -> None:
    """Refuse what no line can be, and a regular expression that cannot be read."""
    for prefix in (REGEX_PREFIX, START_PREFIX):
        if documents.startswith(prefix):
            _check_expression(documents.removeprefix(prefix), prefix)
    if not documents.strip() or len(documents.splitlines()) > 1:
        names = ", ".join(name for name in get_args(Documents) if name not in ("record", "pair"))
        raise ConfigError(f"is {documents!r}: it must be {names}, or a text that fills a line", field="documents")


def _check_expression(expression: str, prefix: str) -> None:
    try:
        if len(expression) > _LONGEST_EXPRESSION:
            raise OverflowError(f"it has more than {_LONGEST_EXPRESSION:,} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what future versions of Python may read in another way
            re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        shown = f"{prefix}{expression}"
        shown = repr(shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…")
        raise ConfigError(
            f"is {shown}: it must be a regular expression after {prefix} ({error})", field="documents"
        ) from None
