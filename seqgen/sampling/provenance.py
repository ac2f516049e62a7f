"""Provenance: what a sample was made with, written beside it so that it can be made again."""

from __future__ import annotations

import collections.abc
import json
import reprlib
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqgen.config import SamplingConfig, SamplingRequest, fields_of
from seqgen.errors import ConfigError, RunError
from seqgen.run import SavedModel

_SCHEME = 2
"""Must be raised when a change in the code makes the same options write another text."""
_RENAMED_OPTIONS = {"until_boundary": "until_end_of_text"}
"""Names of options in files of earlier versions -> names of today."""
_REQUEST_FIELDS = tuple(fields_of(SamplingRequest))
_OWN_FIELDS = ("run", "model_sha256", "source", "prompt", "sample")
_ADDED_FIELDS = ("first", "new", "exact")
"""Fields that files of earlier versions lack. Their defaults stand for what those versions did."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Everything that decides a text."""

    run: str
    """Path of the model file."""
    model_sha256: str
    prompt: str
    config: SamplingConfig
    request: SamplingRequest
    sample: int
    """The number of the text in its request, counted from 0."""
    item: Mapping[str, Any]
    """The JSON object that this was read from."""
    source: str | None = None
    """The source after which the text was written; None for a model of texts."""

    def __post_init__(self) -> None:
        if not 0 <= self.sample < self.request.count:
            raise ConfigError(f"sample is {self.sample}: it must be below count, which is {self.request.count}")

    def require_model(self, sha256: str) -> None:
        """Check that a model is the one that wrote the text.

        Raises:
            RunError: it is another one.

        >>> from seqgen.config import SamplingConfig, SamplingRequest
        >>> options = {"config": SamplingConfig(), "request": SamplingRequest(), "sample": 0, "item": {}}
        >>> provenance = Provenance(run="a.safetensors", model_sha256="aaaa", prompt="", **options)
        >>> provenance.require_model("aaaa")
        >>> provenance.require_model("bbbb")
        Traceback (most recent call last):
        seqgen.errors.RunError: the sample was made by the model aaaa, and this one is bbbb: name the run that made it
        """
        if sha256 != self.model_sha256:
            raise RunError(
                f"the sample was made by the model {self.model_sha256[:12]}, and this one is {sha256[:12]}: "
                "name the run that made it"
            )


def provenance_of(
    model: SavedModel, prompt: str, *, config: SamplingConfig, request: SamplingRequest, source: str | None = None
) -> dict[str, Any]:
    """The part of a sample's JSON object that decides its text, except for the number of the sample.

    Only a sample that was written after a source has that.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import provenance_of
    >>> model, config = open_model("checkpoints/story"), SamplingConfig(seed=3)
    >>> item = provenance_of(model, "The cat", config=config, request=SamplingRequest())
    >>> item["prompt"], item["length"], item["options"]["seed"]
    ('The cat', 1000, 3)
    """
    return {
        "run": model.base or str(model.path.absolute()),
        "model_sha256": model.sha256,
        **({} if source is None else {"source": source}),
        "prompt": prompt,
        **asdict(request),
        "scheme": _SCHEME,
        "options": asdict(config),
    }


def read_provenance(path: Path) -> list[Provenance]:
    """Read the samples of a file that `seqgen sample --json` wrote: a list of objects, or one object.

    >>> import json
    >>> from pathlib import Path
    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import provenance_of, read_provenance
    >>> model, config = open_model("checkpoints/story"), SamplingConfig(seed=3)
    >>> item = provenance_of(model, "The cat", config=config, request=SamplingRequest())
    >>> _ = Path("sample.json").write_text(json.dumps({**item, "sample": 0, "text": " sat"}))
    >>> [provenance.prompt for provenance in read_provenance(Path("sample.json"))]
    ['The cat']

    Raises:
        ConfigError: the file cannot be read, or holds something else.
        RunError: it was written by a version of seqgen that samples differently.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates, which no terminal can show
        items = value if isinstance(value, list) else [value]
        if not items:
            raise ValueError("it holds no sample")
        return [_read_item(item) for item in items]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, ConfigError) as error:
        raise ConfigError(f"{path} is not what `seqgen sample --json` writes ({error})") from None


def _read_item(item: Any) -> Provenance:
    if "model_sha256" in item and item.get("scheme") != _SCHEME:
        raise RunError(
            "the sample was written by a version of seqgen that samples differently: this version cannot reproduce it"
        )
    request = {name: item[name] for name in _REQUEST_FIELDS if name in item or name not in _ADDED_FIELDS}
    options = {_RENAMED_OPTIONS.get(name, name): value for name, value in item["options"].items()}
    return Provenance(
        config=SamplingConfig(**_field_values(SamplingConfig, options)),
        request=SamplingRequest(**_field_values(SamplingRequest, request)),
        item=item,
        **_field_values(Provenance, {name: item[name] for name in _OWN_FIELDS if name in item or name != "source"}),
    )


def _field_values(record: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values from JSON as values of a record's fields. JSON has lists in place of tuples.

    Raises:
        ValueError: the record has no such field, or the field has another type.
    """
    hints = typing.get_type_hints(record)
    for name, value in values.items():
        if name not in hints:
            raise ValueError(f"unknown option {name}")
        if not _has_type(value, hints[name]):
            raise ValueError(f"{name} is {reprlib.repr(value)}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _has_type(value: Any, hint: Any) -> bool:
    """Whether a value from JSON can be that of a field with this annotation."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return any(_has_type(value, argument) for argument in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, list) and all(_has_type(part, arguments[0]) for part in value)
    if origin is collections.abc.Mapping:
        return isinstance(value, dict) and all(_has_type(part, arguments[1]) for part in value.values())
    if hint in (int, float):
        is_number = isinstance(value, int | hint) and not isinstance(value, bool)
        return is_number and abs(value) <= sys.float_info.max
    return isinstance(value, hint)
