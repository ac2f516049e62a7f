"""`seqgen info`: what a run is, what it learned from, how it went."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.render import count, duration, print_facts, print_json, size

if TYPE_CHECKING:
    from seqgen.run import SavedModel

_CURVE_POINTS = 200


def info(
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Show what a model is, what it was trained on, its best score and its curve."""
    from seqgen.run import open_model, read_metrics

    model = open_model(run)
    if as_json:
        record = model.record.to_json()
        print_json({"path": str(model.path), "sha256": model.sha256, "n_parameters": _n_parameters(model), **record})
        return
    print_facts(str(model.path), _facts(model))
    curve = draw_curve(read_metrics(model.path.parent))
    if curve:
        print(f"\n{curve}")


def _facts(model: SavedModel) -> list[tuple[str, str]]:
    record = model.record
    progress, corpus = record.progress, record.corpus
    shape = dataclasses.asdict(record.model)
    best = progress["valid_nats_per_token"]
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
    budget = next((f"{value} {name}" for name, value in dataclasses.asdict(record.budget).items() if value), "")
    facts += [
        (
            "trained",
            f"{count(progress['step'])} steps, {progress['epoch']:g} epochs, {duration(progress['elapsed_s'])}",
        ),
        ("budget", budget),
        ("validation", "not measured" if best is None else f"{best:.4f} nats per token"),
        ("created", record.created),
        (
            "made with",
            f"seqgen {record.version}, " + ", ".join(f"{k} {v}" for k, v in record.environment.items()),
        ),
        ("sha256", model.sha256),
    ]
    return facts


def _n_parameters(model: SavedModel) -> int:
    return sum(array.size for array in model.weights.values())


def draw_curve(metrics: list[dict[str, Any]]) -> str:
    """Training and validation loss over the steps, as characters; empty where there is nothing to draw."""
    steps = [line for line in metrics if line["report"] == "step"]
    if len(steps) < 2:
        return ""
    from uniplot import plot_to_string

    size_of_group = -(-len(steps) // _CURVE_POINTS)
    groups = [steps[start : start + size_of_group] for start in range(0, len(steps), size_of_group)]
    xs = [[group[-1]["step"] for group in groups]]
    ys = [[sum(line["loss_nats"] for line in group) / len(group) for group in groups]]
    labels = ["training"]
    scored = [line for line in metrics if line["report"] == "validation"]
    if scored:
        xs.append([line["step"] for line in scored])
        ys.append([line["nats_per_token"] for line in scored])
        labels.append("validation")
    plot = plot_to_string(
        xs=xs,
        ys=ys,
        lines=True,
        width=64,
        height=12,
        color=False,
        title="nats per token by step",
        legend_labels=labels,
    )
    return "\n".join(line.rstrip() for line in plot.splitlines())
