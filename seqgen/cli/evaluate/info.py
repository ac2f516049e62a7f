"""`seqgen info`: what a run is, what it was trained on, and how its training went."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.configuration import configuration_facts, notes_of
from seqgen.cli.evaluate.options import InfoOptions
from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.pictures import draw_in_terminal
from seqgen.cli.shared.render import count, duration, listed, note_run, print_facts, print_json, size
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inference import LabelExpert, NgramExpert
    from seqgen.run import RunRecord, SavedModel


def info(options: InfoOptions) -> None:
    """Describe a model. Shows what it is, what it was trained on, its best score and its loss curves."""
    from seqgen.run import open_model

    model = open_model(options.run)
    note_run(model, is_named=options.run is not None)
    if options.as_json:
        record = model.record.to_json()
        print_json(
            {
                "path": str(model.path),
                "sha256": model.sha256,
                "n_parameters": model.n_parameters,
                **_to_json(model.expert),
                "label_expert": _label_expert_to_json(model.label_expert),
                **record,
            }
        )
        return
    print_facts(model.address, facts_of(model))
    losses = LossHistory.of(model)
    curve = draw_or_note(lambda: draw_in_terminal(losses.curves(), f"{losses.unit} over steps"), name="the curve")
    if curve:
        print(f"\n{curve}")


def facts_of(model: SavedModel) -> list[tuple[str, str]]:
    """What a run's files say about it, as pairs of name and value."""
    record = model.record
    progress, reports = record.progress, model.history().reports
    weights = "running average at" if progress.is_average else "of"
    environment = [f"{name} {version}" for name, version in record.environment.items()]
    facts = [
        ("cell", f"{record.model.cell}, {count(model.n_parameters)} parameters"),
        *configuration_facts(record),
        *_source_facts(model),
        ("tokenizer", f"{model.tokenizer.kind}, vocabulary size {count(model.tokenizer.vocab_size)}"),
        ("begun from", record.begun_from or (f"a model with SHA-256 {record.parent}" if record.parent else "")),
        ("corpus", record.texts or ", ".join(record.corpus.config.paths)),
        ("reads", "each document from its end" if record.corpus.backward else ""),
        *_part_facts(model),
        *(("note", note) for note in notes_of(record)),
        ("budget", listed(f"{value} {name}" for name, value in dataclasses.asdict(record.budget).items() if value)),
        ("trained", f"{count_of(reports[-1].step, 'step')}, {duration(reports[-1].elapsed_s)}" if reports else ""),
        ("weights", f"{weights} step {count(progress.step)}, epoch {progress.epoch:g}"),
        ("best score", _best_score(record)),
        ("writes best", "" if record.temperature is None else f"at temperature {record.temperature:g}"),
        ("expert", _describe_expert(model.expert) or _describe_label_expert(model.label_expert)),
        ("created", record.created),
        ("made with", listed([f"seqgen {record.version}", *environment])),
        ("sha256", model.sha256),
    ]
    return [(name, value) for name, value in facts if value]


def _source_facts(model: SavedModel) -> list[tuple[str, str]]:
    """What reads the sources of pairs, and in which tokens; nothing for a model of texts."""
    tokenizer, encoder = model.source_tokenizer, model.record.encoder
    if tokenizer is None:
        return []
    read_by = "none: the decoder reads the sources too" if encoder is None else encoder.describe()
    return [
        ("encoder", read_by),
        ("sources", f"{tokenizer.kind}, vocabulary size {count(tokenizer.vocab_size)}, and the unknown token"),
    ]


def _describe_expert(expert: NgramExpert | None) -> str:
    if expert is None:
        return ""
    return f"{count(expert.n_ngrams)} n-grams of up to {expert.order} tokens, with weight {expert.weight:g}"


def _to_json(expert: NgramExpert | None) -> dict[str, Any]:
    if expert is None:
        return {"expert": None}
    return {"expert": {"order": expert.order, "weight": expert.weight, "n_ngrams": expert.n_ngrams}}


def _describe_label_expert(expert: LabelExpert | None) -> str:
    if expert is None:
        return ""
    powers = expert.powers
    return (
        f"logistic regression over n-grams of the source, {count(expert.n_rows)} rows; "
        f"power {powers.expert:g}, of the network {powers.network:g}"
    )


def _label_expert_to_json(expert: LabelExpert | None) -> dict[str, Any] | None:
    if expert is None:
        return None
    return {"n_rows": expert.n_rows, "network_power": expert.powers.network, "expert_power": expert.powers.expert}


def _part_facts(model: SavedModel) -> list[tuple[str, str]]:
    """The sizes of the training, validation and test part."""
    facts: list[tuple[str, str]] = []
    for name, part in model.record.corpus.parts.items():
        if part.n_characters is not None and part.n_tokens is not None and part.n_bytes is not None:
            characters, tokens = count(part.n_characters), count(part.n_tokens)
            what = "document" if model.source_tokenizer is None else "pair"
            documents = [count_of(part.end - part.start, what)] if model.has_documents else []
            of_targets = " of targets" if model.source_tokenizer else ""
            sizes = [f"{characters} characters{of_targets}", size(part.n_bytes), f"{tokens} tokens"]
            facts.append((name, listed([*sizes, *documents])))
        else:
            facts.append((name, f"not read yet; seqgen eval --part {name} reads it"))
    return facts


def _best_score(record: RunRecord) -> str:
    nats, bits = record.progress.valid_nats_per_token, record.progress.valid_bits_per_character
    if nats is None:
        return "not measured"
    if record.has_labels:
        return f"{nats / math.log(2):.4f} bits per label, {nats:.4f} nats per label, on validation"
    in_bits = "" if bits is None else f"{bits:.4f} bits per character, "
    return f"{in_bits}{nats:.4f} nats per token, on validation"
