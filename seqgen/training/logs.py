"""Where the reports of a training run may go besides the run folder: TensorBoard, or a function of the user's own."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, final

from seqgen.errors import ConfigError
from seqgen.run import Report, StepReport, ValidationReport


class Log(Protocol):
    """Anything that takes the reports of a training run, one after the other."""

    def write(self, report: Report) -> None:
        """Take the next report."""


LogOpener = Callable[[Path, int], Log]
"""Makes a log from the run folder and the step after which training continues, which is 0 for a new run."""


@final
class TensorBoardLog:
    """Curves in the run folder. `tensorboard --logdir checkpoints` shows those of all runs side by side.

    When a run is resumed, TensorBoard hides what was written after the step at which it continues.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        try:
            str(folder).encode()
        except UnicodeEncodeError:
            raise ConfigError(
                f"--log tensorboard cannot write into {folder}, whose name is not UTF-8: choose another with --out"
            ) from None
        self._writer: Any = SummaryWriter(folder, purge_step=step + 1 if step else None)

    def write(self, report: Report) -> None:
        for name, value in _scalars(report).items():
            self._writer.add_scalar(name, value, report.step)
        self._writer.flush()  # training may stop after any report


def _scalars(report: Report) -> dict[str, float]:
    if isinstance(report, StepReport):
        return {
            "train/loss_nats": report.loss_nats,
            "train/grad_norm": report.grad_norm,
            "train/rate_share": report.rate_share,
        }
    if not isinstance(report, ValidationReport):
        return {}
    bits = report.bits_per_character
    return {
        "valid/nats_per_token": report.nats_per_token,
        **({} if bits is None else {"valid/bits_per_character": bits}),
    }


def log_opener(name: str) -> LogOpener:
    """The function that opens a log: give `tensorboard`, or `module:function` for a function of your own.

    Raises:
        ConfigError: there is no such function, it takes other arguments, or a package that it needs is not installed.

    >>> log_opener("tensorboard")
    <class 'seqgen.training.logs.TensorBoardLog'>
    >>> log_opener("diary")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: --log diary: give tensorboard, or the name of a function as MODULE:FUNCTION
    """
    if name == "tensorboard":
        if importlib.util.find_spec("tensorboard") is None:
            raise ConfigError("--log tensorboard needs another package: pip install tensorboard")
        return TensorBoardLog
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ConfigError(f"--log {name}: give tensorboard, or the name of a function as MODULE:FUNCTION")
    try:
        opener: LogOpener = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"--log {name}: {error}") from None
    if not callable(opener):
        raise ConfigError(f"--log {name}: that is not a function")
    if not _takes_folder_and_step(opener):
        raise ConfigError(f"--log {name}: the function must take two arguments, the run folder and the step")
    return opener


def _takes_folder_and_step(opener: LogOpener) -> bool:
    try:
        inspect.signature(opener).bind(Path(), 0)
    except TypeError:
        return False
    except ValueError:  # some functions written in C do not say what they take
        return True
    return True
