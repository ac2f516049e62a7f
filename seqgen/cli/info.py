"""`seqgen info`: what a run is, what it learned from, how it went."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.curves import draw_in_terminal, training_curve, validation_curve
from seqgen.cli.render import count, duration, note_run, print_facts, print_json, size

if TYPE_CHECKING:
    from seqgen.run import SavedModel


def info(
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Show what a model is, what it was trained on, its best score and its curve."""
    from seqgen.run import MODEL_FILE, open_model, read_metrics

    model = open_model(run)
    note_run(model)
    if as_json:
        record = model.record.to_json()
        print_json({"path": str(model.path), "sha256": model.sha256, "n_parameters": _n_parameters(model), **record})
        return
    # a model file on its own has no history beside it
    metrics = read_metrics(model.path.parent) if model.path.name == MODEL_FILE else []
    print_facts(str(model.path), facts_of(model, metrics))
    curve = draw_in_terminal([training_curve(metrics), validation_curve(metrics)], "nats per token by step")
    if curve:
        print(f"\n{curve}")


def facts_of(model: SavedModel, metrics: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is known of a run, name by name."""
    record = model.record
    progress, corpus = record.progress, record.corpus
    shape = dataclasses.asdict(record.model)
    facts = [
        ("cell", f"{record.model.cell}, {count(_n_parameters(model))} parameters"),
        ("shape", ", ".join(f"{name} {value}" for name, value in shape.items())),
        ("tokenizer", f"{model.tokenizer.kind}, {count(model.tokenizer.vocab_size)} tokens"),
        ("corpus", ", ".join(corpus["paths"])),
    ]
    for name, part in corpus["parts"].items():
        if "n_characters" in part:
            characters, tokens = count(part["n_characters"]), count(part["n_tokens"])
            facts.append((name, f"{characters} characters, {size(part['n_bytes'])}, {tokens} tokens"))
        else:
            facts.append((name, "kept for seqgen eval --part test"))
    budget = next((f"{value} {name}" for name, value in dataclasses.asdict(record.budget).items() if value), "")
    facts += [
        ("budget", budget),
        ("trained", f"{count(metrics[-1]['step'])} steps, {duration(metrics[-1]['elapsed_s'])}" if metrics else ""),
        (
            "weights",
            f"{'averaged at' if progress['is_average'] else 'of'} step {count(progress['step'])}, epoch {progress['epoch']:g}",
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


def _best_score(progress: Mapping[str, Any]) -> str:
    nats, bits = progress.get("valid_nats_per_token"), progress.get("valid_bits_per_character")
    if nats is None:
        return "not measured"
    return f"{nats:.4f} nats per token" + ("" if bits is None else f", {bits:.4f} bits per character, on validation")


def _n_parameters(model: SavedModel) -> int:
    return sum(array.size for array in model.weights.values())
