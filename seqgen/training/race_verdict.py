"""What the end of a race says, in words: which cell is the best, and which might catch up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from seqgen.training.verdict import MIN_NATS, Verdict, least_clear_share


def judge_race(
    scores: Mapping[str, float],
    verdicts: Mapping[str, Verdict],
    *,
    n_tokens: int | None = None,
    errors: Mapping[str, float] | None = None,
    unit: str = "bits per character",
) -> str:
    """Which cell predicts a text best, by how much, and which might catch up.

    By a rule of thumb, `least_clear_share`: the reports of a race hold one sum for each validation, without blocks.

    Args:
        scores: in `unit`, by cell; infinite for a cell that was not validated.
        verdicts: by cell.
        n_tokens: how many tokens each was validated on.
        errors: the standard errors of scores that are means over several seeds.
        unit: what the scores are counted in.

    >>> converged = Verdict("converged", "")
    >>> judge_race({"gru": 1.5, "lstm": 1.2}, {"gru": converged, "lstm": converged})
    'lstm predicts this text best: 1.2000 bits per character, 20.0% fewer than gru'
    """
    ranking = sorted((cell for cell in scores if math.isfinite(scores[cell])), key=lambda cell: scores[cell])
    if len(ranking) < 2:
        return "fewer than two cells have a score, so there is nothing to compare"
    first, second = ranking[:2]
    lead, by_chance = scores[second] - scores[first], least_clear_share(n_tokens) * scores[second]
    if errors:
        by_chance = max(by_chance, 2 * math.hypot(errors[first], errors[second]))
    if lead < by_chance:
        figures = f"{scores[first]:.4f} and {scores[second]:.4f} {unit}"
        sentences = [f"{first} and {second} cannot be told apart ({figures}): another seed might reverse their order"]
    else:
        share = lead / max(scores[second], MIN_NATS)
        figure = f"{scores[first]:.4f} {unit}, {share:.1%} fewer than {second}"
        sentences = [f"{first} predicts this text best: {figure}"]
    return ". ".join([*sentences, *race_remarks(ranking, verdicts)])


def race_remarks(ranking: Sequence[str], verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    """Which cells of a race might catch up, or have begun to memorise; the best cell comes first.

    >>> list(race_remarks(["gru", "lstm"], {"gru": Verdict("short", ""), "lstm": Verdict("improving", "")}))[1]
    'Still improving at the end, so perhaps closer with more time: lstm'
    """
    for remark, cells, kind in (
        ("Validated too seldom to judge, so race for longer", ranking, "short"),
        ("Still improving at the end, so perhaps closer with more time", ranking[1:], "improving"),
        ("Already memorising the training part", ranking, "overfitting"),
    ):
        names = [cell for cell in cells if verdicts[cell].kind == kind]
        if names:
            yield f"{remark}: {', '.join(names)}"
