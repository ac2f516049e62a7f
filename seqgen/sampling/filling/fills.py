"""What may stand in one gap: fills that two models draw, scored by both, and weighed for resampling.

Let L be the text before a gap, R the text after it, and x a fill. A model that reads forward gives p(x R | L), one that
reads backward p(x L | R). Both are estimates of the same thing, how likely the whole text is, so we multiply them and
take the root: the geometric mean of the two, which is the product on the scale of one of them.

Nobody can draw from this product, but from its factors. So this is importance resampling (Rubin 1987):

1. Each model writes N texts into the gap, away from what it has read. Every beginning of each is a candidate, so fills
   of all lengths are tried, and the score of the place where a fill meets the other side decides where it ends.
2. Both models score every candidate exactly, together with the known text on the other side.
3. A candidate weighs the product, divided by the probability of having been drawn at all (Horvitz & Thompson 1952).
   Fills are chosen with probabilities in proportion to these weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.config import FillConfig
from seqgen.errors import RunError
from seqgen.sampling.filling.models import FillModels
from seqgen.sampling.filling.reader import GapReader, Ids
from seqgen.tokenizers import END_OF_TEXT, Detokenizer, Tokenizer
from seqgen.wording import count_of

HORIZON = 64
"""Tokens of the known text on the other side of a gap that are scored with each fill."""
_NEAR = 8
"""Tokens of it that are scored first, to find the fills that are worth more."""
_NEGLIGIBLE_NATS = 20.0
"""A fill whose weight cannot come closer than this to that of the best is left out: it would be chosen once in 500
million times."""
_SCORED_AT_ONCE = 64
_LEAST = 1e-300


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The known text around a gap.

    >>> Surroundings(before="The ", after=" sat.").is_whole
    True
    """

    before: str
    after: str
    is_whole: bool = True
    """Whether nothing is missing between the gap and the end of the text."""


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A fill of one gap, and what both models make of it.

    >>> Fill(text="cat", forward_nats=9.0, backward_nats=8.0, log_weight=-1.0).nats
    8.5
    """

    text: str
    forward_nats: float
    """-ln p of the fill and of what follows it, after what stands before it."""
    backward_nats: float
    """-ln p of the fill and of what stands before it, read from the end, after what follows it."""
    log_weight: float
    """The logarithm of what the fill weighs when fills are chosen."""

    @property
    def nats(self) -> float:
        """Of both together: minus the logarithm of the geometric mean."""
        return (self.forward_nats + self.backward_nats) / 2


def find_fills(models: FillModels, around: Surroundings, config: FillConfig, *, seed: int) -> list[Fill]:
    """Draw and weigh fills of one gap, one or more; the heaviest comes first.

    Raises:
        RunError: no fill of the wanted length was drawn.

    >>> from dataclasses import replace
    >>> from seqgen.config import CorpusConfig, FillConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.filling import FillModels
    >>> forward = open_model("checkpoints/story")
    >>> corpus = replace(forward.record.corpus, config=replace(forward.record.corpus.config, backward=True))
    >>> backward = replace(forward, record=replace(forward.record, corpus=corpus))
    >>> around = Surroundings(before="The c", after=" sat.")
    >>> fills = find_fills(FillModels(forward, backward), around, FillConfig(length=2, draws=8), seed=0)
    >>> {len(fill.text) for fill in fills}
    {2}
    """
    tokenizer = models.tokenizer
    begins_with = " " if around.before.endswith(" ") and _has_spaced_tokens(tokenizer) else ""
    left, right = (
        tokenizer.encode(tokenizer.mark(text)).ids.tolist()
        for text in (around.before.removesuffix(begins_with), around.after)
    )
    readers = GapReader(models.forward, left), GapReader(models.backward, right)
    texts = _candidates(readers, tokenizer, config=config, seed=seed, begins_with=begins_with)
    if not texts:
        size = count_of(config.length, "character") if config.length else f"1 to {config.max_length:,} characters"
        raise RunError(f"the models drew no fill of {size}: raise --draws, or allow other lengths")
    ends = (END_OF_TEXT,) if models.has_documents else ()
    known = (*right, *(ends if around.is_whole else ()))[:HORIZON], (*reversed(left), *ends)[:HORIZON]
    return [
        Fill(text=texts[ids], forward_nats=-forward, backward_nats=-backward, log_weight=weight)
        for ids, forward, backward, weight in _weigh(readers, list(texts), known=known, config=config)
    ]


def _has_spaced_tokens(tokenizer: Tokenizer) -> bool:
    """Whether the space before a word is part of its token, so that a text before a gap should not end with a space."""
    return any(len(piece) > 1 and piece.startswith(b" ") for piece in tokenizer.pieces(END_OF_TEXT)[1:])


def _candidates(
    readers: tuple[GapReader, GapReader], tokenizer: Tokenizer, *, config: FillConfig, seed: int, begins_with: str
) -> dict[Ids, str]:
    """Different fills in the order of the text, and what each reads, without the space that it has to begin with."""
    longest, shortest = config.longest, config.length or 1
    found: dict[Ids, str] = {}
    for reader, step in zip(readers, (1, -1), strict=True):
        for drawn in reader.draw(config.draws, length=longest + len(begins_with), seed=seed):
            for length in range(1, len(drawn) + 1):
                ids = drawn[:length][::step]
                if ids not in found:
                    found[ids] = _text_of(ids, tokenizer, begins_with=begins_with)
    return {ids: text for ids, text in found.items() if shortest <= len(text) <= longest}


def _text_of(ids: Ids, tokenizer: Tokenizer, *, begins_with: str) -> str:
    """Nothing if the ids are not whole characters, or do not begin as they must."""
    detokenizer = Detokenizer(tokenizer)
    text = "".join(map(detokenizer.write, ids)) + detokenizer.finish()
    return "" if detokenizer.n_invalid or not text.startswith(begins_with) else text.removeprefix(begins_with)


def _weigh(
    readers: tuple[GapReader, GapReader], fills: Sequence[Ids], *, known: tuple[Ids, Ids], config: FillConfig
) -> list[tuple[Ids, float, float, float]]:
    """Each fill with ln p under both models and the logarithm of its weight, the heaviest first.

    No token has a ln p above 0, so the weight after some tokens of the known text bounds that after all of them. Fills
    are scored in the order of this bound, until it says that nothing more can count.
    """
    near = _log_joint(readers, fills, known=(known[0][:_NEAR], known[1][:_NEAR]))
    power = 0.5 / (config.temperature or 1.0)
    drawn = log_inclusion(near.own, n=config.draws) if config.temperature else np.zeros(len(fills))
    bounds = power * near.whole.sum(axis=0) - drawn
    best, found = -np.inf, list[tuple[Ids, float, float, float]]()
    for rows in _in_order(bounds):
        rows = rows[bounds[rows] >= best - _NEGLIGIBLE_NATS]
        if not len(rows):
            break
        whole = _log_joint(readers, [fills[row] for row in rows], known=known).whole
        weights = power * whole.sum(axis=0) - drawn[rows]
        best = max(best, float(weights.max()))
        found += zip([fills[row] for row in rows], *whole.tolist(), weights.tolist(), strict=True)
    return sorted(found, key=lambda each: -each[3])


def _in_order(bounds: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """The places of the highest bounds, some at a time."""
    order = np.argsort(-bounds, kind="stable")
    for first in range(0, len(order), _SCORED_AT_ONCE):
        yield order[first : first + _SCORED_AT_ONCE]


@dataclass(frozen=True, eq=False)
class _LogJoint:
    """ln p of N fills under both models."""

    own: NDArray[np.float64]
    """Of the fill alone. (2, N)"""
    whole: NDArray[np.float64]
    """Of the fill and the known text on the other side. (2, N)"""


def _log_joint(readers: tuple[GapReader, GapReader], fills: Sequence[Ids], *, known: tuple[Ids, Ids]) -> _LogJoint:
    own, whole = np.empty((2, len(fills))), np.empty((2, len(fills)))
    for number, (reader, beyond, step) in enumerate(zip(readers, known, (1, -1), strict=True)):
        logs = reader.log_probabilities([(*fill[::step], *beyond) for fill in fills])
        own[number] = [row[: len(fill)].sum() for row, fill in zip(logs, fills, strict=True)]
        whole[number] = [row.sum() for row in logs]
    return _LogJoint(own, whole)


def log_inclusion(log_p: NDArray[np.float64], *, n: int) -> NDArray[np.float64]:
    """ln of the probability that a fill is drawn at least once, if two models draw n texts each.

    `log_p` is ln p of each fill under both models, (2, N); a text begins with a fill as often as that.

    >>> import numpy as np
    >>> np.exp(log_inclusion(np.log([[0.5], [0.5]]), n=1)).round(3).tolist()  # not if both models miss it
    [0.75]
    """
    log_misses = n * np.log1p(-np.minimum(np.exp(log_p), 1 - 1e-12)).sum(axis=0)
    included: NDArray[np.float64] = np.log(np.maximum(-np.expm1(log_misses), _LEAST))
    return included
