"""`seqgen plan`: which model to train in a given time, and what to expect of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import count, note, print_facts, print_json, print_prose, print_table, size
from seqgen.cli.train.options import PlanOptions
from seqgen.cli.train.request import plan_request

if TYPE_CHECKING:
    from seqgen.evaluation import Forecast


def plan(options: PlanOptions) -> None:
    """Time a few steps of promising models on this machine, and say which to train and what to expect."""
    from seqgen.evaluation import forecast

    result = forecast(plan_request(options))
    if options.as_json:
        print_json(_to_json(result))
        return
    note(f"read in {result.read_s:.1f} s, planned in {result.planned_s:.1f} s")
    print_facts(", ".join(options.texts), _facts(result))
    print()
    _print_candidates(result)
    best = result.candidates[0].resolved.model
    print()
    print_prose(f"`seqgen train` chooses the first for this text and time: --cell {best.cell} --width {best.d_model}")
    print_prose(
        "bits/char is an estimate for the validation part, from runs on other texts; it is often off by a tenth"
    )


def _facts(result: Forecast) -> list[tuple[str, str]]:
    part, n_valid = result.text.parts["train"], result.text.facts.n_valid
    per_character = 1 / result.characters_per_token / math.log(2)
    return [
        ("training part", f"{count(part.n_characters)} characters, {count(len(part.ids))} tokens"),
        ("validation part", f"{count(n_valid)} tokens" if n_valid else "none; the training part is used instead"),
        ("vocabulary size", count(result.text.tokenizer.vocab_size)),
        ("unigram", f"{result.unigram_nats * per_character:.3f} bits/char"),
        ("7-gram", f"{result.ngram_nats * per_character:.3f} bits/char (Kneser-Ney)"),
    ]


_HEADER = [
    "cell", "layers", "width", "parameters", "streams", "window",
    "dropout", "tokens/s", "epochs", "memory", "bits/char",
]  # fmt: skip


def _print_candidates(result: Forecast) -> None:
    rows = []
    for candidate in result.candidates:
        model, training, throughput = candidate.resolved.model, candidate.resolved.training, candidate.throughput
        shape = [model.cell, str(model.n_layer), str(model.d_model), count(throughput.n_parameters)]
        reading = [str(training.n_streams), str(training.window), f"{model.dropout:g}"]
        cost = [count(throughput.tokens_per_s), f"{candidate.n_epochs:.1f}", size(throughput.memory_bytes)]
        rows.append([*shape, *reading, *cost, f"{result.expected_bits(candidate):.2f}"])
    print_table(_HEADER, rows, n_left=1)


def _to_json(result: Forecast) -> dict[str, Any]:
    per_character = 1 / result.characters_per_token / math.log(2)
    return {
        "read_s": result.read_s,
        "planned_s": result.planned_s,
        "unigram_bits_per_character": result.unigram_nats * per_character,
        "ngram_bits_per_character": result.ngram_nats * per_character,
        "candidates": [
            {
                "cell": candidate.resolved.model.cell,
                "n_layer": candidate.resolved.model.n_layer,
                "d_model": candidate.resolved.model.d_model,
                "n_parameters": candidate.throughput.n_parameters,
                "n_streams": candidate.resolved.training.n_streams,
                "window": candidate.resolved.training.window,
                "dropout": candidate.resolved.model.dropout,
                "precision": candidate.resolved.training.precision,
                "tokens_per_s": candidate.throughput.tokens_per_s,
                "steps": candidate.n_steps,
                "epochs": candidate.n_epochs,
                "memory_bytes": candidate.throughput.memory_bytes,
                "expected_bits_per_character": result.expected_bits(candidate),
            }
            for candidate in result.candidates
        ],
    }
