"""`seqgen race`: every cell on one text for the same time, in one table and one picture."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, final

import typer

from seqgen.cli.shared.options import (
    DeviceOption,
    DocumentsOption,
    EncodingOption,
    TextArgument,
    TokenizerOption,
    ValidOption,
    VocabSizeOption,
    WordSplitOption,
    given_options,
    option,
)
from seqgen.cli.shared.pictures import (
    Curve,
    draw_as_png,
    draw_in_terminal,
    picture_run,
    training_curve,
    validation_curve,
)
from seqgen.cli.shared.render import count, duration, make_table, note, print_json, print_table
from seqgen.cli.shared.signals import stop_requests
from seqgen.cli.train.request import training_request
from seqgen.config import DEFAULT_MINUTES
from seqgen.durable import write_bytes

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from seqgen.cli.shared.signals import StopRequest
    from seqgen.run import History, Report
    from seqgen.training import Session, TrainingRequest, Verdict

_REFRESH_EVERY_S = 0.25
_SMOOTHED_STEPS = 20


def race(
    ctx: typer.Context,
    texts: TextArgument,
    minutes: Annotated[float, option("The time of each cell.")] = DEFAULT_MINUTES,
    equal: Annotated[Literal["time", "parameters"], option("time: each cell at the shape that suits it; parameters: as many as the default cell has.")] = "time",
    tokenizer: TokenizerOption = "char",
    vocab_size: VocabSizeOption = None,
    word_split: WordSplitOption = None,
    documents: DocumentsOption = None,
    valid: ValidOption = None,
    encoding: EncodingOption = "utf-8",
    seed: Annotated[int | None, option("The same seed for every cell.")] = None,
    device: DeviceOption = "auto",
    set_: Annotated[list[str] | None, option("A field that every cell has.", "--set", metavar="FIELD=VALUE")] = None,
    out: Annotated[str | None, option("Folder of runs and picture; checkpoints/ if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Train every cell on a text for the same time, one after the other, and say which predicts it best."""
    from seqgen.training import judge_race, race_requests

    given = {**given_options(ctx), "minutes": minutes}
    for own in ("equal", "as_json"):
        given.pop(own, None)
    runners = [
        _Runner(request) for request in race_requests(training_request(given), equal_parameters=equal == "parameters")
    ]
    with stop_requests() as stop, _Board(runners) as board:
        for runner in runners:
            runner.run(board, stop)
            if stop:
                note(f"stopped; {runner.session.folder} goes on with --resume" if runner.session else "stopped")
                raise typer.Exit(stop.exit_status)
    curves = [curve for runner in runners for curve in runner.curves()]
    title, groups = f"{minutes:g} minutes each", [number // 2 for number in range(len(curves))]
    picture = _picture_path(texts[0], out)
    write_bytes(picture, draw_as_png(curves, title=title, x_label="seconds", groups=groups))
    verdict = judge_race(
        {runner.cell: runner.best_nats for runner in runners},
        {runner.cell: runner.verdict for runner in runners if runner.verdict},
    )
    runners.sort(key=lambda runner: runner.best_nats)
    if as_json:
        print_json({"picture": str(picture), "verdict": verdict, "runs": [runner.to_json() for runner in runners]})
        return
    print_table(_HEADER, [runner.cells() for runner in runners], n_left=1)
    print("validation: nats per token; loss: the same on the training part, dropout included")
    drawn = draw_in_terminal(curves[::2], "loss on the training part, nats per token by second")
    print(f"\n{drawn}\n" if drawn else "")
    print(f"verdict: {verdict}")
    print(f"picture: {picture}")


@final
class _Runner:
    """One cell in the race: its session, and what has come of it so far."""

    def __init__(self, request: TrainingRequest) -> None:
        self._request = request
        self._reports: list[Report] = []
        self._losses: deque[float] = deque(maxlen=_SMOOTHED_STEPS)
        self.session: Session | None = None
        self.verdict: Verdict | None = None

    def run(self, board: _Board, stop: StopRequest) -> None:
        """Train to the end of the time, or to the next Ctrl-C; all is saved either way."""
        from seqgen.training import Session, StepReport, judge

        self.session = Session.start(self._request)
        for line in self.session.record.notes:
            note(f"{self.cell}: {line}")
        save_problem: str | None = None
        for report in self.session.reports():
            self._reports.append(report)
            if isinstance(report, StepReport):
                self._losses.append(report.loss_nats)
            board.refresh()
            if self.session.save_problem != save_problem:
                save_problem = self.session.save_problem
                note(
                    f"{self.cell}: "
                    + (f"not saved, but training continues: {save_problem}" if save_problem else "saved")
                )
            if stop:
                self.session.save()
                return
        self.verdict = judge(self._history)
        picture_run(self.session.folder)
        board.finish(self)

    @property
    def _history(self) -> History:
        from seqgen.run import History

        return History(tuple(self._reports))

    @property
    def cell(self) -> str:
        return str(self._request.cell)

    @property
    def best_nats(self) -> float:
        return self.session.best_nats if self.session else math.inf

    def curves(self) -> list[Curve]:
        """Training and validation over time."""
        return [
            training_curve(self._history, "elapsed_s", self.cell),
            validation_curve(self._history, "elapsed_s", f"{self.cell}, validation"),
        ]

    def cells(self) -> list[str]:
        """A row of the table."""
        if self.session is None:
            return [self.cell, *[""] * (len(_HEADER) - 1)]
        session = self.session
        loss = sum(self._losses) / len(self._losses) if self._losses else math.nan
        return [
            self.cell,
            str(session.record.model.d_model),
            count(session.n_parameters),
            count(session.step),
            f"{session.epoch:.1f}",
            count(session.tokens_per_s),
            f"{loss:.3f}",
            f"{session.best_nats:.4f}" if math.isfinite(session.best_nats) else "",
            duration(session.elapsed_s) if self.verdict is None else self.verdict.kind,
        ]

    def to_json(self) -> dict[str, Any]:
        """What the race found out about this cell."""
        assert self.session is not None
        session = self.session
        return {
            "cell": self.cell,
            "run": str(session.folder),
            "d_model": session.record.model.d_model,
            "n_parameters": session.n_parameters,
            "steps": session.step,
            "epochs": session.epoch,
            "tokens_per_s": session.tokens_per_s,
            "valid_nats_per_token": session.best_nats if math.isfinite(session.best_nats) else None,
            "verdict": self.verdict and self.verdict.text,
        }


_HEADER = ["cell", "width", "parameters", "steps", "epochs", "tokens/s", "loss", "validation", ""]


@final
class _Board:
    """The live table on a terminal, a line for each finished cell elsewhere; on stderr."""

    def __init__(self, runners: Sequence[_Runner]) -> None:
        self._runners = runners
        self._live: Live | None = None
        self._drawn_at = 0.0

    def __enter__(self) -> _Board:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, highlight=False)
            self._live = Live(self._table(), console=console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def refresh(self) -> None:
        """Show what the running cell has reached, now and then: the time is the cell's own."""
        if self._live is not None and time.monotonic() - self._drawn_at > _REFRESH_EVERY_S:
            self._drawn_at = time.monotonic()
            self._live.update(self._table())

    def finish(self, runner: _Runner) -> None:
        """Show a cell's result."""
        if self._live is not None:
            self._live.update(self._table())
        else:
            note("  ".join(f"{name} {value}" for name, value in zip(_HEADER, runner.cells(), strict=True)).strip())

    def _table(self) -> Table:
        return make_table(_HEADER, [runner.cells() for runner in self._runners], n_left=1)


def _picture_path(text: str, out: str | None) -> Path:
    from seqgen.run import default_folder

    if out is not None:
        return Path(out) / "race.png"
    return default_folder(text, "race", datetime.now(timezone.utc)).with_suffix(".png")
