"""The sampling loop: from a prompt that has been read to the ids of several texts, one token each at a time.

Here everything is ids. `text_stream.py` turns ids into texts and ends them.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqgen.inference import one_thread
from seqgen.sampling.candidates import STUCK, Candidates
from seqgen.sampling.filters import Logits, surprise_nats
from seqgen.sampling.noise import GumbelNoise, sample_tokens
from seqgen.sampling.prefill import Prefill
from seqgen.tokenizers import END_OF_TEXT


class SampledTokens(NamedTuple):
    """One sampled token for each text."""

    ids: NDArray[np.int64]
    """(B,); `STUCK` where a text had no candidate left."""
    logits: Logits
    """(B, V): the model's own logits, before constraints and filters. The next step overwrites them."""

    def nats(self) -> NDArray[np.float64]:
        """How surprising the model itself found each token, (B,).

        >>> sampled = SampledTokens(ids=np.array([2]), logits=np.zeros((1, 4)))  # four equally likely tokens
        >>> round(float(np.exp(sampled.nats()[0])), 6)
        4.0
        """
        nats: NDArray[np.float64] = surprise_nats(self.logits)[np.arange(len(self.ids)), self.ids]
        return nats


def generate(prefilled: Prefill, candidates: Candidates, *, first: int = 0) -> Generator[SampledTokens]:
    """Yield the next token of every text, without end. All texts continue the same prompt.

    The texts are numbered from `first`. Each has its own random generator, made from the seed and its number. Until the
    iterator is closed, NumPy's linear algebra runs on one thread: so the same seed gives the same ids on any number of
    processors.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import Candidates, generate, prefill
    >>> prefilled = prefill(open_model("checkpoints/story"), ())
    >>> candidates = Candidates(prefilled, SamplingConfig(), constraints=[[], [], []])  # three texts, no constraints
    >>> tokens = generate(prefilled, candidates)
    >>> next(tokens).ids.shape
    (3,)
    >>> tokens.close()

    Raises:
        RunError: the model has diverged in training.
    """
    n_texts, vocab_size = candidates.n_texts, prefilled.logits.shape[1]
    with one_thread():
        stepper, logits = prefilled.stepper.fork(n_texts), np.repeat(prefilled.logits, n_texts, axis=0)
        noise = GumbelNoise(candidates.config.seed, range(first, first + n_texts), vocab_size=vocab_size)
        while True:
            ids = sample_ids(candidates, logits, noise=noise)
            candidates.take(ids)
            yield SampledTokens(ids, logits)
            has_stuck = STUCK in ids.tolist()
            logits = stepper.step(np.maximum(ids, END_OF_TEXT) if has_stuck else ids)  # a text that is stuck has ended


def sample_ids(candidates: Candidates, logits: Logits, *, noise: GumbelNoise) -> NDArray[np.int64]:
    """Sample a token for every text, (B,), and sample again where a constraint rejects it."""
    temperature = candidates.config.temperature
    ids = sample_tokens(candidates.restrict(logits), temperature, noise=noise.next())
    for text in candidates.constrained:
        token = int(ids[text])
        while candidates.rejects(text, token):
            remaining = candidates.remove(text, token)
            token = int(sample_tokens(remaining, temperature, noise=noise.next_for(text)))
        ids[text] = token if candidates.allows(text, token) else STUCK
    return ids
