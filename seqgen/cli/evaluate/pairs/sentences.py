"""What `seqgen eval` says about runs of pairs before and after its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.pairs.tables import PairTable
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.evaluation.pair_runs import PairComparison, PairLoss, ScoredPairs

_ABBREVIATIONS = (
    "CER and WER are the error rates of characters and of words: edits to the nearest right target, divided by its "
    "length"
)


def opening_sentences(row: ScoredPairs) -> Iterator[str]:
    """What the targets cost a run, and by how much its measures may be off."""
    yield f"{row.name} on {row.pair_set.text_name}, {count_of(len(row.pairs), 'pair')}: {_describe_loss(row.loss)}"
    measures = [(outcomes.measure, outcomes.estimate) for outcomes in row.answers.measures.compared]
    figures = ", ".join(f"{measure} {estimate}" for measure, estimate in measures)
    yield f"{figures}; in brackets the 95 % interval{'s' if len(measures) > 1 else ''}"
    n_unknown = len(row.pairs) - row.loss.n_targets
    if n_unknown:
        have = "has a label" if n_unknown == 1 else "have labels"
        yield (
            f"{count_of(n_unknown, 'pair')} {have} that the training part lacks: they count as mistakes, and are left "
            "out of the loss"
        )


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

    for comparison in comparisons:
        yield comparison.sentence
        if is_verbose:
            yield from map(str, comparison.differences[1:])
    for table in tables:
        for row in table.runs:
            difference = beside_best_baseline(row)
            if difference is not None:
                yield f"{row.pair_set.text_name}: {difference}"
        yield from _explanations(table)


def _explanations(table: PairTable) -> Iterator[str]:
    from seqgen.evaluation.prediction_measures import (
        TextMeasures,
        are_sentences,
        logistic_regression_note,
        sentence_scores_note,
    )

    row = table.runs[0]
    measures = row.answers.measures
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
