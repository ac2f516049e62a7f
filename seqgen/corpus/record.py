"""What a run keeps of its corpus: enough to find the text again, and to know that it is the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqgen.config import CorpusConfig, Documents, Part
from seqgen.errors import ConfigError

_PATH_FIELDS = ("paths", "valid_paths", "test_paths")
_OLD_RULES = {"unite_duplicates": False, "n_repeated": 0}
"""How texts were divided by versions whose records do not have these fields."""


@dataclass(frozen=True, kw_only=True)
class PartRecord:
    """Where one part of a corpus is, and how large it is.

    >>> from seqgen.run import open_model
    >>> part = open_model("checkpoints/story").record.corpus.parts["valid"]
    >>> part.start, part.end, part.n_tokens
    (5400, 6000, 600)
    """

    sha256: str
    """Digest of the text that the part was taken from."""
    start: int
    end: int
    """As in `CorpusPart`: bytes, or numbers of documents in their seeded order."""
    n_tokens: int | None = None
    """None if the part has not been encoded, like the test part in training."""
    n_characters: int | None = None
    n_bytes: int | None = None

    def __post_init__(self) -> None:
        # The digest becomes the name of a file in the cache, so a forged record could read any file with it.
        if not isinstance(self.sha256, str) or not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ConfigError(f"sha256 is {self.sha256!r}: it must be 64 hexadecimal digits")


@dataclass(frozen=True, kw_only=True)
class CorpusRecord:
    """How a corpus was read and divided. Its paths are absolute.

    >>> from seqgen.run import open_model
    >>> corpus = open_model("checkpoints/story").record.corpus
    >>> corpus.documents, sorted(corpus.parts)
    (None, ['train', 'valid'])
    """

    config: CorpusConfig
    separator: str
    parts: Mapping[Part, PartRecord]
    n_repeated: int = 0
    """Documents that are equal to another one before them, and were kept in one part with it."""

    @property
    def documents(self) -> Documents | None:
        """What ends a document; None if the text is one document."""
        return self.config.documents

    def paths_of(self, part: Part) -> tuple[str, ...]:
        """The files that a part was read from: its separate files, or those of the whole corpus."""
        return self._separate_paths(part) or self.config.paths

    def is_separate(self, part: Part) -> bool:
        """Whether a part is a text of its own, and no share of the text that was trained on."""
        return bool(self._separate_paths(part))

    def _separate_paths(self, part: Part) -> tuple[str, ...]:
        return {"valid": self.config.valid_paths, "test": self.config.test_paths}.get(part, ())

    def n_documents(self, part: Part) -> int | None:
        """How many documents a part has; None if the text is one document."""
        return None if self.documents is None else self.parts[part].end - self.parts[part].start

    def with_part(self, name: Part, part: PartRecord) -> CorpusRecord:
        """The same record with one part added or replaced."""
        return replace(self, parts={**self.parts, name: part})

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        parts = {
            name: {key: value for key, value in asdict(part).items() if value is not None}
            for name, part in self.parts.items()
        }
        paths = {name: list(getattr(self.config, name)) for name in _PATH_FIELDS}
        facts = {"separator": self.separator, "n_repeated": self.n_repeated}
        return {**asdict(self.config), **paths, **facts, "parts": parts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> CorpusRecord:
        """The record whose `to_json` returned these values.

        Raises:
            ConfigError: a value is out of its range.
            LookupError: a value is missing.
            TypeError: a value is unknown, or of another type.
        """
        fields = {**_OLD_RULES, **values}
        separator, parts, n_repeated = (fields.pop(name) for name in ("separator", "parts", "n_repeated"))
        fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        parts = {name: PartRecord(**part) for name, part in parts.items()}
        return cls(config=CorpusConfig(**fields), separator=separator, parts=parts, n_repeated=n_repeated)
