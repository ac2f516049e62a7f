"""Constraints for texts of one model. Building some takes seconds, so it is done beside the engine, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import final

import numpy as np

from seqgen.config import SamplingConfig
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.constraint_set import ConstraintSet
from seqgen.sampling.filters import Logits
from seqgen.server.engine.contract import StreamRequest
from seqgen.server.threads import Threads

_N_THREADS = 2
_MOST_KEPT = 4
"""Sets of constraints that no text may need any more. One with an index of a large training text takes 300 MB."""


@final
class TokenBias(Constraint):
    """Adds a number to the logits of some tokens.

    >>> import numpy as np
    >>> from seqgen.server.engine.constraints import TokenBias
    >>> logits = np.zeros(3)
    >>> TokenBias({1: 2.5}).apply(logits)
    >>> logits.tolist()
    [0.0, 2.5, 0.0]
    """

    def __init__(self, bias: Mapping[int, float]) -> None:
        self._tokens, self._values = np.array(list(bias)), np.array(list(bias.values()))

    def take(self, token: int) -> None:
        pass

    def apply(self, logits: Logits) -> None:
        logits[self._tokens] += self._values


@final
class ConstraintBuilder:
    """Builds the constraints of requests, each in a thread beside the engine's, and keeps the latest.

    `close` ends the threads.
    """

    def __init__(self, model: SavedModel) -> None:
        self._model = model
        self._threads = Threads(_N_THREADS, name="seqgen-constraints")
        self._sets: OrderedDict[Hashable, ConstraintSet] = OrderedDict()
        self._lock = threading.Lock()

    def build(
        self,
        request: StreamRequest,
        then: Callable[[list[Constraint] | Exception], None],
        *,
        is_wanted: Callable[[], bool],
    ) -> None:
        """Build the constraints of a request, and call `then` with them, or with what was raised.

        `then` is called from another thread, or at once if there is nothing to build. Nothing is built, and `then` is
        not called, if nobody wants the text any more when its turn comes.
        """
        if _is_free(request.config):
            then(self._try(request))
        else:
            self._threads.submit(lambda: then(self._try(request)) if is_wanted() else None)

    def close(self) -> None:
        """Build nothing more."""
        self._threads.close()

    def _try(self, request: StreamRequest) -> list[Constraint] | Exception:
        try:
            constraints = self._set_of(request.config).after(request.prompt.ids, length=request.max_characters)
        except Exception as error:
            return error
        return [*([TokenBias(request.token_bias)] if request.token_bias else []), *constraints]

    def _set_of(self, config: SamplingConfig) -> ConstraintSet:
        key = _key_of(config)
        with self._lock:
            known = self._sets.get(key)
            if known is not None:
                self._sets.move_to_end(key)
                return known
        built = ConstraintSet(self._model, config)
        with self._lock:
            self._sets[key] = built
            while len(self._sets) > _MOST_KEPT:
                self._sets.popitem(last=False)
        return built


def _key_of(config: SamplingConfig) -> Hashable:
    """Two configurations with the same key have the same constraints."""
    bias = tuple(sorted(config.bias.items()))
    return config.ban, bias, config.match, config.words, config.no_copy, config.until_end_of_text


def _is_free(config: SamplingConfig) -> bool:
    """Whether nothing has to be built."""
    return not (config.ban or config.bias or config.words) and config.match is None and config.no_copy is None
