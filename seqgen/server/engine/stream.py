"""One of the texts that are written together: its own sampling, its own chance, its own ending."""

from __future__ import annotations

import math
import sys
import traceback
from collections.abc import Hashable
from typing import final

import numpy as np

from seqgen.config import SamplingConfig
from seqgen.errors import CorpusError, SeqgenError
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

BUG = Failed("the server failed at this text: please report it", "server")
_NO_TEXT = Failed("the training text cannot be read any more", "server")


def failure(error: Exception) -> Failed:
    """What a client is told of an error that ends its text. Standard error gets the traceback of a bug.

    >>> from seqgen.errors import ConfigError
    >>> failure(ConfigError("ban leaves no token"))
    Failed(message='ban leaves no token', cause='request')
    >>> failure(ValueError("too few values to unpack")) == BUG
    True
    """
    if isinstance(error, CorpusError):  # whose message holds a path
        return _NO_TEXT
    if isinstance(error, SeqgenError):
        return Failed(str(error))
    traceback.print_exception(error, file=sys.stderr)
    return BUG


@final
class Stream:
    """A text after its prompt, which has been read. `take` gives it the logits of its next token.

    The same objects choose its tokens and end it that write the texts of `seqgen.sampling.TextStream`.
    """

    def __init__(
        self, model: SavedModel, request: StreamRequest, ticket: Ticket, *, read: ReadPrompt, own: list[Constraint]
    ) -> None:
        config = request.config
        self.ticket = ticket
        self.config = config
        self.state: State = read.state
        """Where it continues in the model, whenever it is in no slot."""
        self.token = 0
        """The token that the model reads next."""
        self.last: Finished | Failed | None = None
        """What its client was told last; None while it continues."""
        self.first_logits: Logits = read.prefilled.logits
        self.noise = GumbelNoise(config.seed, [request.number], vocab_size=self.first_logits.shape[1])
        self.is_free = not own and not config.has_penalty
        """Whether its next token follows from its logits, its filters, its temperature and its noise alone."""
        self.is_scored = request.is_scored and request.top_logprobs is None
        """Whether the log-probability of its tokens is wanted, and none beside it."""
        self.filters = _filters_of(config)
        self._n_top = request.top_logprobs
        self._n_left = math.inf if request.max_tokens is None else request.max_tokens
        self._candidates = Candidates(read.prefilled, config, constraints=[own], may_end=model.has_documents)
        self._text = GrowingText(
            request.prompt.detokenizer.fork(), config, length=request.max_characters, is_complete=is_complete(own)
        )
        if not self._n_left:
            self._text.cut()

    @property
    def can_go_on(self) -> bool:
        """Whether its client still wants it, and has room for what comes."""
        return self.ticket.has_room and not self.ticket.is_cancelled

    def begin(self) -> None:
        """Take the first token, from the logits after the prompt."""
        if self._text.ending:
            self.end(Finished(self._text.ending))
        else:
            self.take(self.first_logits)

    def take(self, logits: Logits) -> None:
        """Choose the next token by its logits, (1, V), and tell it.

        Whatever goes wrong is told as well: it ends this text, and no other.
        """
        try:
            ids = sample_ids(self._candidates, logits, noise=self.noise)
            self._candidates.take(ids)
            self._grow(int(ids[0]), logits=logits, is_complete=self._candidates.is_complete(0))
        except Exception as error:
            self.end(failure(error))

    def take_chosen(self, token: int, *, logits: Logits, logprob: float) -> None:
        """Tell a token that was chosen for it, with its log-probability if this is wanted; `is_free` must hold."""
        try:
            self._grow(token, logits=logits, logprob=logprob)
        except Exception as error:
            self.end(failure(error))

    def end(self, last: Finished | Failed) -> None:
        """End the text, and tell its client why."""
        self.last = last
        self.ticket.put(last)

    def _grow(self, token: int, *, logits: Logits, logprob: float = math.nan, is_complete: bool = False) -> None:
        text = self._text
        new = text.take(token, is_complete=is_complete)
        if token == STUCK:
            self.end(Finished("stuck", new))
            return
        self.token = token
        self._n_left -= 1
        if not self._n_left and not text.ending:
            new += text.cut()
        self.ticket.put(Piece(new, token, *self._scores(token, logits, logprob)))
        if text.ending:
            self.end(Finished(text.ending))

    def _scores(self, token: int, logits: Logits, logprob: float) -> tuple[float, tuple[tuple[int, float], ...]]:
        """The log-probability of a token, and the likeliest tokens with theirs, as far as they are wanted."""
        if (self._n_top is None and not self.is_scored) or logprob == logprob:
            return logprob, ()
        logprobs = -surprise_nats(logits[0])
        likeliest = np.argsort(-logprobs, kind="stable")[: self._n_top].tolist() if self._n_top else []
        return float(logprobs[token]), tuple((each, float(logprobs[each])) for each in likeliest)


def _filters_of(config: SamplingConfig) -> Hashable | None:
    """Configurations for which this is the same have the same filters; None if they have none."""
    filters = config.top_k, config.top_p, config.min_p, config.typical
    return None if filters == (None,) * 4 else filters
