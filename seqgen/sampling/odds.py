"""Odds: which tokens may come next after a prompt, and how likely each is."""

from __future__ import annotations

import numpy as np

from seqgen.sampling.filters import check_logits, softmax
from seqgen.sampling.prefill import Prefill
from seqgen.tokenizers import Tokenizer


def next_odds(prefilled: Prefill, tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """Every token as text with its probability, the likeliest first. No constraint or filter applies.

    Bytes that are no character on their own are named, as in `byte E2`.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import next_odds, prefill
    >>> model = open_model("checkpoints/story")
    >>> odds = next_odds(prefill(model, model.tokenizer.encode("Min").ids.tolist()), model.tokenizer)
    >>> len(odds) == model.tokenizer.vocab_size
    True
    >>> round(sum(probability for text, probability in odds), 6)
    1.0

    Raises:
        RunError: the model has diverged in training.
    """
    check_logits(prefilled.logits)
    probabilities = softmax(prefilled.logits[0])
    pieces = tokenizer.pieces(prefilled.last_token)
    order = np.argsort(-probabilities, kind="stable").tolist()
    return [(_text_of(pieces[token]), float(probabilities[token])) for token in order]


def _text_of(piece: bytes) -> str:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return f"{'byte' if len(piece) == 1 else 'bytes'} {piece.hex(' ').upper()}"
