"""What a page says about its model, and what it needs to read prompts as the model does."""

from __future__ import annotations

import dataclasses
from typing import Any

from seqgen.config import REGEX_PREFIX, START_PREFIX, STORED_APART
from seqgen.export.html_page.vocabulary import describe_vocabulary
from seqgen.run import SavedModel
from seqgen.sampling.line_ends import LearnedLineEnds
from seqgen.version import __version__


def describe_model(saved: SavedModel) -> dict[str, Any]:
    """Everything about a model but its weights and its expert, as JSON values.

    >>> from seqgen.run import open_model
    >>> document = describe_model(open_model("checkpoints/story"))
    >>> document["name"], document["cell"], document["hasDocuments"]
    ('story', 'lstm', False)
    """
    model = saved.record.model
    return {
        "name": saved.name.removesuffix(".safetensors"),
        "facts": model_facts(saved),
        "temperature": saved.temperature,
        "hasDocuments": saved.has_documents,
        "cell": model.cell,
        "config": dataclasses.asdict(model),
        "tokenizer": describe_vocabulary(saved.tokenizer),
        "reading": _reading(saved),
    }


def model_facts(saved: SavedModel) -> list[tuple[str, str]]:
    """Names and values for the part of the page that says what the model is."""
    record = saved.record
    nats, bits = record.progress.valid_nats_per_token, record.progress.valid_bits_per_character
    in_bits = "" if bits is None else f"{bits:.4f} bits per character, "
    facts = [
        ("architecture", f"{record.model.cell}, {saved.n_parameters:,} parameters"),
        ("tokens", f"{saved.tokenizer.kind}, a vocabulary of {saved.tokenizer.vocab_size:,}"),
        ("learned from", record.learned_from),
        ("loss on validation text", "" if nats is None else f"{in_bits}{nats:.4f} nats per token"),
        ("writes best", "" if record.temperature is None else f"at temperature {record.temperature:g}"),
        ("created", record.created[:10]),
        ("made with", f"seqgen {__version__}"),
    ]
    return [(name, value) for name, value in facts if value]


def cannot_find_documents(saved: SavedModel) -> bool:
    """Whether documents end at lines that a regular expression of Python describes, which a page cannot read."""
    return (saved.record.corpus.documents or "").startswith((REGEX_PREFIX, START_PREFIX))


def _reading(saved: SavedModel) -> dict[str, Any]:
    """How the training text was read: its line ends, and what ended a document."""
    corpus = saved.record.corpus
    is_found = corpus.division.has_boundaries and not cannot_find_documents(saved)
    return {
        "lineEnds": corpus.config.line_ends,
        "learned": LearnedLineEnds(saved).learned,
        "documents": corpus.documents if is_found and corpus.documents not in STORED_APART else None,
    }
