"""What a sample was made with, so that it can be made again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.config import Device, SamplingConfig
from seqgen.errors import ConfigError, RunError

if TYPE_CHECKING:
    from seqgen.run import SavedModel


_SCHEME = 2  # to be raised when the same options would draw another text


@dataclass(frozen=True)
class Provenance:
    """All that decides a text."""

    run: str
    model_sha256: str
    prompt: str
    config: SamplingConfig
    length: int
    count: int
    best_of: int
    device: Device
    sample: int
    item: dict[str, Any]
    """As it stood in the file."""

    def require_model(self, sha256: str) -> None:
        """See to it that a text is written by the model that wrote it.

        Raises:
            RunError: it is another.
        """
        if sha256 != self.model_sha256:
            raise RunError(
                f"the sample was made by the model {self.model_sha256[:12]}, and this one is {sha256[:12]}: "
                "name the run that made it"
            )


def provenance_of(
    model: SavedModel, prompt: str, config: SamplingConfig, *, length: int, count: int, best_of: int, device: Device
) -> dict[str, Any]:
    """The part of a sample's JSON that decides its text."""
    return {
        "run": str(model.path.absolute()),
        "model_sha256": model.sha256,
        "prompt": prompt,
        "length": length,
        "count": count,
        "best_of": best_of,
        "device": device,
        "scheme": _SCHEME,
        "options": asdict(config),
    }


def read_provenance(path: Path) -> list[Provenance]:
    """The samples of a file that `seqgen sample --json` wrote: a list, or one of them.

    Raises:
        ConfigError: it cannot be read, or is something else.
        RunError: another version of seqgen drew it.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        items = value if isinstance(value, list) else [value]
        if not items:
            raise ValueError("it holds no sample")
        return [_read(item) for item in items]
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{path} is not what `seqgen sample --json` writes ({error})") from None


def _read(item: dict[str, Any]) -> Provenance:
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in item["options"].items()
    }
    if "model_sha256" in item and item.get("scheme") != _SCHEME:
        raise RunError("the sample was drawn by a version of seqgen that draws otherwise: it cannot be made again")
    names = ("run", "model_sha256", "prompt", "length", "count", "best_of", "device", "sample")
    return Provenance(item=item, config=SamplingConfig(**options), **{name: item[name] for name in names})
