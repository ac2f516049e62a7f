"""One model at one end of a gap: it has read the known text on its side, and says how likely what comes next is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.inference import one_thread
from seqgen.run import SavedModel
from seqgen.sampling.backward import characters_begun
from seqgen.sampling.filters import Logits, check_logits
from seqgen.sampling.noise import GumbelNoise, sample_tokens
from seqgen.sampling.prefill import prefill
from seqgen.tokenizers import END_OF_TEXT

Ids = tuple[int, ...]
_MOST_STREAMS = 128
"""Texts that are read side by side. More take more memory, and hardly less time."""
_TOKENS_PER_CHARACTER = 4
"""A character of UTF-8 has at most so many bytes, and no tokenizer makes more tokens of it."""


@final
class GapReader:
    """A model that has read what is known on its side of a gap, and reads on from there as often as it is asked.

    A model that reads forward has read the text before the gap; one that reads backward has read the text after it,
    from its end. Tokens are given and returned in the order in which the model reads them.

    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> reader = GapReader(model, model.tokenizer.encode("The c").ids.tolist())
    >>> at, n = reader.log_probabilities([model.tokenizer.encode(text).ids.tolist() for text in ("at", "n")])
    >>> at.shape, n.shape
    ((2,), (1,))
    """

    def __init__(self, model: SavedModel, known: Sequence[int]) -> None:
        prefilled = prefill(model, known)
        check_logits(prefilled.logits)
        self._stepper, self._logits = prefilled.stepper, prefilled.logits
        self._n_begun = characters_begun(model.tokenizer)

    def draw(self, n: int, *, length: int, seed: int) -> list[Ids]:
        """N texts into the gap, each as likely as the model finds it, until more than `length` characters have begun.

        So the last byte of a character is never missing. A text ends before an end-of-text token.

        >>> from seqgen.run import open_model
        >>> reader = GapReader(open_model("checkpoints/story"), [])
        >>> [len(text) for text in reader.draw(3, length=5, seed=0)]
        [6, 6, 6]
        """
        drawn: list[Ids] = []
        with one_thread():
            for first in range(0, n, _MOST_STREAMS):
                drawn += self._draw(range(first, min(n, first + _MOST_STREAMS)), length=length, seed=seed)
        return drawn

    def _draw(self, numbers: range, *, length: int, seed: int) -> list[Ids]:
        n_streams, vocab_size = len(numbers), self._logits.shape[1]
        stepper, logits = self._stepper.fork(n_streams), np.repeat(self._logits, n_streams, axis=0)
        noise = GumbelNoise(seed, numbers, vocab_size=vocab_size)
        drawn = np.empty((n_streams, 0), dtype=np.int64)
        while drawn.shape[1] < _TOKENS_PER_CHARACTER * (length + 1):
            ids = sample_tokens(logits, 1.0, noise=noise.next())
            drawn = np.column_stack([drawn, ids])
            has_ended = (drawn == END_OF_TEXT).any(axis=1) | (self._n_begun[drawn].sum(axis=1) > length)
            if has_ended.all():
                break
            logits = stepper.step(ids)
        return [_before_end(row) for row in drawn.tolist()]

    def log_probabilities(self, texts: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
        """ln p of every token of each text, exactly: after what the model knows, and after the tokens before it.

        Texts of one length or nearly so are read side by side, which is much faster than one by one.
        """
        found: list[NDArray[np.float64]] = [np.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        with one_thread():
            for first in range(0, len(order), _MOST_STREAMS):
                rows = order[first : first + _MOST_STREAMS]
                for row, logs in zip(rows, self._read([texts[row] for row in rows]), strict=True):
                    found[row] = logs
        return found

    def _read(self, texts: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
        lengths, streams = [len(text) for text in texts], np.arange(len(texts))
        ids = np.full((len(texts), max(lengths)), END_OF_TEXT, dtype=np.int64)  # (B, T)
        for row, text in zip(ids, texts, strict=True):
            row[: len(text)] = text
        logs = np.empty(ids.shape)
        stepper, logits = self._stepper.fork(len(texts)), np.repeat(self._logits, len(texts), axis=0)
        for time in range(ids.shape[1]):
            logs[:, time] = logits[streams, ids[:, time]] - _log_sums(logits)
            if time + 1 < ids.shape[1]:
                logits = stepper.step(ids[:, time])
        return [row[:length] for row, length in zip(logs, lengths, strict=True)]


def _before_end(ids: list[int]) -> Ids:
    return tuple(ids[: ids.index(END_OF_TEXT)] if END_OF_TEXT in ids else ids)


def _log_sums(logits: Logits) -> NDArray[np.float64]:
    """The logarithms of the sums of exponentials, in float64. (B,)"""
    most = logits.max(axis=1).astype(np.float64)
    sums: NDArray[np.float64] = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
    return sums
