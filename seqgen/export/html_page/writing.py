"""From a saved model to the page: the data that it carries, and notes about what it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.export.base import Notes
from seqgen.export.html_page.document import cannot_find_documents, describe_model
from seqgen.export.html_page.loss import LossInBits, loss_in_bits
from seqgen.export.html_page.packing import PackedWeights, pack_weights
from seqgen.page.assemble import Page, assemble_page
from seqgen.run import SavedModel
from seqgen.run.stored_expert import pack_expert

START = Path(__file__).parents[2] / "page" / "engine" / "start.js"
"""The script that opens the model and shows the page."""
MOST_BYTES = 16_000_000
"""Of a page with its n-gram expert. Mail carries 25 MB, and writes three bytes as four."""
_COUNTS_AS = 4 / 3
"""Bytes of base64 for each byte."""


def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    """Write the page of a model.

    Raises:
        ConfigError: a weight is too large for the precision.
        TokenizerError: a page has no tokenizer of this kind.
    """
    precision = config.precision or "float16"
    document = describe_model(saved)
    packed = pack_weights(saved.weights, precision)
    expert, tables = (None, b"") if saved.expert is None else _describe_expert(saved)
    is_small = len(tables) + len(packed.data) <= MOST_BYTES / _COUNTS_AS
    notes = _notes(saved, packed, precision=precision, has_expert=is_small)
    blobs = {"weights": packed.data}
    if expert is not None and is_small:
        blobs["expert"] = tables
    data = {**document, "tensors": packed.tensors, "expert": expert if is_small else None, "notes": list(notes)}
    path.write_text(page_of(data, blobs), encoding="utf-8")
    return notes


def page_of(data: dict[str, Any], blobs: dict[str, bytes]) -> str:
    """The HTML of a page, from what it carries."""
    lead = f"A language model of {dict(data['facts'])['learned from']}. It runs on this device and sends nothing."
    return assemble_page(
        Page(title=data["name"], lead=lead, start=START, data={"model": data}, blobs=blobs, runs_wasm=True)
    )


def _describe_expert(saved: SavedModel) -> tuple[dict[str, Any], bytes]:
    assert saved.expert is not None
    description, tables = pack_expert(saved.expert)
    return description, tables.tobytes()


def _notes(saved: SavedModel, packed: PackedWeights, *, precision: ExportPrecision, has_expert: bool) -> Notes:
    notes = ["a seed gives the same text in every browser, but not the text that it gives in seqgen sample"]
    if saved.expert is not None and not has_expert:
        loss = loss_in_bits(saved, saved.weights, expert=None)
        notes.append(f"the n-gram expert is left out, because its tables are too large for a page; {_in_words(loss)}")
    if precision == "int8":
        loss = loss_in_bits(saved, packed.rounded, expert=saved.expert)
        notes.append(f"the weights are rounded to 8 bits; {_in_words(loss)}")
    if cannot_find_documents(saved):
        notes.append("the page reads a prompt as one document, wherever the training text would have been cut")
    return tuple(notes)


def _in_words(loss: LossInBits | None) -> str:
    if loss is None:
        return "what this costs was not measured, because the validation text was not found"
    return (
        f"this costs {loss.bits_per_character:.4f} bits per character, "
        f"measured on {loss.n_characters:,} characters of the validation text"
    )
