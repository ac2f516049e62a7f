"""The bar of `seqgen train` on a terminal of 80 columns."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from seqgen.cli.train.progress import ProgressView
from seqgen.run import StepReport, ValidationReport
from seqgen.waiting import Wait, watched
from tests import tiny, tiny_pairs


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("elapsed_s", "shown"),
    [(9.0, ["8m 51s left", " nats)", " tokens/s"]), (90_000.0, ["61 days left", "5.771 bits/char"])],
)
def test_the_bar_fits_and_cuts_no_number(
    elapsed_s: float, shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    session = tiny.start(tmp_path / "run")
    view = ProgressView(session)
    view.show(
        StepReport(
            step=1, n_tokens=1, loss_nats=4.0, grad_norm=1.0, rate_share=1.0, elapsed_s=elapsed_s, fraction=1 / 60
        )
    )
    view.show(
        ValidationReport(
            step=123_456,
            nats_per_token=4.0,
            bits_per_character=5.77,
            is_best=True,
            is_average=True,
            took_s=1.0,
            elapsed_s=elapsed_s,
        )
    )
    assert terminal.getvalue().endswith("\r"), "where the cursor waits, the bar overwrites an echoed ^C"
    lines = terminal.getvalue().replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= 80
    assert any(all(words in line for words in shown) for line in lines)
    assert any(line.startswith("step 123456: validation 5.7700 bits/char, 4.0000 nats/token") for line in lines)
    view.close()
    session.close()


def test_predictions_on_a_terminal_are_escaped_and_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    text = "".join(f"word {n} \x1b{'a' * 20} {'b' * 20}\t{'c' * 12}\x1b{n}\n" for n in range(20))
    session = tiny_pairs.start(tmp_path / "run", text=text, settings={"evaluate_every": 1})
    view = ProgressView(session)
    monkeypatch.setattr(view, "_legible_bits", 100.0)
    for report in session.reports():
        view.show(report)
    view.close()
    shown = [line for line in terminal.getvalue().replace("\r", "\n").splitlines() if line.startswith("  | ")]
    assert shown
    assert max(map(len, shown)) <= 80
    assert "\x1b" not in "".join(shown)
    assert r"\x1baaaa" in "".join(shown)


def test_where_there_is_no_bar_only_the_first_step_is_a_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[Wait | None] = []
    monkeypatch.setattr("seqgen.cli.train.progress.WaitLine", lambda: waits.append)
    session = tiny.start(tmp_path / "run")
    view = ProgressView(session)
    with watched(view.show_wait):
        for report in session.reports():
            view.show(report)
    view.close()
    n_tokens = session.record.training.n_streams * session.record.training.window
    assert waits == [Wait(f"taking the first step, of {n_tokens} tokens"), None]
