"""One of the texts that are written together: its own sampling, its own chance, its own ending."""

from __future__ import annotations

import math
from typing import final

import numpy as np

from seqgen.errors import SeqgenError
from seqgen.inference import State
from seqgen.run import SavedModel
from seqgen.sampling import Candidates
from seqgen.sampling.candidates import STUCK
from seqgen.sampling.constraints.base import Constraint, is_complete
from seqgen.sampling.filters import Logits, surprise_nats
from seqgen.sampling.generate import sample_ids
from seqgen.sampling.growing_text import GrowingText
from seqgen.sampling.noise import GumbelNoise
from seqgen.server.engine.contract import Failed, Finished, Piece, StreamRequest
from seqgen.server.engine.reading import ReadPrompt
from seqgen.server.engine.ticket import Ticket

BUG = Failed("the server failed at this text: please report it", is_bug=True)


@final
class Stream:
    """A text after its prompt, which has been read. `take` gives it the logits of its next token.

    Its texts are those of `seqgen.sampling.TextStream`: the same objects choose its tokens and end it.
    """

    def __init__(
        self, model: SavedModel, request: StreamRequest, ticket: Ticket, *, read: ReadPrompt, own: list[Constraint]
    ) -> None:
        config = request.config
        self.ticket = ticket
        self.state: State = read.state
        """Where it continues in the model, whenever it is in no slot."""
        self.token = 0
        """The token that the model reads next."""
        self.n_tokens = 0
        self.last: Finished | Failed | None = None
        """What its client was told last; None while it continues."""
        self.first_logits: Logits = read.prefilled.logits
        self._request = request
        self._candidates = Candidates(read.prefilled, config, constraints=[own], may_end=model.has_documents)
        self._noise = GumbelNoise(config.seed, [request.number], vocab_size=self.first_logits.shape[1])
        self._text = GrowingText(
            request.prompt.detokenizer.fork(),
            config,
            length=request.max_characters,
            is_complete=is_complete(own),
        )
        if request.max_tokens == 0:
            self._text.cut()

    @property
    def can_go_on(self) -> bool:
        """Whether its client still wants it, and has room for what comes."""
        return not self.ticket.is_cancelled and self.ticket.has_room

    def begin(self) -> None:
        """Take the first token, from the logits after the prompt."""
        if self._text.ending:
            self.end(Finished(self._text.ending))
        else:
            self.take(self.first_logits)

    def take(self, logits: Logits) -> None:
        """Take the next token, from logits (1, V), and tell it.

        Whatever goes wrong is told as well: it ends this text, and no other.
        """
        try:
            self._take(logits)
        except SeqgenError as error:
            self.end(Failed(str(error)))
        except Exception:
            self.end(BUG)

    def end(self, last: Finished | Failed) -> None:
        """End the text, and tell its client why."""
        self.last = last
        self.ticket.put(last)

    def _take(self, logits: Logits) -> None:
        ids = sample_ids(self._candidates, logits, noise=self._noise)
        self._candidates.take(ids)
        token = int(ids[0])
        new = self._text.take(token, is_complete=self._candidates.is_complete(0))
        if token == STUCK:
            self.end(Finished("stuck", new))
            return
        self.token = token
        self.n_tokens += 1
        if self.n_tokens == self._request.max_tokens and not self._text.ending:
            new += self._text.cut()
        self.ticket.put(self._piece(new, logits))
        if self._text.ending:
            self.end(Finished(self._text.ending))

    def _piece(self, text: str, logits: Logits) -> Piece:
        n_top = self._request.top_logprobs
        if n_top is None and not self._request.is_scored:
            return Piece(text, self.token, math.nan)
        logprobs = -surprise_nats(logits[0])
        likeliest = np.argsort(-logprobs, kind="stable")[:n_top].tolist() if n_top else []
        top = tuple((token, float(logprobs[token])) for token in likeliest)
        return Piece(text, self.token, float(logprobs[self.token]), top)
