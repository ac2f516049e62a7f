"""What a card or page says about any model: its shape, what it learned from, how well it predicts."""

from __future__ import annotations

from seqgen.export.names import plain_name
from seqgen.run import SavedModel
from seqgen.version import __version__


def model_facts(saved: SavedModel) -> list[tuple[str, str]]:
    """Names and values. What was not measured is left out.

    >>> from seqgen.export.facts import model_facts
    >>> from seqgen.run import open_model
    >>> facts = dict(model_facts(open_model("checkpoints/story")))
    >>> facts["learned from"], "writes best" in facts
    ('tiny.txt', False)
    """
    record = saved.record
    nats, bits = record.progress.valid_nats_per_token, record.progress.valid_bits_per_character
    in_bits = "" if bits is None else f"{bits:.4f} bits per character, "
    facts = [
        ("architecture", f"{record.model.cell}, {saved.n_parameters:,} parameters"),
        ("tokens", f"{saved.tokenizer.kind}, a vocabulary of {saved.tokenizer.vocab_size:,}"),
        ("learned from", plain_name(record.learned_from)),
        ("loss on validation text", "" if nats is None else f"{in_bits}{nats:.4f} nats per token"),
        ("writes best", "" if record.temperature is None else f"at temperature {record.temperature:g}"),
        ("created", record.created[:10]),
        ("made with", f"seqgen {__version__}"),
    ]
    return [(name, value) for name, value in facts if value]
