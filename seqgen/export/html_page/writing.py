"""From a saved model to the page: the data that it carries, and notes about what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.export.base import Notes
from seqgen.export.html_page.document import cannot_find_documents, describe_model
from seqgen.export.html_page.loss import LossInBits, loss_in_bits
from seqgen.export.html_page.packing import PackedWeights, pack_weights
from seqgen.export.names import plain_name
from seqgen.page.assemble import Page, assemble_page
from seqgen.run import SavedModel
from seqgen.run.stored_expert import pack_expert

MOST_BYTES = 16_000_000
"""Of a page with its n-gram expert. Mail carries 25 MB, and writes three bytes as four."""
_BASE64 = 4 / 3
"""Characters for each byte."""
_START = Path(__file__).parents[2] / "page" / "engine" / "start.js"
"""The script that opens the model and shows the page."""
_LEAST_BITS = 0.0001
"""A smaller loss, or a gain by chance, is not told apart from none."""
_SEED_NOTE = "a seed gives the same text in every browser, but not the text that it gives in seqgen sample"


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """What a page carries beside its scripts."""

    data: dict[str, Any]
    blobs: dict[str, bytes]
    notes: Notes


def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    """Write the page of a model.

    Raises:
        ConfigError: a weight is too large for the precision.
        TokenizerError: a page has no tokenizer of this kind.
    """
    content = page_content(saved, config.precision or "float16")
    name = content.data["name"]
    page = Page(
        title=name,
        lead=f"A language model that learned from {plain_name(saved.record.learned_from)}. It runs on this device.",
        start=_START,
        data={"model": content.data},
        blobs=content.blobs,
        runs_wasm=True,
    )
    path.write_text(assemble_page(page), encoding="utf-8")
    return content.notes


def page_content(saved: SavedModel, precision: ExportPrecision) -> PageContent:
    """The weights in a number type, the expert if there is room for its tables, and everything that is said.

    >>> from seqgen.run import open_model
    >>> content = page_content(open_model("checkpoints/story"), "float16")
    >>> content.data["name"], list(content.blobs)
    ('story', ['weights'])

    Raises:
        ConfigError: a weight is too large for the precision.
        TokenizerError: a page has no tokenizer of this kind.
    """
    document = describe_model(saved)
    packed = pack_weights(saved.weights, precision)
    blobs, expert = {"weights": packed.data}, None
    if saved.expert is not None:
        description, tables = pack_expert(saved.expert)
        if (len(packed.data) + len(tables)) * _BASE64 <= MOST_BYTES:
            expert, blobs["expert"] = description, tables.tobytes()
    notes = _notes(saved, packed, precision=precision, has_expert=expert is not None)
    data = {**document, "tensors": packed.tensors, "expert": expert, "notes": list(notes)}
    return PageContent(data=data, blobs=blobs, notes=notes)


def _notes(saved: SavedModel, packed: PackedWeights, *, precision: ExportPrecision, has_expert: bool) -> Notes:
    notes = [_SEED_NOTE]
    if saved.expert is not None and not has_expert:
        loss = loss_in_bits(saved, saved.weights, expert=None)
        notes.append(f"the n-gram expert is left out, because its tables are too large for a page; {_in_words(loss)}")
    if precision == "int8":
        carried = saved if has_expert else replace(saved, expert=None)
        loss = loss_in_bits(carried, packed.rounded, expert=carried.expert)
        notes.append(f"the weights are rounded to 8 bits; {_in_words(loss)}")
    if cannot_find_documents(saved):
        notes.append("the page reads a prompt as one document, wherever the training text would have been cut")
    return tuple(notes)


def _in_words(loss: LossInBits | None) -> str:
    if loss is None:
        return "what this costs was not measured, because the validation text was not found"
    bits = f"{loss.bits_per_character:.4f}" if loss.bits_per_character >= _LEAST_BITS else f"less than {_LEAST_BITS}"
    return f"this costs {bits} bits per character, measured on {loss.n_characters:,} characters of the validation text"
