"""The co-writer: a model that continues a text which somebody else is writing and changing.

`TextStream` reads a prompt once and continues it. The co-writer answers again and again, after every change.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError
from seqgen.inference import State, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.candidates import Candidates
from seqgen.sampling.constraints.base import is_complete
from seqgen.sampling.constraints.constraint_set import ConstraintSet
from seqgen.sampling.direction import require_forward
from seqgen.sampling.filters import Logits
from seqgen.sampling.generate import generate
from seqgen.sampling.growing_text import GrowingText
from seqgen.sampling.line_ends import LearnedLineEnds
from seqgen.sampling.odds import next_odds
from seqgen.sampling.prefill import Prefill, cpu_stepper
from seqgen.sampling.prompt import FittedPrompt, fit_config, fit_prompt
from seqgen.tokenizers import END_OF_TEXT

_BLOCK = 4096
"""Characters. Of a long text, the co-writer reads the last one to two blocks of this size."""
_SNAPSHOT_EVERY = 128
"""Tokens between snapshots of the model's state. After a change in the text, at most this many tokens before the change
are read again."""


class _Snapshot(NamedTuple):
    """The model after the first tokens of a text."""

    n_read: int
    state: State
    logits: Logits
    """(V,): of the token that follows."""


@final
class CoWriter:
    """Continues a text that grows and changes, and tells what may come next. What it has read is not read again.

    Of a long text it reads only the end, which begins at a multiple of 4,096 characters and is at least that long.
    Texts and continuations have newlines, also if the model has learned another line end.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import CoWriter
    >>> co_writer = CoWriter(open_model("checkpoints/story"))
    >>> len(co_writer.continue_text("The cat", SamplingConfig(temperature=0.5), length=12))
    12
    >>> [text for text, probability in co_writer.odds("Mi", 1)]
    [...]

    Raises:
        ConfigError: the model learned from pairs, or reads backward.
    """

    def __init__(self, model: SavedModel) -> None:
        if model.source_tokenizer is not None:
            raise ConfigError(
                f"{model.name} learned from pairs, and continues no text: write targets with seqgen sample --source "
                "TEXT, or find the likeliest ones with seqgen predict"
            )
        require_forward(model, "seqgen write")
        self._model = model
        self._line_ends = LearnedLineEnds(model)
        self._stepper = cpu_stepper(model)
        self._ids: NDArray[np.int64] = np.array([END_OF_TEXT])
        """The tokens of the latest text, after an end-of-text token."""
        with one_thread():
            logits = self._stepper.step(self._ids)[0]
        self._snapshots = [_Snapshot(1, self._stepper.state(), logits.copy())]
        self._latest_constraints: tuple[SamplingConfig, ConstraintSet] | None = None

    def odds(self, text: str, n: int) -> list[tuple[str, float]]:
        """The n likeliest tokens after a text, with their probabilities.

        Raises:
            TokenizerError: the model knows no character of the text.
            RunError: the model has diverged in training.
        """
        return next_odds(self._read(self._prompt(text).ids), self._model.tokenizer)[:n]

    def continue_text(self, text: str, config: SamplingConfig, *, length: int) -> str:
        """A continuation of `length` characters, or fewer if the model ends its document or another ending comes first.

        Every option of the configuration applies, as in `TextStream`.

        Raises:
            ConfigError: a `match` that is not valid, or that no continuation of this length can match; or a `hold`.
            CorpusError: `no_copy` or `words` needs the training text, and it is not found.
            TokenizerError: the model knows no character of the text.
            RunError: the model has diverged, or the constraints leave not even a first token.
        """
        if config.hold:
            raise ConfigError("the co-writer holds no units: use seqgen sample --hold")
        config = replace(self._line_ends.fit(fit_config(config, self._model)), until_end_of_text=True)
        prompt = self._prompt(text)
        constraints = self._constraint_set(config).after(prompt.ids, length=length)
        growing = GrowingText(prompt.detokenizer.fork(), config, length=length, is_complete=is_complete(constraints))
        prefilled = self._read(prompt.ids)
        candidates = Candidates(prefilled, config, constraints=[constraints], may_end=self._model.has_documents)
        continuation = ""
        with closing(generate(prefilled, candidates)) as tokens:
            while growing.ending is None:
                token = int(next(tokens).ids[0])
                continuation += growing.take(token, is_complete=candidates.is_complete(0))
        return self._line_ends.to_newlines(continuation)

    def _prompt(self, text: str) -> FittedPrompt:
        """The end of a text as the model reads it."""
        return fit_prompt(self._model.read(self._line_ends.to_learned(_end_of(text))), self._model.tokenizer)

    def _constraint_set(self, config: SamplingConfig) -> ConstraintSet:
        """Built anew only when the configuration changes in more than its temperature and seed."""
        key = replace(config, temperature=0.0, seed=0)
        if self._latest_constraints is None or self._latest_constraints[0] != key:
            self._latest_constraints = key, ConstraintSet(self._model, config)
        return self._latest_constraints[1]

    def _read(self, prompt: tuple[int, ...]) -> Prefill:
        """Read a text, from the latest snapshot that lies in the part it shares with the text before."""
        ids = np.array([END_OF_TEXT, *prompt], dtype=np.int64)
        n_compared = min(len(ids), len(self._ids))
        different = np.flatnonzero(ids[:n_compared] != self._ids[:n_compared])
        n_shared = int(different[0]) if len(different) else n_compared
        while self._snapshots[-1].n_read > n_shared:
            self._snapshots.pop()
        self._ids = ids
        self._stepper.set_state(self._snapshots[-1].state)
        with one_thread():
            while (n_read := self._snapshots[-1].n_read) < len(ids):
                part = ids[n_read : n_read - n_read % _SNAPSHOT_EVERY + _SNAPSHOT_EVERY]
                logits = self._stepper.read(part.tolist())[0].copy()
                self._snapshots.append(_Snapshot(n_read + len(part), self._stepper.state(), logits))
        latest = self._snapshots[-1]
        self._snapshots = [kept for kept in self._snapshots if kept.n_read % _SNAPSHOT_EVERY <= 1 or kept is latest]
        return Prefill(self._stepper, latest.logits[None], prompt)


def _end_of(text: str) -> str:
    """The part of a text that is read."""
    return text[max(0, len(text) // _BLOCK - 1) * _BLOCK :]
