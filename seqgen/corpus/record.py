"""What a run remembers of its corpus: enough to find it again and to know that it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqgen.config import CorpusConfig, Documents, Part


@dataclass(frozen=True, kw_only=True)
class PartRecord:
    """Where one part lies, and how large it is."""

    sha256: str
    """Of the text that the part was taken from."""
    start: int
    end: int
    """As in `CorpusPart`: bytes, or numbers of documents in their shuffled order."""
    n_tokens: int | None = None
    """None for a part that has not been encoded, as the test part is while training."""
    n_characters: int | None = None
    n_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class CorpusRecord:
    """How a corpus was read and divided, with its paths made absolute."""

    config: CorpusConfig
    separator: str
    parts: Mapping[Part, PartRecord]

    @property
    def documents(self) -> Documents | None:
        return self.config.documents

    def paths_of(self, part: Part) -> tuple[str, ...]:
        """The files that a part was read from: its own, or those of the whole corpus."""
        own = {"valid": self.config.valid_paths, "test": self.config.test_paths}.get(part)
        return own or self.config.paths

    def with_part(self, part: Part, record: PartRecord) -> CorpusRecord:
        """The same record with another one of its parts."""
        return replace(self, parts={**self.parts, part: record})

    def to_json(self) -> dict[str, Any]:
        parts = {
            name: {key: value for key, value in asdict(part).items() if value is not None}
            for name, part in self.parts.items()
        }
        paths = {name: list(getattr(self.config, name)) for name in ("paths", "valid_paths", "test_paths")}
        return {**asdict(self.config), **paths, "separator": self.separator, "parts": parts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> CorpusRecord:
        """The record whose `to_json` this is.

        Raises:
            ConfigError: a value is out of its range.
            LookupError: one is missing.
            TypeError: one is unknown, or of another type.
        """
        fields = dict(values)
        separator, parts = fields.pop("separator"), fields.pop("parts")
        fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        parts = {name: PartRecord(**part) for name, part in parts.items()}
        return cls(config=CorpusConfig(**fields), separator=separator, parts=parts)
