"""What a run keeps of its corpus: enough to find the text again, and to know that it is the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqgen.config import CorpusConfig, Part, checked
from seqgen.corpus.documents import Division
from seqgen.corpus.line_ends import unify_line_ends
from seqgen.errors import ConfigError

_OLD_RULES: dict[str, Any] = {"unite_duplicates": False, "n_repeated": 0, "line_ends": "keep", "rules": 1}
"""How texts were read and divided by versions whose records do not have these fields."""
_OF_PAIRS = ("pairs", "columns", "targets")
"""Fields that only the records of pairs have."""
_OF_BACKWARD = "backward"
"""The field that only the records of texts have that are read from their end."""


@dataclass(frozen=True, kw_only=True)
class PartSizes:
    """What is counted when a part is encoded; of pairs, that is their targets. `PartRecord` says what the fields mean.

    >>> from seqgen.config import ByteConfig
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.tokenizers import train_tokenizer
    >>> encode_text(["né"], train_tokenizer(ByteConfig(), [], n_bytes=0)).sizes
    PartSizes(n_tokens=3, n_characters=2, n_bytes=3, n_oov=0, longest_source=None, longest_target=None)
    """

    n_tokens: int
    n_characters: int
    n_bytes: int
    n_oov: int
    longest_source: int | None = None
    longest_target: int | None = None


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
    n_oov: int = 0
    """Out-of-vocabulary characters. Records of earlier versions do not have them and count as 0."""
    longest_source: int | None = None
    """Tokens of the longest source of pairs, its end-of-text token included; None if there is none."""
    longest_target: int | None = None
    """The same of the longest target."""

    def __post_init__(self) -> None:
        # The digest becomes the name of a file in the cache, so a forged record could read any file with it.
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ConfigError(f"sha256 is {self.sha256!r}: it must be 64 hexadecimal digits")
        if not 0 <= self.start <= self.end:
            raise ConfigError(f"is {self.start}: it must be from 0 to end, which is {self.end}", field="start")
        for name in ("longest_source", "longest_target"):
            length = getattr(self, name)
            if length is not None and not (type(length) is int and length > 0):
                raise ConfigError(f"is {length!r}: it must be 1 or more", field=name)
        # What a model writes may be twice as long as this, so a forged record must not say whatever it likes.
        if self.n_tokens is not None and (self.longest_target or 0) > self.n_tokens:
            allowed = f"at most n_tokens, which is {self.n_tokens}"
            raise ConfigError(f"is {self.longest_target}: it must be {allowed}", field="longest_target")


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
    def documents(self) -> str | None:
        """What ends a document; None if the text is one document."""
        return self.config.documents

    @property
    def backward(self) -> bool:
        """Whether the model reads each document from its end."""
        return self.config.backward

    @property
    def division(self) -> Division:
        """How any text is divided into documents."""
        config = self.config
        return Division(
            documents=config.documents, separator=self.separator, seed=config.split_seed, rules=config.rules
        )

    @property
    def letters_per_character(self) -> float:
        """1 for an alphabet; 2 for Chinese, whose characters take 3 bytes and say as much as two letters.

        Between them, it grows with the bytes that a character takes.
        """
        train = self.parts["train"]
        return max(1.0, (train.n_bytes or 0) / (train.n_characters or 1) - 1)

    def read(self, text: str) -> str:
        """A text from elsewhere, such as a prompt, as the training text was read: with its line ends and boundaries.

        >>> from seqgen.run import open_model
        >>> open_model("checkpoints/story").record.corpus.read("one\\r\\ntwo")
        'one\\ntwo'
        """
        return self.division.mark(self.read_line_ends(text))

    def read_line_ends(self, text: str) -> str:
        """A text from elsewhere with the line ends that the training text was read with, and nothing else changed."""
        return unify_line_ends(text) if self.config.line_ends == "newline" else text

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

    def with_sizes(self, sizes: Mapping[Part, PartSizes]) -> CorpusRecord:
        """The same record with the sizes of parts that have been encoded.

        >>> from seqgen.run import open_model
        >>> sizes = PartSizes(n_tokens=7, n_characters=9, n_bytes=9, n_oov=0)
        >>> open_model("checkpoints/story").record.corpus.with_sizes({"valid": sizes}).parts["valid"].n_tokens
        7
        """
        parts = {name: replace(self.parts[name], **asdict(part)) for name, part in sizes.items()}
        return replace(self, parts={**self.parts, **parts})

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        parts = {
            name: {key: value for key, value in asdict(part).items() if value is not None}
            for name, part in self.parts.items()
        }
        config = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self.config).items()
            if (self.config.pairs or name not in _OF_PAIRS) and (self.config.backward or name != _OF_BACKWARD)
        }
        return {**config, "separator": self.separator, "n_repeated": self.n_repeated, "parts": parts}

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
        parts = {name: checked(PartRecord, part) for name, part in parts.items()}
        if "train" not in parts:
            raise LookupError("there is no training part")
        config = checked(CorpusConfig, fields)
        of_record = {"config": config, "separator": separator, "parts": parts, "n_repeated": n_repeated}
        return checked(cls, of_record)
