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

    The model reads the end-of-text token before every prompt. One that begins with it itself has a score of its first
    token after that. All prompts are read side by side. `fresh` is a stepper of one stream that has read nothing, and
    stays so. Where it is cancelled, the scores end.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> saved = open_model("checkpoints/story")
    >>> (scores,) = score_prompts(cpu_stepper(saved), [saved.tokenizer.encode("Min").ids.tolist()], n_top=1)
    >>> [score.logprob is None for score in scores], len(scores[1].top)
    ([True, False, False], 1)
    >>> (scores,) = score_prompts(cpu_stepper(saved), [[END_OF_TEXT, 5]], n_top=0)
    >>> [score.logprob is None for score in scores]
    [True, False]

    Raises:
        RunError: the model has diverged in training.
    """
    read = [tuple(prompt) if _begins_with_end(prompt) else (END_OF_TEXT, *prompt) for prompt in prompts]
    scores = [[TokenScore(END_OF_TEXT, None)] for _ in read]
    reading = [number for number, prompt in enumerate(prompts) if len(prompt) > 1]
    with one_thread():
        stepper = fresh.fork(max(1, len(reading)))
        for place in range(max(map(len, read)) - 1):
            going = [row for row, number in enumerate(reading) if len(read[number]) > place + 1]
            if len(going) < len(reading):
                reading = [reading[row] for row in going]
                stepper.select(np.array(going))
            if is_cancelled() or not reading:
                break
            logits = stepper.step(np.array([read[number][place] for number in reading]))
            check_logits(logits)
            for number, logprobs in zip(reading, -surprise_nats(logits), strict=True):
                scores[number].append(_score(read[number][place + 1], logprobs, n_top=n_top))
    return [
        found if _begins_with_end(prompt) else [*(TokenScore(token, None) for token in prompt[:1]), *found[2:]]
        for prompt, found in zip(prompts, scores, strict=True)
    ]


def _begins_with_end(prompt: Sequence[int]) -> bool:
    return list(prompt[:1]) == [END_OF_TEXT]


def _score(token: int, logprobs: NDArray[np.float64], *, n_top: int) -> TokenScore:
    likeliest = np.argsort(-logprobs, kind="stable")[:n_top].tolist()
    return TokenScore(token, float(logprobs[token]), [(each, float(logprobs[each])) for each in likeliest])
