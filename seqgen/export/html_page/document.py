"""What a page says about its model, and what it needs to read prompts as the model does."""

from __future__ import annotations

import dataclasses
from typing import Any

from seqgen.config import REGEX_PREFIX, START_PREFIX
from seqgen.export.facts import model_facts
from seqgen.export.html_page.vocabulary import describe_vocabulary
from seqgen.export.names import plain_name
from seqgen.run import SavedModel
from seqgen.sampling.line_ends import LearnedLineEnds


def describe_model(saved: SavedModel) -> dict[str, Any]:
    """Everything about a model but its weights and its expert, as JSON values.

    >>> from seqgen.run import open_model
    >>> document = describe_model(open_model("checkpoints/story"))
    >>> document["name"], document["cell"], document["hasDocuments"]
    ('story', 'lstm', False)
    """
    model = saved.record.model
    return {
        "name": plain_name(saved.name.removesuffix(".safetensors")),
        "facts": model_facts(saved),
        "temperature": saved.temperature,
        "hasDocuments": saved.has_documents,
        "cell": model.cell,
        "config": dataclasses.asdict(model),
        "tokenizer": describe_vocabulary(saved.tokenizer),
        "reading": _reading(saved),
    }


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
        "documents": corpus.documents if is_found else None,
    }
