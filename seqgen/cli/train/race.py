"""`seqgen race`: trains every planned cell on one text for the same time, and compares them."""

from __future__ import annotations

import math
import shlex
import statistics
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seqgen.cli.shared.loss_curves import common_unit
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.picture_files import draw_or_note, save_picture
from seqgen.cli.shared.pictures import Curve, draw_as_png, draw_in_terminal
from seqgen.cli.shared.render import note, print_json, print_left_out, print_prose, print_table
from seqgen.cli.shared.signals import stop_requests
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.train.closing import next_command
from seqgen.cli.train.options import RaceOptions
from seqgen.cli.train.race_answers import AnsweredPairs, answer_pairs
from seqgen.cli.train.race_board import DROPPABLE, RaceBoard, header_of, pooled_row_of, row_of
from seqgen.cli.train.race_entry import RaceEntry
from seqgen.cli.train.race_memory import memory_to_json, print_race_memories, race_memories
from seqgen.cli.train.request import race_request
from seqgen.waiting import watched

if TYPE_CHECKING:
    from seqgen.training import TrainingRequest


def race(options: RaceOptions) -> None:
    """Find the kind of model for a text or pairs. Each begins from nothing and is trained for the same time."""
    require_at_least(options, 1, "seeds")
    with starting():
        from seqgen.training import race_requests

    requests = race_requests(race_request(options), equal_parameters=options.equal == "parameters")
    teams = [_team(request, options.seeds) for request in requests]
    _train_all([entry for team in teams for entry in team])
    teams.sort(key=_mean_bits)
    answered = answer_pairs(teams) if options.pairs else None
    if answered is not None:
        teams.sort(key=answered.place_of)
    entries, runs = [team[0] for team in teams], [entry for team in teams for entry in team]
    path = _picture_path(options.texts[0], options.out)
    picture = save_picture(path, lambda: _draw(entries, options.minutes))
    verdict = _judge(teams) if answered is None else answered.verdict(entries)
    if options.as_json:
        found = {"picture": picture and str(picture), **memory_to_json(race_memories(entries), path)}
        of_runs = [{**entry.to_json(), **(answered.to_json(entry) if answered else {})} for entry in runs]
        print_json({**found, "verdict": verdict, "runs": of_runs})
        return
    _print_results(teams, answered, verdict=verdict, picture=picture)
    print_race_memories(race_memories(entries), path)
    _note_best(runs, answered)


def _print_results(
    teams: Sequence[Sequence[RaceEntry]], answered: AnsweredPairs | None, *, verdict: str, picture: Path | None
) -> None:
    _print_table(teams, answered)
    _print_curves([team[0] for team in teams])
    print_prose(f"verdict: {verdict}")
    if picture:
        print_prose(f"picture: {picture}")


def _note_best(runs: Sequence[RaceEntry], answered: AnsweredPairs | None) -> None:
    """Say how the best run is used."""
    best = min(runs, key=lambda entry: entry.best_bits) if answered is None else answered.best_of(runs)
    if best.session is not None:
        note(next_command(best.session, "the best"), wraps=False)


def _judge(teams: Sequence[Sequence[RaceEntry]]) -> str:
    """Which cell has the lowest validation loss, or that it cannot be told."""
    from seqgen.training import judge_race

    entries = [team[0] for team in teams]
    return judge_race(
        {team[0].cell: _mean_bits(team) for team in teams},
        {entry.cell: entry.verdict for entry in entries if entry.verdict},
        n_tokens=entries[0].n_validated_tokens,
        errors={team[0].cell: _error(team) for team in teams},
        unit=entries[0].unit.in_words,
    )


def _print_table(teams: Sequence[Sequence[RaceEntry]], answered: AnsweredPairs | None) -> None:
    """Print a row for each cell, and what the columns are."""
    rows = [row_of(team[0]) if len(team) == 1 else pooled_row_of(team) for team in teams]
    entries = [team[0] for team in teams]
    header, n_seeds, unit = header_of(entries), len(teams[0]), entries[0].unit.short
    if answered is not None:
        header.insert(1, answered.heading)
        for row, entry in zip(rows, entries, strict=True):
            row.insert(1, answered.cell_of(entry))
    print_left_out(print_table(header, rows, n_left=1, droppable=DROPPABLE))
    print_prose(
        f"model: cell, layers x width; {unit}: on validation; train: {unit} of the training loss, with dropout"
        + (f"; {answered.explanation}" if answered else "")
        + (f"; ±: standard deviation over {n_seeds} seeds" if n_seeds > 1 else "")
    )


def _print_curves(entries: Sequence[RaceEntry]) -> None:
    unit = common_unit([entry.losses for entry in entries])
    curves = [entry.losses.training_curve(unit, x="elapsed_s", label=entry.cell) for entry in entries]
    title = f"training loss, {unit} over seconds"
    drawn = draw_or_note(lambda: draw_in_terminal(curves, title), name="the curves")
    print(f"\n{drawn}\n" if drawn else "")


def _team(request: TrainingRequest, n_seeds: int) -> list[RaceEntry]:
    """The entries of one cell, one for each seed."""
    first = RaceEntry(request)
    return [first, *(RaceEntry(request, first=first, n=n) for n in range(1, n_seeds))]


def _mean_bits(team: Sequence[RaceEntry]) -> float:
    return statistics.fmean(entry.best_bits for entry in team)


def _error(team: Sequence[RaceEntry]) -> float:
    """The standard error of the mean; 0 for a single run, of which nothing is known."""
    bits = [entry.best_bits for entry in team]
    return statistics.stdev(bits) / math.sqrt(len(bits)) if len(bits) > 1 and math.isfinite(sum(bits)) else 0.0


def _train_all(entries: Sequence[RaceEntry]) -> None:
    """Train one cell after the other. A signal to stop ends the race; what was trained is saved."""
    said: set[str] = set()
    with stop_requests() as stop, RaceBoard(entries) as board, watched(board.show_wait):
        for entry in entries:
            board.begin(entry)
            entry.train(board.refresh, stop, said=said)
            if stop:
                _note_ended(entries)
                raise typer.Exit(stop.exit_status)
            board.finish(entry)


def _note_ended(entries: Sequence[RaceEntry]) -> None:
    """Name the runs that have ended, because the board goes with the race."""
    folders = [shlex.quote(str(entry.session.folder)) for entry in entries if entry.session and entry.verdict]
    if folders:
        note(f"trained to the end: {', '.join(folders)}", wraps=False)


def _draw(entries: Sequence[RaceEntry], minutes: float) -> bytes:
    """The curves of all cells over time; the two of a cell share a colour."""
    unit = common_unit([entry.losses for entry in entries])
    curves: list[Curve] = []
    for entry in entries:
        curves.append(entry.losses.training_curve(unit, x="elapsed_s", label=entry.cell))
        curves.append(entry.losses.validation_curve(unit, x="elapsed_s", label=f"{entry.cell}, validation"))
    groups = [number // 2 for number in range(len(curves))]
    title = f"{minutes:g} minutes each"
    return draw_as_png(curves, title=title, x_label="seconds", y_label=unit, groups=groups)


def _picture_path(text: str, out: str | None) -> Path:
    from seqgen.run import default_folder

    if out is not None:
        return Path(out) / "race.png"
    return default_folder(text, "race", created=datetime.now(timezone.utc)).with_suffix(".png")
