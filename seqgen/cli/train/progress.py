"""How training looks on the screen: a bar on a terminal, plain lines elsewhere, and a short sample now and then."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
import time
from typing import TYPE_CHECKING, final

from tqdm import tqdm

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.render import duration, note, wrap_words
from seqgen.cli.shared.wait_line import TO_LINE_START, WaitLine
from seqgen.cli.train.pause_news import PauseNews
from seqgen.cli.train.save_news import SaveNews
from seqgen.cli.train.score_unit import ScoreUnit
from seqgen.config import PredictionConfig, SamplingConfig, SamplingRequest
from seqgen.errors import RunError
from seqgen.waiting import Wait
from seqgen.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqgen.corpus import Pair
    from seqgen.run import SavedModel
    from seqgen.training import Report, Session, StepReport, ValidationReport

_LINE_EVERY_S = 10.0
"""Seconds between lines where there is no bar."""
_SAMPLE_EVERY = 0.2
"""Share of the budget between two samples."""
_LEGIBLE_BITS = 2.5
"""Bits per character from which on a sample looks like words. Samples of a model that needs more are not shown."""
_SAMPLE_LENGTH = 160
"""Characters of a sample."""
_MOST_SHOWN = 60
"""Characters of a prediction. One that a model does not know how to end can be long."""
_SMOOTHING = 0.05
"""Weight of the latest step in the running mean of the loss."""
_BAR_FORMAT = "{percentage:3.0f}%|{bar}| {desc}" + TO_LINE_START
_BAR_WIDTH = 10
"""Columns that a bar takes at least, with its percentage."""
_MARGIN = "  | "
"""Stands before each line of a sample."""


@final
class ProgressView:
    """Shows the reports of one session on stderr."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._unit = ScoreUnit.of(session)
        self._has_samples = session.source_tokenizer is None or bool(session.corpus.examples)
        """Whether there is something to show. A model of pairs writes nothing without a source."""
        self._started_s, self._started_tokens = session.elapsed_s, session.n_tokens
        self._loss: float | None = None
        self._is_legible = False
        """Whether samples are worth reading, as far as the latest validation or, without validation, the loss says."""
        self._legible_bits = _LEGIBLE_BITS * session.record.corpus.letters_per_character
        self._has_validation = "valid" in session.record.corpus.parts
        self._line_at = -math.inf
        self._wait_line = WaitLine()
        self._sample_at = _SAMPLE_EVERY
        self._save_news, self._pause_news = SaveNews(session), PauseNews(session)
        self._n_threads = self._most_threads = session.n_threads
        self._is_mute = not session.is_first_process
        is_terminal = sys.stderr.isatty() and not self._is_mute
        self._bar = tqdm(total=1.0, bar_format=_BAR_FORMAT, dynamic_ncols=True, leave=False) if is_terminal else None

    def show(self, report: Report) -> None:
        """Show one report. When several processes train together, only the first one shows anything."""
        if self._is_mute:
            return
        from seqgen.training import SetbackReport, StepReport, ValidationReport

        if isinstance(report, StepReport):
            self._show_step(report)
            if self._has_samples and self._is_legible and report.fraction >= self._sample_at:
                self._sample_at = report.fraction + _SAMPLE_EVERY
                self._show_sample()
        elif isinstance(report, ValidationReport):
            self._show_validation(report)
        elif isinstance(report, SetbackReport):
            back = f"the loss went wrong after step {report.step}: back to the state of step {report.good_step}"
            self._print(f"{back}, at {report.rate_share:g} of the learning rates")
        for sentence in filter(None, (self._pause_news.next(), self._save_news.next())):
            self._print(sentence)
        if self._session.n_threads != self._n_threads:
            self._show_threads()

    def show_wait(self, wait: Wait | None) -> None:
        """Say what takes time between two steps. Where there is no bar, the lines about the steps are enough after the
        first of them.
        """
        if self._bar is not None and wait is not None:
            self._bar.set_description_str(escape_controls(wait.what))
        elif self._bar is None and self._loss is None:
            self._wait_line(wait)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()

    def _show_step(self, report: StepReport) -> None:
        old = report.loss_nats if self._loss is None else self._loss
        self._loss = old + _SMOOTHING * (report.loss_nats - old)
        spent_s = max(report.elapsed_s - self._started_s, 1e-9)
        speed = (self._session.n_tokens - self._started_tokens) / spent_s
        left_s = report.elapsed_s * (1 - report.fraction) / max(report.fraction, 1e-9)
        bits = self._unit.bits(self._loss)
        if not self._has_validation:
            self._is_legible = bits <= self._legible_bits
        left, loss = f"{duration(left_s)} left", f"{bits:.3f} {self._unit.short}"
        short, full = f"{left}, {loss}", f"{left}, loss {loss} ({self._loss:.3f} nats), {speed:,.0f} tokens/s"
        if self._bar is not None:
            room = shutil.get_terminal_size().columns - _BAR_WIDTH
            fitting = next((text for text in (full, short, left) if len(text) <= room), "")  # no number is cut
            self._bar.set_description_str(fitting, refresh=False)
            self._bar.update(report.fraction - self._bar.n)
        elif time.monotonic() - self._line_at >= _LINE_EVERY_S:
            self._line_at = time.monotonic()
            note(f"step {report.step}: {full}")

    def _show_validation(self, report: ValidationReport) -> None:
        unit, nats = self._unit, report.nats_per_token
        self._is_legible = unit.bits(nats) <= self._legible_bits
        bits = unit.validated_bits(nats, report.bits_per_character)
        score = ("" if bits is None else f"{bits:.4f} {unit.short}, ") + f"{nats:.4f} nats/{unit.token}"
        best = ", best so far" if report.is_best else ""
        best += " (average)" if report.is_best and report.is_average else ""
        self._print(f"step {report.step}: validation {score}{best}")

    def _show_sample(self) -> None:
        model, examples = self._session.snapshot(), self._session.corpus.examples
        try:
            lines = _predicted_lines(model, examples) if examples else _written_lines(model)
        except RunError:  # the training is diverging, and will end with a message
            return
        if self._bar is not None:
            width = shutil.get_terminal_size().columns - len(_MARGIN)
            lines = [part for line in lines for part in textwrap.wrap(line, width) or [""]]
        self._print(*(_MARGIN + line for line in lines))

    def _show_threads(self) -> None:
        """Say that training uses fewer threads because the machine is busy, or more because it is no longer."""
        self._n_threads = self._session.n_threads
        threads = count_of(self._n_threads, "thread")
        is_busy = self._n_threads < self._most_threads
        self._print(f"other programs are busy here: training with {threads}" if is_busy else f"training with {threads}")

    def _print(self, *lines: str) -> None:
        if self._bar is not None:
            self._bar.write("\n".join(wrap_words(escape_controls(line)) for line in lines), file=sys.stderr)
            return
        for line in lines:
            note(line)


def _written_lines(model: SavedModel) -> list[str]:
    """What a model of texts writes from nothing."""
    from seqgen.sampling import TextStream, fit_prompt

    prompt, request = fit_prompt("", model.tokenizer), SamplingRequest(length=_SAMPLE_LENGTH)
    stream = TextStream(model, prompt, config=SamplingConfig(), request=request)
    return "".join(piece.text for piece in stream).splitlines()


def _predicted_lines(model: SavedModel, examples: Sequence[Pair]) -> list[str]:
    """What a model of pairs predicts from some sources, and the right target where it is another one."""
    from seqgen.sampling import Predictor

    predictor = Predictor(model, PredictionConfig(beam=1))
    found = [predictions[0].target for predictions in predictor.predict([pair.source for pair in examples])]
    lines = []
    for pair, target in zip(examples, found, strict=True):
        shown = f"{pair.source} → {target if len(target) <= _MOST_SHOWN else target[:_MOST_SHOWN] + '…'}"
        lines.append(escape_controls(shown if target == pair.target else f"{shown} (right: {pair.target})"))
    return lines
