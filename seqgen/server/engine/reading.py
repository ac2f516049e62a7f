"""Prompts are read beside the texts that are being written, a chunk at a time, so that none of these waits for long."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import final

from seqgen.inference import State, Stepper
from seqgen.sampling.prefill import Prefill
from seqgen.server.engine.ticket import Ticket
from seqgen.tokenizers import END_OF_TEXT

_CHUNK = 32
"""Tokens. A prompt is always cut in the same places, so that its bits do not depend on who else is there."""
_MOST_KEPT = 8
"""Prompts. The latest are kept, because several texts often continue the same one."""


@final
class ReadPrompt:
    """A prompt that has been read, and what a text needs that continues it."""

    def __init__(self, stepper: Stepper, prefilled: Prefill) -> None:
        self.prefilled = prefilled
        self.state: State = stepper.state()


@final
class _Reading:
    """A prompt that is being read, and who waits for it."""

    def __init__(self, stepper: Stepper, prompt: tuple[int, ...]) -> None:
        self.prompt = prompt
        self.waiting: list[tuple[Ticket, Callable[[ReadPrompt], None]]] = []
        self._stepper = stepper
        self._left = deque((END_OF_TEXT, *prompt))

    @property
    def n_left(self) -> int:
        """Tokens that are not read yet."""
        return len(self._left)

    @property
    def is_wanted(self) -> bool:
        """Whether anybody still waits for it."""
        return not all(ticket.is_cancelled for ticket, _ in self.waiting)

    def advance(self) -> ReadPrompt | None:
        """Read one more chunk. Returns what was read at the end."""
        chunk = [self._left.popleft() for _ in range(min(_CHUNK, len(self._left)))]
        logits = self._stepper.read(chunk)
        if self._left:
            return None
        return ReadPrompt(self._stepper, Prefill(self._stepper, logits.copy(), self.prompt))


@final
class PromptReader:
    """Reads prompts by turns, a chunk of each. `fresh` is a stepper of one stream that has read nothing, and stays so.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> from seqgen.server.engine import Ticket
    >>> from seqgen.server.engine.reading import PromptReader
    >>> reader, read = PromptReader(cpu_stepper(open_model("checkpoints/story"))), []
    >>> reader.ask((3, 1, 4), Ticket(), read.append)
    >>> reader.read(within_s=0.0)  # one chunk at least
    4
    >>> read[0].prefilled.prompt
    (3, 1, 4)
    """

    def __init__(self, fresh: Stepper) -> None:
        self._fresh = fresh
        self._readings: OrderedDict[tuple[int, ...], _Reading] = OrderedDict()
        self._known: OrderedDict[tuple[int, ...], ReadPrompt] = OrderedDict()

    @property
    def is_busy(self) -> bool:
        """Whether a prompt is being read."""
        return bool(self._readings)

    def ask(self, prompt: tuple[int, ...], ticket: Ticket, then: Callable[[ReadPrompt], None]) -> None:
        """Read a prompt for a ticket, and call `then` when it is read: at once, if it is known."""
        known = self._known.get(prompt)
        if known is not None:
            self._known.move_to_end(prompt)
            then(known)
            return
        if prompt not in self._readings:
            self._readings[prompt] = _Reading(self._fresh.fork(1), prompt)
        self._readings[prompt].waiting.append((ticket, then))

    def read(self, *, within_s: float) -> int:
        """Read chunks until the time is over or nothing is left, at least one. Returns how many tokens it read."""
        end, n_read = time.perf_counter() + within_s, 0
        while self._readings:
            prompt, reading = self._readings.popitem(last=False)
            if not reading.is_wanted:
                continue
            n_before = reading.n_left
            done = reading.advance()
            n_read += n_before - reading.n_left
            if done is None:
                self._readings[prompt] = reading
            else:
                self._keep(prompt, done)
                for _, then in reading.waiting:
                    then(done)
            if time.perf_counter() >= end:
                break
        return n_read

    def _keep(self, prompt: tuple[int, ...], done: ReadPrompt) -> None:
        self._known[prompt] = done
        while len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)
