"""A model that goes on with a text that somebody else is writing too."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.inference import State, build_stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.filters import GumbelNoise, Logits, apply_filters, check_logits, sample_tokens
from seqgen.sampling.generated import rank_tokens
from seqgen.sampling.prompt import fit_prompt
from seqgen.tokenizers import END_OF_TEXT, Detokenizer

_MOST_CHARACTERS = 4096  # of a text that are read before an answer, and as many more at most
_SNAPSHOT_EVERY = 128  # tokens: so much is read again when a text is changed before its end


class _Snapshot(NamedTuple):
    n_read: int
    state: State
    logits: Logits


@final
class CoWriter:
    """Odds and continuations for a text that grows and changes: what it has read before is not read again.

    Of a long text it reads the last part, which begins at a multiple of 4,096 characters.
    """

    def __init__(self, model: SavedModel) -> None:
        self._model = model
        self._may_end = model.has_documents
        self._stepper = build_stepper(model.record.model, model.weights, n_streams=1)
        self._ids: NDArray[np.int64] = np.array([END_OF_TEXT])
        with one_thread():
            logits = self._stepper.step(self._ids)[0]
        self._snapshots = [_Snapshot(1, self._stepper.state(), logits.copy())]

    def odds(self, text: str, n: int) -> list[tuple[str, float]]:
        """The n likeliest tokens after a text, as text, with their probabilities."""
        logits = self._read(text)
        return rank_tokens(logits, self._model.tokenizer.pieces(int(self._ids[-1])))[:n]

    def continue_text(self, text: str, config: SamplingConfig, length: int) -> str:
        """A continuation of so many characters, or fewer where the model ends its document; by the seed."""
        logits = self._read(text)
        detokenizer = Detokenizer(self._model.tokenizer)
        for token in self._ids[1:].tolist():
            detokenizer.write(token)
        noise = GumbelNoise(config.seed, [0], len(logits))
        added = ""
        with one_thread():
            while len(added) < length:
                check_logits(logits)
                allowed = logits.copy()
                if not self._may_end:
                    allowed[END_OF_TEXT] = -np.inf
                token = int(sample_tokens(apply_filters(allowed, config), config.temperature, noise.next()[0]))
                if token == END_OF_TEXT:
                    break
                added += detokenizer.write(token)
                logits = self._stepper.step(np.array([token]))[0]
        return added[:length]

    def _read(self, text: str) -> Logits:
        """The logits after a text, read from the last snapshot that it shares; the stepper stands there too."""
        start = max(0, len(text) // _MOST_CHARACTERS - 1) * _MOST_CHARACTERS
        ids = np.array([END_OF_TEXT, *fit_prompt(text[start:], self._model.tokenizer).ids], dtype=np.int64)
        n_shared = min(len(ids), len(self._ids))
        differ = np.flatnonzero(ids[:n_shared] != self._ids[:n_shared])
        n_shared = int(differ[0]) if len(differ) else n_shared
        while self._snapshots[-1].n_read > n_shared:
            self._snapshots.pop()
        self._ids = ids
        self._stepper.set_state(self._snapshots[-1].state)
        with one_thread():
            while (first := self._snapshots[-1].n_read) < len(ids):
                part = ids[first : first - first % _SNAPSHOT_EVERY + _SNAPSHOT_EVERY]
                logits = self._stepper.read(part.tolist())[0].copy()
                self._snapshots.append(_Snapshot(first + len(part), self._stepper.state(), logits))
        latest = self._snapshots[-1]
        self._snapshots = [one for one in self._snapshots if one.n_read % _SNAPSHOT_EVERY <= 1 or one is latest]
        return latest.logits.copy()
