"""A bar for a training run that a program starts: in a notebook and on a terminal, and nowhere else."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from seqgen.waiting import Wait

if TYPE_CHECKING:
    from seqgen.run import Report

_FORMAT = "{percentage:3.0f}%|{bar}| {desc}"
_SMOOTHING = 0.05
"""Weight of the latest step in the running mean of the loss."""


@final
class TrainingBar:
    """Shows how far a training run is; a context, at whose end the bar disappears.

    `is_wanted` is None for a bar where somebody can see it.

    >>> with TrainingBar(is_wanted=False) as bar:
    ...     bar.show_wait(None)
    """

    def __init__(self, *, is_wanted: bool | None) -> None:
        self._bar = _new_bar() if (has_viewer() if is_wanted is None else is_wanted) else None
        self._loss: float | None = None
        self._validated = ""

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, report: Report) -> None:
        """Show one report."""
        if self._bar is None:
            return
        from seqgen.run import StepReport, ValidationReport

        if isinstance(report, ValidationReport):
            bits, nats = report.bits_per_character, report.nats_per_token
            score = f"{nats:.3f} nats/token" if bits is None else f"{bits:.3f} bits/char"
            self._validated = f", validation {score}"
            self._bar.set_description_str(self._described(report.step))
        elif isinstance(report, StepReport):
            old = report.loss_nats if self._loss is None else self._loss
            self._loss = old + _SMOOTHING * (report.loss_nats - old)
            self._bar.set_description_str(self._described(report.step), refresh=False)
            self._bar.update(min(report.fraction, 1.0) - self._bar.n)

    def show_wait(self, wait: Wait | None) -> None:
        """Say what takes time before, between and after the steps."""
        if self._bar is not None and wait is not None:
            self._bar.set_description_str(wait.what)

    def _described(self, step: int) -> str:
        loss = "" if self._loss is None else f", loss {self._loss:.3f} nats/token"
        return f"step {step}{loss}{self._validated}"


def has_viewer() -> bool:
    """Whether this is a notebook or a terminal.

    >>> has_viewer() in (True, False)
    True
    """
    return is_notebook() or sys.stderr.isatty()


def is_notebook() -> bool:
    """Whether a kernel of Jupyter runs this program.

    >>> is_notebook()
    False
    """
    python: Any = sys.modules.get("IPython")
    shell = None if python is None else python.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def _new_bar() -> Any:
    with warnings.catch_warnings():  # without ipywidgets, the bar is drawn with characters, which is good enough
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    return tqdm(total=1.0, bar_format=_FORMAT, dynamic_ncols=True, leave=False)
