"""What `seqgen eval` says about runs of pairs before and after its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.pairs.pools import PairPool, compare_pools, within_pools
from seqgen.cli.evaluate.pairs.tables import PairTable
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import PairComparison, PairLoss

_LOSSES = (("nats_per_character", "target character"), ("nats_per_target", "target"))
"""Their names in reports, and what each is divided by."""
_ABBREVIATIONS = (
    "CER and WER are the error rates of characters and of words: edits to the nearest right target, divided by its "
    "length"
)


def opening_sentences(pool: PairPool) -> Iterator[str]:
    """What the targets cost a run, and by how much its measures may be off; or the means of several seeds."""
    row = pool.rows[0]
    pairs = f"{row.pair_set.text_name}, {count_of(len(row.pairs), 'pair')}"
    if len(pool.rows) > 1:
        yield from _mean_sentences(pool, pairs)
    else:
        measures = [(outcomes.measure, outcomes.estimate) for outcomes in row.answers.measures.compared]
        figures = ", ".join(f"{measure} {estimate}" for measure, estimate in measures)
        yield f"{row.name} on {pairs}: {_describe_loss(row.loss)}"
        yield f"{figures}; in brackets the 95 % interval{'s' if len(measures) > 1 else ''}"
    n_unknown = len(row.pairs) - row.loss.n_targets
    if n_unknown:
        yield (
            "1 pair has a label that the training part lacks: it counts as a mistake, and is left out of the loss"
            if n_unknown == 1
            else f"{n_unknown:,} pairs have labels that the training part lacks: they count as mistakes, and are left "
            "out of the loss"
        )


def _mean_sentences(pool: PairPool, pairs: str) -> Iterator[str]:
    """The loss and the measures of runs that differ in their seed, each with its standard deviation."""
    losses = [
        f"{pool.means[key]:.4f} ± {pool.deviations[key]:.4f} nats per {unit}"
        for key, unit in _LOSSES
        if key in pool.means
    ]
    yield f"{pool.name}, on {pairs}: {', '.join(losses) or 'no target can be predicted'}"
    keys = {outcomes.measure: outcomes.measure.replace(" ", "_") for outcomes in pool.rows[0].answers.measures.compared}
    figures = [
        f"{measure} {100 * pool.means[key]:.1f} % ± {100 * pool.deviations[key]:.1f}"
        for measure, key in keys.items()
        if key in pool.means
    ]
    yield f"{', '.join(figures)}; means over the seeds, ± the standard deviation"


def _describe_loss(loss: PairLoss) -> str:
    from seqgen.evaluation.pair_runs.loss import in_bits

    if loss.nats_per_target is None:
        return "no target can be predicted"
    amount = f"{loss.nats_per_target:.4f} nats ({in_bits(loss.nats_per_target):.4f} bits) per target"
    if loss.nats_per_character is None:
        return amount
    return f"{loss.nats_per_character:.4f} nats ({loss.bits_per_character:.4f} bits) per target character, {amount}"


def closing_sentences(
    tables: Sequence[PairTable], comparisons: Sequence[PairComparison], *, is_verbose: bool
) -> Iterator[str]:
    """How runs stand to each other and to the baselines, and what the table does not say itself."""
    from seqgen.evaluation.pair_runs import beside_best_baseline

    pools = [pool for table in tables for pool in table.pools]
    for pool, differences in compare_pools(pools, comparisons):
        yield f"{pool.rows[0].pair_set.text_name}: {differences[0]}"
        if is_verbose:
            yield from map(str, differences[1:])
    if is_verbose:
        yield from (comparison.sentence for comparison in within_pools(pools, comparisons))
    yield from _unranked(tables)
    for table in tables:
        for pool in table.pools:
            difference = beside_best_baseline(pool.rows, name=pool.name)
            if difference is not None:
                yield f"{table.text_name}: {difference}"
        yield from _explanations(table)


def _unranked(tables: Sequence[PairTable]) -> Iterator[str]:
    """Which runs are not ranked with each other, and why."""
    kinds: dict[str, list[PairTable]] = {}
    for table in tables:
        kinds.setdefault(table.runs[0].pair_set.key, []).append(table)
    for same in kinds.values():
        if len(same) > 1:
            labels, texts = (
                ", ".join(pool.name for table in same if table.predicts_labels is kind for pool in table.pools)
                for kind in (True, False)
            )
            yield (
                f"{same[0].text_name}: not ranked with each other, because labels and texts have different measures: "
                f"{labels} (labels); {texts} (texts)"
            )
    if len(kinds) > 1 and len(kinds) == sum(len(table.runs) for table in tables):
        yield "these runs were scored on different pairs, so they are not ranked; --on FILE compares them on the same"


def _explanations(table: PairTable) -> Iterator[str]:
    from seqgen.evaluation.prediction_measures import (
        TextMeasures,
        are_sentences,
        logistic_regression_note,
        sentence_scores_note,
    )

    row = table.runs[0]
    measures = row.answers.measures
    if table.measure == "exact match" and len(table.lines) > 1:
        yield "ranked by exact match: some rows have no character error rate, because their nearest targets are empty"
    if not isinstance(measures, TextMeasures):
        if row.baselines and (missing := logistic_regression_note()):
            yield missing
    else:
        yield _ABBREVIATIONS
        yield from (f"{score.name}: {score.signature}" for score in measures.sentence_scores)
        if are_sentences([[pair.target] for pair in row.pair_set.pairs]) and (missing := sentence_scores_note()):
            yield missing
    if not row.baselines:
        yield "--baselines scores baselines beside the runs"
