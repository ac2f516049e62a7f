"""`seqgen info`: what a run is, what it learned from, how it went."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from seqgen.cli.shared.pictures import draw_in_terminal, training_curve, validation_curve
from seqgen.cli.shared.render import count, duration, note_run, print_facts, print_json, size

if TYPE_CHECKING:
    from seqgen.run import Progress, SavedModel


def info(
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Show what a model is, what it was trained on, its best score and its curve."""
    from seqgen.run import open_model

    model = open_model(run)
    note_run(model)
    if as_json:
        record = model.record.to_json()
        print_json({"path": str(model.path), "sha256": model.sha256, "n_parameters": model.n_parameters, **record})
        return
    print_facts(str(model.path), facts_of(model))
    history = model.history()
    curve = draw_in_terminal([training_curve(history), validation_curve(history)], "nats per token by step")
    if curve:
        print(f"\n{curve}")


def facts_of(model: SavedModel) -> list[tuple[str, str]]:
    """What is known of a run, name by name."""
    record = model.record
    progress, corpus, reports = record.progress, record.corpus, model.history().reports
    shape = dataclasses.asdict(record.model)
    facts = [
        ("cell", f"{record.model.cell}, {count(model.n_parameters)} parameters"),
        ("shape", ", ".join(f"{name} {value}" for name, value in shape.items())),
        ("tokenizer", f"{model.tokenizer.kind}, {count(model.tokenizer.vocab_size)} tokens"),
        ("corpus", ", ".join(corpus.config.paths)),
    ]
    for name, part in corpus.parts.items():
        if part.n_characters is not None and part.n_tokens is not None and part.n_bytes is not None:
            characters, tokens = count(part.n_characters), count(part.n_tokens)
            facts.append((name, f"{characters} characters, {size(part.n_bytes)}, {tokens} tokens"))
        else:
            facts.append((name, "kept for seqgen eval --part test"))
    budget = next((f"{value} {name}" for name, value in dataclasses.asdict(record.budget).items() if value), "")
    facts += [
        ("budget", budget),
        ("trained", f"{count(reports[-1].step)} steps, {duration(reports[-1].elapsed_s)}" if reports else ""),
        (
            "weights",
            f"{'averaged at' if progress.is_average else 'of'} step {count(progress.step)}, epoch {progress.epoch:g}",
        ),
        ("best score", _best_score(progress)),
        ("created", record.created),
        (
            "made with",
            f"seqgen {record.version}, " + ", ".join(f"{k} {v}" for k, v in record.environment.items()),
        ),
        ("sha256", model.sha256),
    ]
    return [(name, value) for name, value in facts if value]


def _best_score(progress: Progress) -> str:
    nats, bits = progress.valid_nats_per_token, progress.valid_bits_per_character
    if nats is None:
        return "not measured"
    return f"{nats:.4f} nats per token" + ("" if bits is None else f", {bits:.4f} bits per character, on validation")
