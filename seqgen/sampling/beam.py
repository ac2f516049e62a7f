"""The likeliest text that a beam finds: no chance, no filters, and mostly dull."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seqgen.inference import build_stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.filters import check_logits, softmax
from seqgen.sampling.generated import GeneratedText
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import END_OF_TEXT, Detokenizer


@dataclass(frozen=True)
class _Beginning:
    """Tokens of a text so far."""

    tokens: tuple[int, ...]
    n_characters: int
    nats: float

    @property
    def score(self) -> float:
        """Nats per character: texts that end early are not the better for it."""
        return self.nats / max(1, self.n_characters)


def beam_search(model: SavedModel, prompt: FittedPrompt, *, length: int, width: int) -> GeneratedText:
    """The least surprising text per character among those that a beam of so many beginnings meets (Lowerre 1976).

    All beginnings have the same number of tokens; each step keeps the `width` likeliest continuations. A text is
    over at `length` characters, or where the model ends its document.

    Raises:
        RunError: the model has diverged.
    """
    may_end = model.has_documents
    alone = build_stepper(model.record.model, model.weights, n_streams=1)
    with one_thread():
        logits = np.repeat(alone.read((END_OF_TEXT, *prompt.ids)), width, axis=0)
        stepper = alone.fork(width)
        live, over = [_Beginning((), 0, 0.0)], []
        while live and length:
            children, rows = _likeliest(model, prompt, live, logits[: len(live)], width, may_end)
            ended = [_is_over(child, length) for child in children]
            over += [child for child, is_over in zip(children, ended, strict=True) if is_over]
            kept = [number for number, is_over in enumerate(ended) if not is_over]
            live = [children[number] for number in kept]
            if len(over) >= width or not live:
                break
            places = [rows[number] for number in kept] + [0] * (width - len(kept))
            stepper.set_state(tuple(part[places] for part in stepper.state()))
            logits = stepper.step(np.array([child.tokens[-1] for child in live] + [0] * (width - len(live))))
    best = min(over, key=lambda one: one.score, default=_Beginning((), 0, 0.0))
    return _as_text(model, prompt, best, length)


def _likeliest(
    model: SavedModel, prompt: FittedPrompt, live: list[_Beginning], logits: np.ndarray, width: int, may_end: bool
) -> tuple[list[_Beginning], list[int]]:
    """The likeliest continuations by one token, and the row of the beginning that each continues."""
    check_logits(logits)
    with np.errstate(divide="ignore"):
        nats = np.array([[one.nats] for one in live]) - np.log(softmax(logits))  # (B, V)
    if not may_end:
        nats[:, END_OF_TEXT] = math.inf
    flat = nats.ravel()
    order = np.argsort(flat, kind="stable")[:width]
    children, rows = [], []
    for place in order[np.isfinite(flat[order])].tolist():
        row, token = divmod(place, nats.shape[1])
        parent = live[row]
        before = parent.tokens or prompt.ids
        piece = b"" if token == END_OF_TEXT else model.tokenizer.pieces(before[-1] if before else END_OF_TEXT)[token]
        n_characters = parent.n_characters + sum(byte & 0xC0 != 0x80 for byte in piece)
        children.append(_Beginning((*parent.tokens, token), n_characters, float(flat[place])))
        rows.append(row)
    return children, rows


def _is_over(one: _Beginning, length: int) -> bool:
    return one.n_characters >= length or one.tokens[-1] == END_OF_TEXT


def _as_text(model: SavedModel, prompt: FittedPrompt, one: _Beginning, length: int) -> GeneratedText:
    detokenizer = Detokenizer(model.tokenizer)
    for token in prompt.ids:
        detokenizer.write(token)
    has_ended = bool(one.tokens) and one.tokens[-1] == END_OF_TEXT
    tokens = one.tokens[:-1] if has_ended else one.tokens
    text = "".join(map(detokenizer.write, tokens)) + detokenizer.finish()
    return GeneratedText(text[:length], "end-of-text" if has_ended else "length", one.nats)
