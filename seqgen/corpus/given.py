"""Texts and pairs that a program hands over: as paths, or in memory, which are then written to files in the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqgen.config import plain_number
from seqgen.corpus.cache import cache_folder
from seqgen.durable import write_bytes
from seqgen.errors import CorpusError
from seqgen.wording import shown

Texts = str | Path | Iterable[str] | Iterable[Path] | Iterable[tuple[str, Any]]
"""A path; a text; several paths; several documents; or pairs of a source and a target."""

_FIELD = "text"
_COLUMNS = ("source", "target")
_MOST_SHOWN = 5
FEWEST_CHARACTERS = 100
"""A shorter text in one line is rather the name of a file that does not exist, and short documents those of columns."""


@dataclass(frozen=True)
class GivenTexts:
    """Files, and how they are read, as the fields of `CorpusConfig` say it.

    >>> GivenTexts.of("story.txt").paths
    ('story.txt',)
    >>> GivenTexts.of([("one", 1), ("two", 2)]).columns
    ('source', 'target')
    >>> GivenTexts.of("stroy.txt")
    Traceback (most recent call last):
    seqgen.errors.CorpusError: there is no file 'stroy.txt', and as a text it is too short to learn from: ...
    """

    paths: tuple[str, ...]
    field: str | None = None
    columns: tuple[str, str] | None = None

    @classmethod
    def of(cls, texts: Texts, *, fewest: int = FEWEST_CHARACTERS) -> GivenTexts:
        """What a model is to learn from. A text that names an existing file or folder stands for that.

        Texts in memory must have `fewest` characters, or several lines.

        Raises:
            CorpusError: there is nothing, too little, or a mixture of these.
        """
        if isinstance(texts, str | Path):
            return cls((_path_of(texts, fewest=fewest),))
        items: list[Any] = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, bytes) else [texts]
        if not items:
            raise CorpusError("the list of texts is empty: give a text, a path, documents or pairs")
        if all(isinstance(item, Path) or (isinstance(item, str) and is_path(item)) for item in items):
            return cls(tuple(map(str, items)))
        if all(isinstance(item, str) for item in items):
            if (n_characters := sum(map(len, items))) < fewest:
                raise CorpusError(
                    f"the documents {', '.join(map(repr, items[:_MOST_SHOWN]))} have {n_characters} characters in all, "
                    f"too few to learn from: give {fewest} or more"
                )
            return cls((_stored("documents.jsonl", [{_FIELD: item} for item in items]),), field=_FIELD)
        if all(isinstance(item, tuple | list) and len(item) == 2 for item in items):
            records = [dict(zip(_COLUMNS, map(plain_number, item), strict=True)) for item in items]
            return cls((_stored("pairs.jsonl", records),), columns=_COLUMNS)
        odd = next(item for item in items if not isinstance(item, str))
        raise CorpusError(
            f"{shown(odd)} is no text: give texts only, paths only, or pairs of a source and a target only"
        )

    def fields(self) -> dict[str, Any]:
        """The fields of `CorpusConfig` that these texts decide."""
        decided: dict[str, Any] = {"paths": self.paths}
        if self.field is not None:
            decided |= {"field": self.field, "documents": "record"}
        if self.columns is not None:
            decided |= {"pairs": True, "columns": self.columns}
        return decided


def path_of_text(text: str, *, name: str = "text.txt") -> str:
    """The path of a file in the cache that holds a text.

    >>> Path(path_of_text("Mina sat.")).read_text()
    'Mina sat.'

    Raises:
        CorpusError: the text cannot be written as UTF-8.
    """
    data = utf8_of(text)
    path = cache_folder() / "given" / hashlib.sha256(data).hexdigest()[:16] / name
    if not path.exists():
        write_bytes(path, data)
    return str(path)


def utf8_of(text: str) -> bytes:
    """The bytes of a text.

    >>> utf8_of("Mina")
    b'Mina'

    Raises:
        CorpusError: it holds half a character, which has none.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CorpusError(f"the text holds {text[error.start]!r}, which is half a character: leave it out") from None


def is_path(text: str) -> bool:
    """Whether a text is the name of a file or folder that exists.

    >>> is_path("story.txt"), is_path("Mina sat by the river.")
    (True, False)
    """
    try:
        return text != "" and "\n" not in text and Path(text).exists()
    except (OSError, ValueError):  # as a name it is too long, or impossible
        return False


def _path_of(text: str | Path, *, fewest: int) -> str:
    if isinstance(text, Path) or is_path(text):
        return str(text)
    if len(text) < fewest and "\n" not in text:
        raise CorpusError(
            f"there is no file {text!r}, and as a text it is too short to learn from: give a path or a longer text"
        )
    return path_of_text(text)


def _stored(name: str, records: Sequence[dict[str, Any]]) -> str:
    try:
        return path_of_text("".join(json.dumps(record) + "\n" for record in records), name=name)
    except TypeError as error:
        raise CorpusError(f"a source or target is neither text nor a number: {error}") from None
