"""The engine: writes the texts of one model for many clients, all in the same steps.

Clients and the thread of the engine meet here. What that thread does is in `rounds.py`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import final

from seqgen.errors import ConfigError, RunError
from seqgen.inference import limit_this_thread, one_thread
from seqgen.run import SavedModel
from seqgen.sampling import require_forward
from seqgen.server.engine.contract import CANCELLED, ENDING, EngineLimits, QueueFull, StreamRequest
from seqgen.server.engine.counts import EngineCounts
from seqgen.server.engine.rounds import Rounds
from seqgen.server.engine.ticket import Ticket

_LOOK_S = 1.0
"""How often the engine looks for clients that have read nothing for too long."""


@final
class Engine:
    """Writes texts of one model. One thread steps all of them together, from when the engine is made until `close`.

    A text joins between two steps and leaves between two steps. Its request alone decides what it says, whoever is
    served beside it: the same request has the same text, byte for byte.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> from seqgen.server.engine import Engine, EngineLimits, StreamRequest
    >>> model = open_model("checkpoints/story")
    >>> engine = Engine(model, limits=EngineLimits(most_streams=8, queue_length=8))
    >>> prompt, config = fit_prompt("Mina ", model.tokenizer), SamplingConfig(seed=1)
    >>> ticket = engine.submit(StreamRequest(prompt=prompt, config=config, max_characters=3))
    >>> [type(event).__name__ for event in ticket]
    ['Piece', 'Piece', 'Piece', 'Finished']
    >>> engine.close(within_s=1.0)

    Raises:
        ConfigError: the model reads backward, or learned from pairs.
    """

    def __init__(self, saved: SavedModel, *, limits: EngineLimits) -> None:
        require_forward(saved, "the server")
        if saved.source_tokenizer is not None:
            raise ConfigError(f"{saved.name} learned from pairs: it predicts targets, and writes no texts")
        self._limits = limits
        self._vocab_size = saved.tokenizer.vocab_size
        self._changed = threading.Condition()
        self._waiting: deque[tuple[StreamRequest, Ticket]] = deque()
        self._handed_in: list[Callable[[], None]] = []
        self._is_called = False
        self._is_closing = self._is_stopping = False
        self._rounds = Rounds(saved, limits, hand_in=self._hand_in)
        self._thread = threading.Thread(target=self._run, name="seqgen-engine", daemon=True)
        self._thread.start()

    @property
    def n_writing(self) -> int:
        """Texts that have a place: they are being prepared or written."""
        return len(self._rounds.inside)

    @property
    def n_waiting(self) -> int:
        """Texts that wait for a place."""
        return len(self._waiting)

    @property
    def counts(self) -> EngineCounts:
        """What was done so far."""
        return self._rounds.counts

    def submit(self, request: StreamRequest) -> Ticket:
        """Ask for a text. Returns at once.

        Raises:
            QueueFull: too many wait already.
            RunError: the engine is closed.
            ConfigError: the request holds units of the model, which all texts share, or has unknown token ids.
        """
        if request.config.hold:
            raise ConfigError("holds units of the model, which other texts use at the same time", field="hold")
        tokens = (*request.prompt.ids, *request.token_bias, 0)
        if not 0 <= min(tokens) <= max(tokens) < self._vocab_size:
            raise ConfigError(f"has a token id that is not from 0 to {self._vocab_size - 1:,}", field="prompt")
        ticket = Ticket(most_unread=self._limits.most_unread, call_engine=self._call)
        with self._changed:
            if self._is_closing:
                raise RunError(ENDING.message)
            if self.n_writing + self.n_waiting >= self._limits.most_streams + self._limits.queue_length:
                raise QueueFull("the server is busy: try again soon")
            self._waiting.append((request, ticket))
            self._changed.notify()
        return ticket

    def close(self, *, within_s: float) -> None:
        """Take no more requests, let the texts end for so long, and stop them then."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(within_s)
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self._thread.join()

    def _call(self) -> None:
        """Let the engine look at its tickets."""
        with self._changed:
            self._is_called = True
            self._changed.notify()

    def _hand_in(self, action: Callable[[], None]) -> None:
        """Let the thread of the engine do something before its next round."""
        with self._changed:
            self._handed_in.append(action)
            self._changed.notify()

    def _run(self) -> None:
        with one_thread():
            limit_this_thread()
            while self._wait():
                with self._changed:
                    n_free = self._limits.most_streams - self.n_writing
                    admitted = [self._waiting.popleft() for _ in range(min(n_free, len(self._waiting)))]
                    handed_in, self._handed_in, self._is_called = self._handed_in, [], False
                    self._waiting, cancelled = _without_cancelled(self._waiting)
                for ticket in cancelled:
                    ticket.put(CANCELLED)
                self._rounds.go_on(admitted, handed_in)
        self._rounds.close()
        for _, ticket in self._waiting:
            ticket.put(ENDING)

    def _wait(self) -> bool:
        """Wait until there is something to do. Returns False when the engine ends."""
        with self._changed:
            while not self._is_stopping:
                can_admit = self._waiting and self.n_writing < self._limits.most_streams
                if self._rounds.is_busy or can_admit or self._handed_in or self._is_called:
                    return True
                if self._is_closing and not self._rounds.inside and not self._waiting:
                    return False
                self._changed.wait(_LOOK_S if self._rounds.inside else None)
                if self._rounds.inside:
                    return True
            return False


def _without_cancelled(
    waiting: deque[tuple[StreamRequest, Ticket]],
) -> tuple[deque[tuple[StreamRequest, Ticket]], list[Ticket]]:
    """Those who still wait, and the tickets of the others."""
    cancelled = [ticket for _, ticket in waiting if ticket.is_cancelled]
    return (deque(pair for pair in waiting if not pair[1].is_cancelled) if cancelled else waiting), cancelled
