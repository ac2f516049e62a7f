"""What the attention heads of a Transformer look at: how far back, at the token before, or at what came after before.

- A previous-token head looks at the token just before.
- An induction head finds the last occurrence of the present token and looks at the token that came after it (Olsson et
  al. 2022). It is found on random tokens that come twice: there is nothing else in them to look at. Two sequences of
  different lengths are read, and the lower score counts, so that a head which always looks equally far back has none.

Every score stands beside the one of a head that looks at all visible positions alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seqgen.inspection.token_text import TokenText
from seqgen.models import Decoder
from seqgen.tokenizers import END_OF_TEXT
from seqgen.waiting import waiting

LEAST_SCORE = 0.4
"""A head with this share of its weight where a kind of head looks, or more, is of that kind."""
_TIMES_CHANCE = 3
"""It must also be this many times what a head has that looks everywhere."""
MOST_TOKENS = 4096
FEWEST_TOKENS = 100
_WINDOW = 64
_SKIPPED = 32
"""Tokens at the beginning that do not count: they see little."""
_LONGEST_SEQUENCE, _SHORTEST_SEQUENCE = 50, 8
_N_SEQUENCES = 8


@dataclass(frozen=True, kw_only=True)
class Head:
    """One attention head: where its weight is, in the mean over many tokens.

    >>> head = Head(layer=0, number=1, distance=1.2, itself=0.02, previous=0.95, entropy_bits=0.3, induction=None)
    >>> head.name, head.kind(chance=Head.of_chance(visible=64, sequence=None))
    ('0:1', 'previous token')
    """

    layer: int
    number: int
    distance: float
    """How many tokens back."""
    itself: float
    """The share of the weight on the token itself."""
    previous: float
    """The share on the token just before."""
    entropy_bits: float
    """2 to the power of this is the number of positions that it looks at, if it looks at them alike."""
    induction: float | None
    """The share on the token after the last occurrence of the present one (the prefix-matching score); None if the
    model sees too little of a text to measure it."""

    @classmethod
    def of_chance(cls, *, visible: float, sequence: int | None) -> Head:
        """A head that looks at all `visible` positions alike."""
        return cls(
            layer=-1,
            number=-1,
            distance=(visible - 1) / 2,
            itself=1 / visible,
            previous=1 / visible,
            entropy_bits=math.log2(visible),
            induction=None if sequence is None else 1 / (1.5 * sequence),
        )

    @property
    def name(self) -> str:
        """LAYER:HEAD, both counted from 0."""
        return f"{self.layer}:{self.number}"

    def kind(self, *, chance: Head) -> str:
        """What kind of head it is, or an empty text."""
        scores = {
            "induction": (self.induction or 0.0, chance.induction or 0.0),
            "previous token": (self.previous, chance.previous),
            "itself": (self.itself, chance.itself),
        }
        kinds = [
            name for name, (own, of_chance) in scores.items() if own >= max(LEAST_SCORE, _TIMES_CHANCE * of_chance)
        ]
        return kinds[0] if kinds else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "head": self.name,
            "mean_distance": self.distance,
            "on_itself": self.itself,
            "on_previous_token": self.previous,
            "entropy_bits": self.entropy_bits,
            "induction_score": self.induction,
        }


@final
class HeadCounter:
    """Adds up where the weight of every head is, over the windows of one stream.

    >>> counter = HeadCounter(skipped=1)
    >>> weights = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0.5, 0.5, 0]])  # three tokens, each attends to three
    >>> counter.add(weights[None, None, None])
    >>> counter.means()["previous"].tolist(), counter.visible
    ([[0.75]], 2.5)
    """

    def __init__(self, *, skipped: int) -> None:
        self._skipped = skipped
        self._n_read = self._n = 0
        self.reach = math.inf
        """How many positions a token can see, itself included; infinite if it has seen all there were."""
        self._sums: dict[str, Tensor] = {}

    def add(self, weights: Tensor) -> None:
        """Count a window, (L, B, H, T, S+T)."""
        n_time, n_seen = weights.shape[3:]
        position = torch.arange(n_time) + self._n_read
        counted = position >= self._skipped
        distance = torch.arange(n_seen - n_time, n_seen)[:, None] - torch.arange(n_seen)  # (T, S+T), below 0 ahead
        weights = weights.double()[..., counted, :]
        distance = distance[counted]
        parts = {
            "distance": (weights * distance.clamp(min=0)).sum(dim=-1),
            "itself": (weights * (distance == 0)).sum(dim=-1),
            "previous": (weights * (distance == 1)).sum(dim=-1),
            "entropy_bits": -torch.special.xlogy(weights, weights).sum(dim=-1) / math.log(2),
        }
        for name, part in parts.items():  # (L, B, H, T)
            self._sums[name] = self._sums.get(name, torch.zeros(1).double()) + part.sum(dim=(1, 3))
        if n_seen - n_time < self._n_read:
            self.reach = n_seen - n_time + 1
        self._n += int(counted.sum())
        self._n_read += n_time

    @property
    def visible(self) -> float:
        """How many positions a token sees in the mean."""
        seen = np.minimum(np.arange(self._skipped, self._n_read) + 1, self.reach)
        return float(seen.mean())

    def means(self) -> dict[str, NDArray[np.float64]]:
        """The means over all tokens that count, (L, H) each."""
        return {name: (total / self._n).numpy() for name, total in self._sums.items()}


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """What random tokens cost that come twice, and where the heads look the second time.

    >>> Repeats(length=9, scores=np.zeros((1, 1)), first_bits=6.0, second_bits=1.0).first_bits
    6.0
    """

    length: int
    """Of the longer sequence."""
    scores: NDArray[np.float64]
    """The prefix-matching score of every head, the lower of two sequences, (L, H)."""
    first_bits: float
    """Bits per token the first time."""
    second_bits: float
    """The second time. A model that copies what it has seen needs far fewer."""


@torch.inference_mode()
def measure_heads(decoder: Decoder, text: TokenText) -> tuple[list[Head], Head, Repeats | None]:
    """All heads of a Transformer on a text, layer by layer; a head that looks everywhere alike; what repeats show.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> shape = {"n_layer": 2, "d_model": 8, "n_head": 2, "d_head": 4, "d_feedforward": 12, "dropout": 0.0}
    >>> decoder = build_model(TransformerConfig(vocab_size=20, memory=32, **shape)).eval()
    >>> text = TokenText.of(np.arange(120) % 20, open_model("checkpoints/story").tokenizer)
    >>> heads, chance, repeats = measure_heads(decoder, text)
    >>> [head.name for head in heads], round(chance.distance, 1), repeats.length
    (['0:0', '0:1', '1:0', '1:1'], 15.5, 19)
    """
    counter = HeadCounter(skipped=min(_SKIPPED, len(text.ids) // 2))
    ids = torch.from_numpy(np.concatenate(([END_OF_TEXT], text.ids[:MOST_TOKENS])))[None]
    state = None
    with waiting("reading the text", total=ids.shape[1]) as work:
        for first in range(0, ids.shape[1], _WINDOW):
            trace = decoder.trace(ids[:, first : first + _WINDOW], state)
            assert trace.attention is not None
            counter.add(trace.attention)
            state = trace.state
            work.advance(_WINDOW)
    means, repeats = counter.means(), measure_repeats(decoder, reach=counter.reach)
    heads = [
        Head(
            layer=layer,
            number=number,
            induction=None if repeats is None else float(repeats.scores[layer, number]),
            **{name: float(mean[layer, number]) for name, mean in means.items()},
        )
        for layer, number in np.ndindex(means["distance"].shape)
    ]
    sequence = None if repeats is None else repeats.length
    return heads, Head.of_chance(visible=counter.visible, sequence=sequence), repeats


@torch.inference_mode()
def measure_repeats(decoder: Decoder, *, reach: float) -> Repeats | None:
    """Let a Transformer read random sequences twice in a row. None if it sees or knows too few tokens for that.

    `reach` is the number of positions that a token can see.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models import build_model
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 1, "d_head": 4, "d_feedforward": 12, "dropout": 0.0}
    >>> decoder = build_model(TransformerConfig(vocab_size=20, memory=8, **shape)).eval()
    >>> measure_repeats(decoder, reach=8) is None  # it sees no whole sequence
    True
    """
    n_known = decoder.vocab_size - 1  # without the end-of-text token
    longest = int(min(_LONGEST_SEQUENCE, reach - 1, n_known))
    if longest < _SHORTEST_SEQUENCE:
        return None
    generator = torch.Generator().manual_seed(0)
    scores, bits = [], []
    for length in (longest, 2 * longest // 3):
        drawn = torch.stack([torch.randperm(n_known, generator=generator)[:length] for _ in range(_N_SEQUENCES)])
        once = drawn + END_OF_TEXT + 1
        ids = torch.cat((torch.full((_N_SEQUENCES, 1), END_OF_TEXT), once, once), dim=1)  # (B, 1+2P)
        trace = decoder.trace(ids)
        assert trace.attention is not None
        again = torch.arange(length + 1, 2 * length)  # the second time, but for the last token
        looked_at = again - length + 1
        scores.append(trace.attention[:, :, :, again, looked_at].double().mean(dim=(1, 3)))
        logits = decoder.head(trace.features[:, :-1]).flatten(0, 1)
        nats = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none").view(_N_SEQUENCES, -1)
        bits.append([float(part.mean()) / math.log(2) for part in (nats[:, :length], nats[:, length + 1 :])])
    lower = torch.minimum(*scores).numpy()
    return Repeats(length=longest, scores=lower, first_bits=bits[0][0], second_bits=bits[0][1])
