"""Where a text comes from, and how it is divided into parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import require, require_choice

Documents = Literal["line", "blank-line", "file"]
"""What ends a document, in a text of many documents such as poems or tunes."""

Part = Literal["train", "valid", "test"]

DEFAULT_ENCODING = "utf-8"
DEFAULT_PART: Part = "valid"

CORPUS_SETTINGS = ("split_seed", "unite_duplicates")
"""Fields of `CorpusConfig` that are set by name, because they have no option of their own."""


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
    documents: Documents | None = None
    """None: the whole text is one document."""
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
    """Whether equal documents all go into the same part. Otherwise some are in both the training part and the
    validation part, and scores come out too good."""

    def __post_init__(self) -> None:
        if self.documents is not None:
            require_choice(self, "documents", Documents)
        require(self, "valid_fraction", 0 <= self.valid_fraction < 1, "at least 0 and less than 1")
        require(self, "test_fraction", 0 <= self.test_fraction < 1, "at least 0 and less than 1")
        require(self, "split_seed", self.split_seed >= 0, "0 or more")
        is_text_left = self.valid_fraction + self.test_fraction < 1
        room = f"below {1 - self.valid_fraction:g}, so that some text is left for training"
        require(self, "test_fraction", is_text_left, room)
