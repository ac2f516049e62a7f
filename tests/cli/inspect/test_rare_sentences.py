"""Sentences of `seqgen inspect` about what few models do: training that diverges, gradients of 0, many heads."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.color import ColorSystem

from seqgen.cli.inspect import attention, depth, flow_tables, probe, units
from seqgen.cli.inspect.ball import introduction
from seqgen.cli.inspect.flow_pictures import draw_flows
from seqgen.cli.inspect.unit_shading import UnitShading
from tests.cli.inspect.test_ball import report_of


def flow(*, states: list[float], share: float = 1.0, stretch: Any = None, copied: float | None = None) -> Any:
    """A stand-in for a measured gradient at lags 1, 2 and so on."""
    lags = list(range(1, len(states) + 1))
    relative = [state / states[0] if states[0] else 0.0 for state in states]
    norms = SimpleNamespace(
        lags=lags,
        states=states,
        relative=relative,
        clipped_share=share,
        weights=5.0,
        clip_norm=1.0,
        falls_below=lambda ratio: None,
    )
    return SimpleNamespace(
        norms=norms, network="rnn", text="a text", is_trained=True, stretch=stretch, share_copied=copied
    )


STRETCH = SimpleNamespace(lags=[1, 2, 3], values=[1.0, 2.0, 4.0], bounds=None, is_exact=False)


def sentences(*flows: Any) -> str:
    return " ".join(flow_tables._sentences(["rnn"] * len(flows), flows))


def test_a_gradient_of_0_at_every_lag_is_explained() -> None:
    assert "0 at every lag, because with these weights no position reads another" in sentences(flow(states=[0.0, 0.0]))


def test_singular_values_by_power_iteration_are_called_so() -> None:
    assert "power iteration" in sentences(flow(states=[1.0, 0.5], stretch=STRETCH))
    assert "power iteration" not in sentences(flow(states=[1.0, 0.5]))


def test_a_network_without_singular_values_has_no_row_of_them() -> None:
    assert list(flow_tables._stretch_rows("gru", None, [1, 2])) == []
    assert [row[0] for row in flow_tables._stretch_rows("gru", STRETCH, [1, 2])] == ["gru"]  # type: ignore[arg-type]


def test_clipped_gradients_are_drawn_beside_others_with_or_without_singular_values() -> None:
    clipped, plain = flow(states=[1.0, 0.5, 0.2], share=0.3), flow(states=[1.0, 0.5, 0.2])
    pictures = [
        draw_flows([clipped]),
        draw_flows([plain]),
        draw_flows([clipped, flow(states=[1.0, 0.5, 0.2], stretch=STRETCH)]),
    ]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(set(pictures)) == 3


def test_a_ball_whose_training_diverged_is_explained() -> None:
    report = report_of({1: [0, 0.3, 0.35, 0, 0.02, 0.33]}, cells=(0, 1, 5))
    assert "diverged after 9 steps: try a smaller learning_rate" in " ".join(
        introduction(replace(report, has_diverged=True, n_steps=9))
    )
    assert "diverged" not in " ".join(introduction(report))


def test_a_probe_whose_training_diverged_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    task: Any = SimpleNamespace(
        name="copy", task="say it again", distance="symbols between", example=str, chance_among=lambda n: 0.125
    )
    results: Any = [
        SimpleNamespace(
            name=name,
            n_parameters=9,
            n_steps=7,
            accuracy={4: SimpleNamespace(value=0.5, low=0.4, high=0.6)},
            has_diverged=name == "rnn",
        )
        for name in ("rnn", "gru")
    ]
    probe._print(task, results)
    shown = capsys.readouterr().out
    assert "rnn: the training diverged after 7 steps" in shown
    assert "gru: the training diverged" not in shown


def test_one_depth_alone_is_ahead_of_none() -> None:
    result: Any = SimpleNamespace(n_parameters=100, n_layer=2, mean_bits=2.0)
    config: Any = SimpleNamespace(cell="lstm", n_steps=5, n_seeds=1)
    (only,) = depth._sentences([result], config)
    assert only.startswith("lstm, 5 steps")


def test_a_model_without_gates_has_no_table_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    report: Any = SimpleNamespace(gates=())
    units._print_gates(report)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("system", "word"), [(None, "bars"), (ColorSystem.EIGHT_BIT, "colours")])
def test_the_legend_tells_what_is_high(system: ColorSystem | None, word: str) -> None:
    legend = UnitShading(system).legend()
    assert legend.startswith(f"{word}: ")
    assert "high" in legend


class Head(SimpleNamespace):
    """A stand-in that can be in a set."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


def test_heads_that_have_no_room_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    def head(name: str) -> Any:
        values = {"distance": 1.0, "itself": 0.1, "previous": 0.1, "induction": None, "entropy_bits": 2.0}
        return Head(name=name, kind=lambda chance: "", **values)

    heads = [head(f"0:{number}") for number in range(attention._MOST_ROWS + 2)]
    report: Any = SimpleNamespace(
        text_name="a text", heads=heads, chance=head("all"), repeats=None, of_kind=lambda kind: []
    )
    attention._print_report(report)
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 other heads: --json has all" in shown
    assert "induction cannot be measured: the model sees or knows too few tokens" in shown
