"""How likely the tokens of prompts are under a model, for requests with an echo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from seqgen.inference import Stepper, one_thread
from seqgen.sampling.filters import check_logits, surprise_nats
from seqgen.server.completions.scored_tokens import TokenScore
from seqgen.tokenizers import END_OF_TEXT


def score_prompts(
    fresh: Stepper, prompts: Sequence[Sequence[int]], *, n_top: int, is_cancelled: Callable[[], bool] = lambda: False
) -> list[list[TokenScore]]:
    """The scores of the tokens of each prompt, with so many of the likeliest tokens. The first token has none.

    All prompts are read side by side. `fresh` is a stepper of one stream that has read nothing, and stays so. Where it
    is cancelled, the scores end.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> saved = open_model("checkpoints/story")
    >>> (scores,) = score_prompts(cpu_stepper(saved), [saved.tokenizer.encode("Min").ids.tolist()], n_top=1)
    >>> [score.logprob is None for score in scores], len(scores[1].top)
    ([True, False, False], 1)

    Raises:
        RunError: the model has diverged in training.
    """
    scores = [[TokenScore(token, None) for token in prompt[:1]] for prompt in prompts]
    reading = [number for number, prompt in enumerate(prompts) if len(prompt) > 1]
    if not reading:
        return scores
    with one_thread():
        stepper = fresh.fork(len(reading))
        stepper.step(np.full(len(reading), END_OF_TEXT))
        for place in range(max(map(len, prompts)) - 1):
            going = [row for row, number in enumerate(reading) if len(prompts[number]) > place + 1]
            if len(going) < len(reading):
                reading = [reading[row] for row in going]
                stepper.select(np.array(going))
            if is_cancelled():
                break
            logits = stepper.step(np.array([prompts[number][place] for number in reading]))
            check_logits(logits)
            for number, logprobs in zip(reading, -surprise_nats(logits), strict=True):
                scores[number].append(_score(prompts[number][place + 1], logprobs, n_top=n_top))
    return scores


def _score(token: int, logprobs: NDArray[np.float64], *, n_top: int) -> TokenScore:
    likeliest = np.argsort(-logprobs, kind="stable")[:n_top].tolist()
    return TokenScore(token, float(logprobs[token]), [(each, float(logprobs[each])) for each in likeliest])
