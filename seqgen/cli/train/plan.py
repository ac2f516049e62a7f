"""`seqgen plan`: what to train in the time there is, and what to expect of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.shared.options import (
    DeviceOption,
    DocumentsOption,
    EncodingOption,
    TextArgument,
    TokenizerOption,
    ValidOption,
    VocabSizeOption,
    WordSplitOption,
    given_options,
    option,
)
from seqgen.cli.shared.render import count, note, print_facts, print_json, print_table, size
from seqgen.cli.train.request import training_request
from seqgen.config import DEFAULT_MINUTES, Cell

if TYPE_CHECKING:
    from seqgen.evaluation import Forecast


def plan(
    ctx: typer.Context,
    texts: TextArgument,
    minutes: Annotated[float, option("The time there is for training.")] = DEFAULT_MINUTES,
    cell: Annotated[Cell | None, option("Kind of model; all are compared if left out.")] = None,
    tokenizer: TokenizerOption = "char",
    vocab_size: VocabSizeOption = None,
    word_split: WordSplitOption = None,
    documents: DocumentsOption = None,
    valid: ValidOption = None,
    encoding: EncodingOption = "utf-8",
    device: DeviceOption = "auto",
    set_: Annotated[list[str] | None, option("Any field of seqgen train --fields, kept as it is.", "--set", metavar="FIELD=VALUE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Time a few steps of likely models on this machine, and say which to train and what to expect."""
    from seqgen.evaluation import forecast

    given = {**given_options(ctx), "minutes": minutes}
    given.pop("as_json", None)
    result = forecast(training_request(given))
    if as_json:
        print_json(_to_json(result))
        return
    note(f"read in {result.read_s:.1f} s, planned in {result.planned_s:.1f} s")
    print_facts(", ".join(texts), _facts(result))
    print()
    _print_candidates(result)
    best = result.candidates[0].resolved.model
    print(f"\n`seqgen train` takes the first for the same text and time: --cell {best.cell} --width {best.d_model}")
    print("bits/char: to be expected on validation, from runs on other texts; a tenth off is usual.")


def _facts(result: Forecast) -> list[tuple[str, str]]:
    part, n_valid = result.text.parts["train"], result.text.facts.n_valid
    per_character = 1 / result.characters_per_token / math.log(2)
    return [
        ("training part", f"{count(part.n_characters)} characters, {count(len(part.ids))} tokens"),
        ("validation part", f"{count(n_valid)} tokens" if n_valid else "none: the training part stands in"),
        ("vocabulary", f"{count(result.text.tokenizer.vocab_size)} kinds of tokens"),
        ("unigram", f"{result.unigram_nats * per_character:.3f} bits/char"),
        ("7-gram", f"{result.ngram_nats * per_character:.3f} bits/char (Kneser-Ney)"),
    ]


_HEADER = [
    "cell", "layers", "width", "parameters", "streams", "window", "dropout", "tokens/s", "epochs", "memory", "bits/char",
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
