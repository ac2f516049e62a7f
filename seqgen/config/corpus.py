"""Where a text comes from, and how it is divided into parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import require, require_choice

Documents = Literal["line", "blank-line", "file"]
Part = Literal["train", "valid", "test"]

DEFAULT_ENCODING = "utf-8"


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Where the text comes from and how it is cut into parts."""

    paths: tuple[str, ...]
    """Files, folders, or `-` for standard input."""
    encoding: str = DEFAULT_ENCODING
    documents: Documents | None = None
    valid_fraction: float = 0.1
    test_fraction: float = 0.0
    valid_paths: tuple[str, ...] = ()
    test_paths: tuple[str, ...] = ()
    split_seed: int = 0
    """Seed of the order in which the split takes documents."""

    def __post_init__(self) -> None:
        if self.documents is not None:
            require_choice(self, "documents", Documents)
        require(self, "valid_fraction", 0 <= self.valid_fraction < 1, "from 0 to below 1")
        require(self, "test_fraction", 0 <= self.test_fraction < 1, "from 0 to below 1")
        together = self.valid_fraction + self.test_fraction
        require(
            self,
            "test_fraction",
            together < 1,
            f"below {1 - self.valid_fraction:g}: training needs a part too",
        )
