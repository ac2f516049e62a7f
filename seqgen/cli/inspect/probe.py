"""`seqgen inspect probe`: how well each kind of model learns to remember."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.options import ProbeOptions
from seqgen.cli.shared.length_pictures import LengthAxes, LengthCurve, draw_lengths_as_png, draw_lengths_in_terminal
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.render import count, print_json, print_left_out, print_prose, print_table
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written

if TYPE_CHECKING:
    from seqgen.inspection.probes import Probe
    from seqgen.inspection.probing import ProbeResult

_EXAMPLE_DISTANCE = 12


def probe(options: ProbeOptions) -> None:
    """Train small models on a task that needs memory. Counts their right answers at every distance.

    copy: letters after a pause. adding: two digits of a long row. brackets: what is open must close. counting: as many
    b as a. The models begin from nothing and have about 20,000 parameters each.
    """
    require_at_least(options, 1, "steps")
    path = require_picture(options.out)
    with starting():
        from seqgen.inspection.probes import PROBES
        from seqgen.inspection.probes.contenders import parse_contenders
        from seqgen.inspection.probing import N_STEPS, run_probe

    task = PROBES[options.task]
    contenders = parse_contenders(options.cell, options.set_)
    n_steps = N_STEPS if options.steps is None else options.steps
    results = list(run_probe(task, contenders, n_steps=n_steps, at=options.at, seed=options.seed))
    with written(path, lambda: _draw(task, results)) as picture:
        if not options.as_json:
            _print(task, results)
            return
        print_json(
            {
                "task": task.name,
                "chance": task.chance_among(len(results[0].accuracy)),
                "picture": picture and str(picture),
                "models": [result.to_json() for result in results],
            }
        )


def _print(task: Probe, results: Sequence[ProbeResult]) -> None:
    print_prose(f"{task.name}: {task.task}, as in {task.example(_EXAMPLE_DISTANCE)}")
    drawn = draw_or_note(
        lambda: draw_lengths_in_terminal(_curves(results), f"right answers in %, by {task.distance}"), name="the curves"
    )
    if drawn:
        print(f"{drawn}\n")
    distances = list(results[0].accuracy)
    rows = [
        [
            result.name,
            count(result.n_parameters),
            count(result.n_steps),
            *(f"{100 * estimate.value:.0f} %" for estimate in result.accuracy.values()),
        ]
        for result in results
    ]
    header = ["model", "params", "steps", *map(count, distances)]
    print_left_out(print_table(header, rows, n_left=1, droppable=("steps", *header[4:-1:2])))
    print_prose(f"columns: {task.distance}; chance: {100 * task.chance_among(len(distances)):.0f} %")
    for result in results:
        if result.has_diverged:
            print_prose(f"{result.name}: the training diverged after {count(result.n_steps)} steps")


def _curves(results: Sequence[ProbeResult]) -> list[LengthCurve]:
    return [
        LengthCurve(
            label=result.name,
            lengths=list(result.accuracy),
            ys=[100 * estimate.value for estimate in result.accuracy.values()],
            group=number,
        )
        for number, result in enumerate(results)
    ]


def _draw(task: Probe, results: Sequence[ProbeResult]) -> bytes:
    axes = LengthAxes(
        title=f"{task.name}: {task.task}",
        x_label=task.distance,
        y_label="right answers, %",
        level=(100 * task.chance_among(len(results[0].accuracy)), "chance"),
        limits=(-2.0, 102.0),
    )
    return draw_lengths_as_png(_curves(results), axes)
