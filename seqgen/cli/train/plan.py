"""`seqgen plan`: which model to train in a given time, and what to expect of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import (
    count,
    note,
    print_facts,
    print_json,
    print_left_out,
    print_prose,
    print_table,
    rounded,
)
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.train.options import NO_BASE, PlanOptions
from seqgen.cli.train.plan_pairs import plan_pairs
from seqgen.cli.train.request import base_to_weigh, plan_request
from seqgen.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqgen.evaluation import Forecast, Prospect
    from seqgen.training.tokenizer_trials import TokenizerTrial


def plan(options: PlanOptions) -> None:
    """Find a model for a text, or pairs, and a time. A few steps of promising models are timed on this machine."""
    with starting():
        from seqgen.evaluation import forecast
        from seqgen.training.planning.timing import UNSTEADY_NOTE

    request = plan_request(options)
    if options.pairs:
        plan_pairs(request, as_json=options.as_json)
        return
    result = forecast(request, base=base_to_weigh(options, request))
    if options.as_json:
        print_json(_to_json(result))
        return
    note(f"read in {result.read_s:.1f} s, planned in {result.planned_s:.1f} s")
    if result.candidates[0].was_repeated:
        note(UNSTEADY_NOTE)
    print_facts(", ".join(options.texts), _facts(result))
    if result.trials:
        print()
        _print_trials(result.trials)
    print()
    _print_candidates(result)
    _print_choice(result, options)


def _print_choice(result: Forecast, options: PlanOptions) -> None:
    """Which options train the first candidate, and how far the table can be trusted."""
    direction = "--backward " if options.backward else ""
    named = f"{direction}{_tokenizer_options(result.trials)}{_options_of(result.prospects[0], options)}"
    print()
    print_prose(f"`seqgen train` chooses the first for this text and time: {named}")
    print_prose(
        "bits/char is an estimate for the validation part, from runs on other texts; it is often off by a tenth, and "
        "leaves out what tables of n-grams and an n-gram expert may gain"
    )
    if result.start is not None:
        print_prose(f"{result.start.base.name}: begins from this model, which was tried on the text for a few steps")
    elif options.from_ not in (None, NO_BASE):
        print_prose(f"what {options.from_} knows before is left out too: it cannot be tried on this text")


def _options_of(prospect: Prospect, options: PlanOptions) -> str:
    """The options of `seqgen train` that choose a candidate."""
    model = prospect.candidate.resolved.model
    if prospect.base is not None:
        return f"--from {prospect.base.name}"
    if options.from_ not in (None, NO_BASE):
        return f"--from {options.from_}"
    return f"--cell {model.cell} --width {model.d_model}"


def _facts(result: Forecast) -> list[tuple[str, str]]:
    part, n_valid = result.text.parts["train"], result.text.facts.n_valid
    return [
        ("training part", f"{count_of(part.n_characters, 'character')}, {count_of(len(part.ids), 'token')}"),
        ("validation part", count_of(n_valid, "token") if n_valid else "none; the training part is used instead"),
        ("vocabulary size", count(result.text.tokenizer.vocab_size)),
        *([("read", "from the end of each document")] if result.text.record.backward else []),
        ("unigram", f"{result.unigram_bits:.3f} bits/char"),
        ("7-gram", f"{result.ngram_bits:.3f} bits/char (Kneser-Ney)"),
    ]


_HEADER = ["model", "bits/char", "params", "tokens/s", "epochs", "memory", "batch", "dropout"]
_DROPPABLE = ["dropout", "batch", "memory", "params"]


def _print_candidates(result: Forecast) -> None:
    rows = []
    for candidate, bits, base in result.prospects:
        model, training, throughput = candidate.resolved.model, candidate.resolved.training, candidate.throughput
        name = f"{base.name + ' ' if base else ''}{model.cell} {model.n_layer}x{model.d_model}"
        shape = [name, f"{bits:.2f}", rounded(throughput.n_parameters)]
        cost = [count(throughput.tokens_per_s), f"{candidate.n_epochs:.1f}", _memory(throughput.memory_bytes)]
        rows.append([*shape, *cost, f"{training.n_streams}x{training.window}", f"{model.dropout:g}"])
    print_left_out(print_table(_HEADER, rows, n_left=1, droppable=_DROPPABLE))
    print_prose("model: cell, layers x width; batch: streams x window; memory: of the training, without PyTorch itself")


def _print_trials(trials: Sequence[TokenizerTrial]) -> None:
    rows = [
        [trial.tokenizer.name, count(trial.vocab_size), f"{trial.bits_per_byte:.3f}", count(trial.n_steps)]
        for trial in trials
    ]
    print_table(["tokenizer", "vocabulary size", "bits/byte", "steps"], rows, n_left=1, droppable=["steps"])
    print_prose("bits/byte: on validation, after a short trial with each tokenizer")


def _tokenizer_options(trials: Sequence[TokenizerTrial]) -> str:
    """The options that name the best tokenizer; nothing if it was not left open."""
    if not trials:
        return ""
    best = trials[0].tokenizer
    size = getattr(best, "vocab_size", None)
    return f"--tokenizer {best.name} " + (f"--vocab-size {size} " if size else "")


def _memory(n_bytes: float) -> str:
    """Bytes as '36 MB' or '1.3 GB'."""
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.1f} GB"


def _to_json(result: Forecast) -> dict[str, Any]:
    return {
        "backward": result.text.record.backward,
        "read_s": result.read_s,
        "planned_s": result.planned_s,
        "timings_repeated": result.candidates[0].was_repeated,
        "unigram_bits_per_character": result.unigram_bits,
        "ngram_bits_per_character": result.ngram_bits,
        "tokenizers": [
            {
                "tokenizer": trial.tokenizer.name,
                "vocab_size": trial.vocab_size,
                "bits_per_byte": trial.bits_per_byte,
                "steps": trial.n_steps,
            }
            for trial in result.trials
        ],
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
                "expected_bits_per_character": bits,
                "from": base and base.name,
            }
            for candidate, bits, base in result.prospects
        ],
    }
