"""`seqgen inspect ball`: how well a ball can be predicted from one position, from two, and from its whole path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from seqgen.cli.inspect.ball_drawing import LEGEND, draw_ball_in_terminal
from seqgen.cli.inspect.options import BallOptions
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import count, print_json, print_prose, print_table
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.ball.report import BallReport, Guesses

_HEADER = ("seen", "off by", "at best", "right", "at best", "nats", "at best")


def ball(options: BallOptions) -> None:
    """Let a small model learn how a ball flies. Predicts it from one position, from two, and from the whole path.

    The ball flies in a box and is seen as a cell of a grid, one token a step. Beside the model stands the best guess
    that anyone could make from the same positions.
    """
    require_at_least(options, 1, "steps")
    path = require_picture(options.out)
    with starting():
        from seqgen.inspection.ball.motion import Box
        from seqgen.inspection.ball.predicting import measure_ball
        from seqgen.inspection.ball.report import BallConfig
        from seqgen.inspection.probes.contenders import Contender

    contender = Contender.parse(options.cell)
    config = BallConfig(box=Box(gravity=options.gravity), n_steps=options.steps, seed=options.seed)
    report = measure_ball(contender, config)
    with written(path, lambda: _draw(report)) as picture:
        if options.as_json:
            print_json({**report.to_json(), "picture": picture and str(picture)})
        else:
            _print_report(report)


def _draw(report: BallReport) -> bytes:
    from seqgen.cli.inspect.ball_pictures import draw_ball_as_png

    return draw_ball_as_png(report)


def _print_report(report: BallReport) -> None:
    for sentence in introduction(report):
        print_prose(sentence)
    if drawn := draw_ball_in_terminal(report):
        print(f"\n{drawn}")
        print_prose(LEGEND)
    print()
    rows = [[count(n_seen), *_pairs(guesses, report.by_best[n_seen])] for n_seen, guesses in report.by_model.items()]
    print_table(_HEADER, rows, n_left=0)
    for sentence in conclusions(report):
        print_prose(sentence)


def _pairs(model: Guesses, best: Guesses) -> Iterator[str]:
    """The cells of a row: each number of the model, and beside it that of the best guess."""
    yield from (f"{guesses.off_by:.2f}" for guesses in (model, best))
    yield from (f"{guesses.right:.0%}" for guesses in (model, best))
    yield from (f"{guesses.nats:.2f}" for guesses in (model, best))


def introduction(report: BallReport) -> Iterator[str]:
    """What was done, in sentences."""
    box = report.config.box
    pull = f", gravity {box.gravity:g}" if box.gravity else ""
    yield (
        f"a ball in a box of {box.width} x {box.height} cells{pull}; each cell is a token; it flies up to "
        f"{box.speed:g} cells per step in each direction"
    )
    yield f"{report.name}: {count(report.n_parameters)} parameters, {count_of(report.n_steps, 'step')} of training"
    if report.has_diverged:
        yield f"the training diverged after {count_of(report.n_steps, 'step')}: try a smaller learning_rate"


def conclusions(report: BallReport) -> Iterator[str]:
    """What the columns are, and what the numbers show."""
    yield (
        f"seen: positions that the model is given; off by: from the mean of its prediction to the next position, in "
        f"cells; right: how often the likeliest cell is the next; mean over {count(report.config.n_paths)} paths; at "
        "best: of a million other balls that were seen in the same cells, where they went next"
    )
    first, *_, last = report.by_model
    reasons: Mapping[int, str] = {
        first: "the direction is unknown, so the best guess is the mean over all directions",
        2: "the direction is known, as well as the grid shows it",
        last: "many cells together tell place and speed more exactly than one cell can",
    }
    for n_seen, reason in reasons.items():
        if n_seen in report.by_model:
            model, best = report.by_model[n_seen].off_by, report.by_best[n_seen].off_by
            yield f"from {count_of(n_seen, 'position')}: off by {model:.2f} cells, at best {best:.2f}; {reason}"
