"""Where else a training is written down: anything with one method that takes its reports."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, final

from seqgen.errors import ConfigError
from seqgen.run import EndReport, Report, StepReport


class Log(Protocol):
    """What reads along."""

    def write(self, report: Report) -> None:
        """Take the next report of a training."""


LogOpener = Callable[[Path, int], Log]
"""From the run folder and the step after which the training goes on (0 for a new one)."""


@final
class TensorBoardLog:
    """Scalars in the run folder: `tensorboard --logdir checkpoints` shows all runs side by side.

    What a stopped training had written beyond the step from which it goes on is hidden.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(folder, purge_step=step + 1 if step else None)

    def write(self, report: Report) -> None:
        for name, value in _scalars(report).items():
            self._writer.add_scalar(name, value, report.step)
        self._writer.flush()  # a training may be stopped after any report


def _scalars(report: Report) -> dict[str, float]:
    if isinstance(report, EndReport):
        return {}
    if isinstance(report, StepReport):
        return {
            "train/loss_nats": report.loss_nats,
            "train/grad_norm": report.grad_norm,
            "train/rate_share": report.rate_share,
        }
    bits = report.bits_per_character
    return {
        "valid/nats_per_token": report.nats_per_token,
        **({} if bits is None else {"valid/bits_per_character": bits}),
    }


def log_opener(name: str) -> LogOpener:
    """By its name: `tensorboard`, or `module:function` of one's own.

    Raises:
        ConfigError: there is no such log, or the package that it needs.
    """
    if name == "tensorboard":
        if importlib.util.find_spec("tensorboard") is None:
            raise ConfigError("--log tensorboard needs a package more: pip install tensorboard")
        return TensorBoardLog
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ConfigError(f"--log {name}: it is tensorboard, or module:function of your own")
    try:
        opener: LogOpener = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"--log {name}: {error}") from None
    if not callable(opener):
        raise ConfigError(f"--log {name}: that is no function")
    return opener
