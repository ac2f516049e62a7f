"""The criteria as one table of three models, and a sentence for each criterion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.memory_report import describe
from seqgen.cli.shared.render import count, print_prose, print_table
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.criteria import Criteria
    from seqgen.inspection.model_criteria import Criterion, ModelCriteria

_Show = Callable[["ModelCriteria"], str]
_VERDICTS = {True: "yes", False: "no", None: "unclear"}
"""What the table says of a criterion that is met, that is not, and of which the text is too short to tell."""


def print_criteria(criteria: Criteria) -> None:
    """The table and the sentences."""
    rows: list[list[str]] = []
    bold = []
    for criterion, measures in _measures(criteria).items():
        bold.append(len(rows))
        rows.append([criterion, *(_VERDICTS[model.verdicts[criterion]] for model in criteria.models)])
        rows += [[f"  {name}", *map(show, criteria.models)] for name, show in measures.items()]
    names = [model.name for model in criteria.models]
    print_table(["criterion", *names], rows, n_left=1, bold=bold)
    for sentence in sentences_of(criteria):
        print_prose(sentence)


def _measures(criteria: Criteria) -> dict[Criterion, dict[str, _Show]]:
    """Criterion -> the name of each of its numbers, and how a model's number is written."""
    from seqgen.inspection.model_criteria import WINDOW

    lengths = criteria.memory.nothing.lengths
    bits = f"bits/{'char' if criteria.memory.unit == 'character' else 'token'}"
    return {
        "variable length": {
            f"tokens that count, of {count(lengths[-1])} given": lambda model: count(model.most_counting),
            f"{bits}, given 1 token": lambda model: f"{model.curve.means[0]:.3f}",
            f"{bits}, given {count(lengths[-1])}": lambda model: f"{model.curve.means[-1]:.3f}",
        },
        "order": {
            f"{bits} lost, last {number} mixed": _lost(place)
            for place, number in enumerate(criteria.models[0].order.shuffled)
            if number in (2, WINDOW)
        },
        "long-term dependencies": {
            f"{bits} gained beyond {WINDOW} tokens": lambda model: _exact(model.far_gain),
            "  ±": lambda model: _exact(model.far_plus_minus),
        },
        "shared parameters": {
            "letters named at trained places": lambda model: f"{100 * model.right_where_trained.value:.0f} %",
            "letters named at new places": lambda model: f"{100 * model.right_elsewhere.value:.0f} %",
            "parameters": lambda model: count(model.n_parameters),
            "  more for each further token": lambda model: count(model.n_per_token),
        },
    }


def _lost(place: int) -> _Show:
    return lambda model: _exact(model.order.means[place])


def _exact(bits: float) -> str:
    """Bits with three decimals; 0 only if they are exactly 0."""
    return "0" if bits == 0 else f"{bits:.3f}"


def sentences_of(criteria: Criteria) -> Iterator[str]:
    """What the numbers mean, a sentence for each criterion."""
    run, window, bag = criteria.models
    lengths, width, unit = criteria.memory.nothing.lengths, window.most_counting, criteria.memory.unit
    yield (
        f"all predict the same {criteria.memory.n_tokens:,} tokens of {criteria.memory.text}; {window.name} and "
        f"{bag.name} learned for {count_of(criteria.n_steps, 'step')} on the training part, and {run.name} was trained "
        f"on windows of {criteria.trained_window:,} tokens"
    )
    yield (
        f"variable length: whatever stands more than {width} tokens back, the fixed window predicts the same; the bag "
        f"reads all, and what {run.name} predicts depends on the last {run.most_counting:,} of {lengths[-1]:,}"
    )
    n_mixed, lost = run.order.shuffled[-1], run.order.means[-1]
    yield (
        f"order: the bag predicts exactly the same in any order; if the last {n_mixed} tokens are mixed, {run.name} "
        f"loses {lost:.3f} bits per {unit}"
    )
    gained = "gains" if run.far_gain >= 0 else "loses"
    yield (
        f"long-term dependencies: by what is more than {width} tokens back, {run.name} {gained} "
        f"{abs(run.far_gain):.3f} ± {run.far_plus_minus:.3f} bits per {unit}; it {describe(criteria.memory)}"
    )
    yield _of_places([run, window])


def _of_places(models: Sequence[ModelCriteria]) -> str:
    run, window = models
    return (
        "shared parameters: small networks learned to name a letter that stood at every other place of a row; at the "
        f"places between, {run.name} names {100 * run.right_elsewhere.value:.0f} %, and the window, which has "
        f"{window.n_per_token:,} parameters for each place, {100 * window.right_elsewhere.value:.0f} % (chance: 12 %)"
    )
