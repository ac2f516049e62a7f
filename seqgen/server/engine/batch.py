"""The streams that share the steps of one model, on several decks if they are many."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import final

import numpy as np

from seqgen.inference import Slots, limit_this_thread
from seqgen.sampling.filters import are_sound
from seqgen.server.engine.choosing import take_together
from seqgen.server.engine.deck import Deck, Stepped
from seqgen.server.engine.stream import Stream

_FULL = 24
"""Streams on a deck before another one is used. Fewer are not worth a thread."""


@final
class Batch:
    """Streams in slots like these. `may_end` says whether the model can end a document.

    Many streams are on as many decks as there are processors. These step at the same time, each in a thread: NumPy lets
    other threads run while it calculates. On which deck a stream is changes nothing for it.
    """

    def __init__(self, slots: Slots, *, may_end: bool, n_decks: int | None = None) -> None:
        self._may_end = may_end
        self._decks = [Deck(slots) for _ in range(n_decks or os.cpu_count() or 1)]
        self._threads = ThreadPoolExecutor(
            max(1, len(self._decks) - 1), thread_name_prefix="seqgen-deck", initializer=limit_this_thread
        )

    def __len__(self) -> int:
        """How many streams are here."""
        return sum(map(len, self._decks))

    def join(self, streams: Sequence[Stream]) -> None:
        """Let streams join before the next step."""
        coming: dict[Deck, list[Stream]] = {deck: [] for deck in self._decks}
        for stream in streams:
            sizes = {deck: len(deck) + len(others) for deck, others in coming.items()}
            open_deck = next((deck for deck, size in sizes.items() if size < _FULL), None)
            coming[open_deck or min(sizes, key=sizes.__getitem__)].append(stream)
        for deck, own in coming.items():
            if own:
                deck.join(own)

    def step(self) -> list[Stream]:
        """One token of every stream. Returns the streams that have left: ended, cancelled or paused."""
        first, *others = [deck for deck in self._decks if len(deck)]
        running = [self._threads.submit(deck.step) for deck in others]
        stepped = first.step()
        for future in running:
            stepped += future.result()
        self._take([each for each in stepped if not each.stream.ticket.is_cancelled])
        return [stream for deck in (first, *others) for stream in deck.let_out()]

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _take(self, stepped: Sequence[Stepped]) -> None:
        """Let every stream take its next token: those that are free together, and the others one by one."""
        together = [each for each in stepped if each.stream.is_free]
        if together:
            logits = np.concatenate([each.logits for each in together])
            if are_sound(logits):
                take_together([each.stream for each in together], logits, may_end=self._may_end)
            else:  # then each of them says so itself
                together = []
        for stream, own in stepped:
            if not together or not stream.is_free:
                stream.take(own)
