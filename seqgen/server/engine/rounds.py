"""What the thread of an engine does, round by round: prepare texts, read prompts, and step all texts together.

Only that thread is in here, so nothing is locked. A text goes through these stations, and may leave at any of them:

    constraints are built -> its prompt is read -> it takes its first token -> it is in the batch <-> it pauses
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import final

from seqgen.inference import MULTIPLE, MixedSlots, Slots, build_slots
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.prefill import cpu_stepper
from seqgen.server.engine.batch import Batch
from seqgen.server.engine.constraints import ConstraintBuilder
from seqgen.server.engine.contract import CANCELLED, ENDING, EngineLimits, Failed, Finished, StreamRequest
from seqgen.server.engine.counts import EngineCounts
from seqgen.server.engine.reading import PromptReader, ReadPrompt
from seqgen.server.engine.stream import Stream, failure
from seqgen.server.engine.ticket import Ticket

_READING_S = 0.008
"""So long prompts are read between two steps."""
_SLOW = Failed("the client has not read the text for too long")


@final
class Rounds:
    """The work on the texts of one model. `hand_in` lets other threads have something done in the next round."""

    def __init__(
        self, model: SavedModel, limits: EngineLimits, *, hand_in: Callable[[Callable[[], None]], None]
    ) -> None:
        self.inside: set[Ticket] = set()
        """The tickets of texts that have a place and have not ended."""
        self.counts = EngineCounts()
        self._model = model
        self._patience_s = limits.patience_s
        self._hand_in = hand_in
        self._builder = ConstraintBuilder(model)
        self._fresh = cpu_stepper(model)
        self._slots = slots_of(model)
        self._reader = PromptReader(self._fresh)
        self._batch = self._empty_batch()
        self._ready: list[Stream] = []
        """Their prompts are read."""
        self._joining: list[Stream] = []
        """They join the batch before its next step."""
        self._paused: list[tuple[Stream, float]] = []
        """Their clients have much to read. With the time since when."""

    @property
    def is_busy(self) -> bool:
        """Whether there is something to do at once."""
        return self._reader.is_busy or bool(self._ready or self._joining) or len(self._batch) > 0

    def go_on(self, admitted: Iterable[tuple[StreamRequest, Ticket]], actions: Iterable[Callable[[], None]]) -> None:
        """Admit texts, do what was handed in, and one round of work.

        An error that no single text is to blame for ends all of them, and the engine goes on with others.
        """
        coming = {ticket: request for request, ticket in admitted}
        self.inside.update(coming)
        try:
            for ticket, request in coming.items():
                self._prepare(request, ticket)
            for action in actions:
                action()
            self._work()
        except Exception as error:
            self._fail(failure(error))

    def close(self) -> None:
        """End all texts."""
        self._builder.close()
        self._fail(ENDING)
        self._batch.close()

    def _prepare(self, request: StreamRequest, ticket: Ticket) -> None:
        """Have the constraints of a text built."""

        def then(outcome: list[Constraint] | Exception) -> None:
            self._hand_in(lambda: self._read(request, ticket, outcome))

        self._builder.build(request, then, is_wanted=lambda: not ticket.is_cancelled)

    def _read(self, request: StreamRequest, ticket: Ticket, outcome: list[Constraint] | Exception) -> None:
        """Have the prompt of a text read whose constraints are there. It may have ended meanwhile."""
        if ticket not in self.inside:
            return
        if isinstance(outcome, Exception):
            self._end(ticket, failure(outcome))
            return

        def then(read: ReadPrompt) -> None:
            try:
                self._ready.append(Stream(self._model, request, ticket, read=read, own=outcome))
            except Exception as error:
                self._end(ticket, failure(error))

        self._reader.ask(request.prompt.ids, ticket, then)

    def _work(self) -> None:
        for ticket in [ticket for ticket in self.inside if ticket.is_cancelled]:
            self._end(ticket, CANCELLED)
        self._look_at_paused()
        if self._reader.is_busy:
            self._count(n_tokens_read=self._reader.read(within_s=_READING_S))
        if self._ready:
            begun, self._ready = [stream for stream in self._ready if not stream.ticket.is_cancelled], []
            for stream in begun:
                stream.begin()
            self._count(n_tokens=len(begun))
            self._settle(begun)
        if self._joining:
            self._batch.join(self._joining)
            self._joining = []
        if len(self._batch):
            self._step()

    def _step(self) -> None:
        started, n_tokens = time.perf_counter(), len(self._batch)
        self._settle(self._batch.step())
        step_s = time.perf_counter() - started
        longest = max(self.counts.longest_step_s, step_s)
        self._count(n_tokens=n_tokens, n_steps=1, step_s=step_s, longest_step_s=longest - self.counts.longest_step_s)

    def _settle(self, streams: Iterable[Stream]) -> None:
        """Find out what becomes of streams that are in no slot."""
        for stream in streams:
            if stream.last is not None:
                self._note_end(stream.ticket, stream.last)
            elif stream.ticket.is_cancelled:
                continue
            elif stream.ticket.has_room:
                self._joining.append(stream)
            else:
                self._paused.append((stream, time.monotonic()))

    def _look_at_paused(self) -> None:
        """Let those streams continue that their clients have made room for, and give up those that nobody reads."""
        paused, self._paused = self._paused, []
        for stream, since in paused:
            if stream.ticket.is_cancelled:
                continue
            if stream.ticket.has_room:
                self._joining.append(stream)
            elif time.monotonic() - since > self._patience_s:
                self._end(stream.ticket, _SLOW)
            else:
                self._paused.append((stream, since))

    def _end(self, ticket: Ticket, last: Failed) -> None:
        ticket.put(last)
        self._note_end(ticket, last)

    def _note_end(self, ticket: Ticket, last: Finished | Failed) -> None:
        self.inside.discard(ticket)
        if ticket.is_cancelled:
            self._count(n_cancelled=1)
        elif isinstance(last, Finished):
            self._count(n_finished=1)
        else:
            self._count(n_failed=1)

    def _fail(self, last: Failed) -> None:
        """End all texts."""
        for ticket in list(self.inside):
            self._end(ticket, last)
        self._reader = PromptReader(self._fresh)
        self._batch.close()
        self._batch = self._empty_batch()
        self._ready, self._joining, self._paused = [], [], []

    def _count(self, **added: float) -> None:
        counts = self.counts
        self.counts = replace(counts, **{name: getattr(counts, name) + more for name, more in added.items()})

    def _empty_batch(self) -> Batch:
        return Batch(self._slots, may_end=self._model.has_documents)


def slots_of(model: SavedModel) -> Slots:
    """Slots of a model, mixed with its n-gram expert if it has one.

    >>> import numpy as np
    >>> from seqgen.run import open_model
    >>> slots_of(open_model("checkpoints/story")).step(np.zeros(MULTIPLE, np.int64)).shape[0]
    4
    """
    slots = build_slots(model.record.model, model.weights, n_slots=MULTIPLE)
    return slots if model.expert is None else MixedSlots(slots, model.expert, n_slots=MULTIPLE)
