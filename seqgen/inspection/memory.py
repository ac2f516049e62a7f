"""How far back a model looks: its loss on the same tokens, given more and more of what stands before them.

Beyond the given tokens there is nothing; or, to see what a model uses of what is far away, the words of the text in
random order, or another passage of the text (Khandelwal, He, Qi & Jurafsky 2018).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import Reading
from seqgen.inspection.contexts import (
    MIN_LENGTH,
    N_PASSAGES,
    Passages,
    ids_before,
    nats_given,
    read_state,
    shuffle_words,
)
from seqgen.intervals import half_width
from seqgen.models import State
from seqgen.waiting import waiting

Beyond = Literal["nothing", "shuffled", "replaced"]
"""What stands before the given tokens."""
Unit = Literal["character", "token"]

DEFAULT_LONGEST = 4096
DEFAULT_TOKENS = 24 * 256
"""Tokens that are scored."""
_GAIN_REACHED = 0.99
"""The share of the gain from the shortest to the longest context at which a model is said to look no farther back."""


@dataclass(frozen=True, kw_only=True)
class MemoryConfig:
    """How memory is measured.

    >>> MemoryConfig(longest=256).n_tokens
    6144
    """

    longest: int | None = None
    """Roughly the longest context, in characters; None: `usual`, or less if the text is short."""
    usual: int = DEFAULT_LONGEST
    n_tokens: int = DEFAULT_TOKENS
    """How many tokens are scored with each context, at most."""
    beyond: tuple[Beyond, ...] = ()
    """What else than nothing is tried beyond the context."""
    seed: int = 0
    """Of the order of the shuffled words."""

    def __post_init__(self) -> None:
        if self.longest is not None and self.longest < 2:
            raise ConfigError(f"is {self.longest}: it must be 2 or more", field="longest")


@dataclass(frozen=True, kw_only=True, eq=False)
class MemoryCurve:
    """The loss given contexts of several lengths. K lengths, P passages.

    >>> curve = MemoryCurve(beyond="nothing", lengths=(1, 2, 4), bits=np.array([[3.0] * 20, [2.0] * 20, [2.0] * 20]))
    >>> curve.means, [round(width, 6) for width in curve.plus_minus]
    ([3.0, 2.0, 2.0], [0.0, 0.0, 0.0])
    >>> round(curve.looks_back().tokens, 2)  # 99 % of the gain is reached just below 2 tokens
    1.99
    """

    beyond: Beyond
    lengths: tuple[int, ...]
    """In tokens, ascending."""
    bits: NDArray[np.float64]
    """Bits per unit of each passage, (K, P). Their mean over the passages is that of the text."""

    @property
    def means(self) -> list[float]:
        return [float(mean) for mean in self.bits.mean(axis=1)]

    @property
    def plus_minus(self) -> list[float]:
        """Half the width of the 95 % interval of the difference to the longest context, passage by passage.

        What makes a passage hard is in both, and cancels.
        """
        return [half_width(of_length - self.bits[-1]) for of_length in self.bits]

    def looks_back(self) -> LookBack | None:
        """The shortest context that brings 99 % of what the longest one gains over the shortest.

        None if it is not certain that there is a gain.
        """
        means, widths = np.array(self.means), np.array(self.plus_minus)
        gain = means[0] - means[-1]
        if gain <= widths[0]:
            return None
        missing, error = (means - means[-1]) / gain, widths / gain
        return LookBack(*(self._where(values) for values in (missing, missing - error, missing + error)))

    def _where(self, missing: NDArray[np.float64]) -> float:
        """The context from which on hardly anything is missing, between two lengths by their logarithms."""
        few = 1 - _GAIN_REACHED
        number = int(np.argmax(missing <= few + 1e-12))
        if not number:
            return float(self.lengths[0])
        before, after = missing[number - 1], missing[number]
        share = (before - few) / (before - after)
        low, high = (math.log2(length) for length in self.lengths[number - 1 : number + 1])
        return float(2 ** (low + min(1.0, share) * (high - low)))


@dataclass(frozen=True)
class LookBack:
    """How many tokens back a model looks, and the ends of the 95 % interval."""

    tokens: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How far back one model looks in one text.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> memory = measure_memory(reading, MemoryConfig(longest=64, n_tokens=400))
    >>> memory.name, memory.unit, memory.nothing.lengths
    ('story', 'character', (1, 2, 4, 8, 16, 32, 64))
    """

    run: str
    name: str
    text: str
    n_tokens: int
    """Tokens that were scored with each context."""
    unit: Unit
    """What bits and lengths are counted in. Tokens, if words between spaces do not give the text back."""
    units_per_token: float
    reach: int | None
    """How many tokens the model can look back at all; None if there is no limit."""
    curves: tuple[MemoryCurve, ...]

    @property
    def nothing(self) -> MemoryCurve:
        """The curve with nothing beyond the context."""
        return self.curves[0]

    @property
    def looks_back(self) -> LookBack | None:
        return self.nothing.looks_back()

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect memory --json` prints."""
        found, scale = self.looks_back, self.units_per_token
        return {
            "run": self.run,
            "text": self.text,
            "scored_tokens": self.n_tokens,
            "unit": self.unit,
            "units_per_token": scale,
            "reach_tokens": self.reach,
            "looks_back": found and scale * found.tokens,
            "looks_back_interval": found and [scale * found.low, scale * found.high],
            "curves": {curve.beyond: self._points(curve) for curve in self.curves},
        }

    def _points(self, curve: MemoryCurve) -> list[dict[str, Any]]:
        return [
            {"tokens": length, "context": self.units_per_token * length, "bits": bits, "plus_minus": width}
            for length, bits, width in zip(curve.lengths, curve.means, curve.plus_minus, strict=True)
        ]


def measure_memory(reading: Reading, config: MemoryConfig | None = None) -> Memory:
    """Measure how far back a model looks in a text.

    Raises:
        CorpusError: the text is too short for contexts of that length.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> memory = measure_memory(reading, MemoryConfig(longest=64, n_tokens=400, beyond=("shuffled",)))
    >>> [curve.beyond for curve in memory.curves]
    ['nothing', 'shuffled']
    """
    config = config or MemoryConfig()
    encoded = reading.encoded
    n_ids = len(encoded.ids)
    unit: Unit = "character" if encoded.is_lossless and n_ids else "token"
    per_token = (encoded.n_characters - encoded.n_oov) / n_ids if unit == "character" else 1.0
    lengths = _lengths(reading, config, per_token, unit)
    passages = Passages.of(n_ids, after=lengths[-1], n_tokens=config.n_tokens)
    assert passages is not None, "_lengths leaves room"
    scale = len(passages.starts) / (passages.n_tokens * per_token * math.log(2))
    beyonds: list[Beyond] = ["nothing", *config.beyond]
    curves = []
    with waiting(f"measuring the memory of {reading.saved.name}", total=len(beyonds) * len(lengths)) as work:
        for beyond in beyonds:
            before = _state_beyond(reading, passages, beyond, n=lengths[-1], seed=config.seed)
            nats = []
            for n_given in lengths:
                nats.append(nats_given(reading.decoder, encoded.ids, passages, n_given=n_given, beyond=before))
                work.advance()
            curves.append(MemoryCurve(beyond=beyond, lengths=lengths, bits=scale * np.array(nats)))
    return Memory(
        run=str(reading.saved.path),
        name=reading.saved.name,
        text=reading.text_name,
        n_tokens=passages.n_tokens,
        unit=unit,
        units_per_token=per_token,
        reach=reading.decoder.reach,
        curves=tuple(curves),
    )


def _lengths(reading: Reading, config: MemoryConfig, per_token: float, unit: Unit) -> tuple[int, ...]:
    """1, 2, 4 and so on, up to the longest context, in tokens."""
    n_ids = len(reading.encoded.ids)
    wanted = max(1, round(math.log2((config.longest or config.usual) / per_token)))
    possible = int(math.log2(max(1, n_ids // 2)))
    power = wanted if config.longest is not None else min(wanted, possible)
    if power > possible or n_ids - (1 << power) < N_PASSAGES * MIN_LENGTH:
        is_given = config.longest is not None
        asked = f"contexts of {config.longest:,} {unit}s" if is_given else "passages and their contexts"
        advice = ", or a smaller --longest" if is_given else ""
        raise CorpusError(
            f"{reading.text_name} has {n_ids:,} tokens, too few for {asked}: give a longer text with --on{advice}"
        )
    return tuple(1 << number for number in range(power + 1))


def _state_beyond(reading: Reading, passages: Passages, beyond: Beyond, *, n: int, seed: int) -> State | None:
    """The state after what stands beyond the context: n tokens, a row for each passage."""
    if beyond == "nothing":
        return None
    before = ids_before(reading.encoded.ids, passages, n)
    if beyond == "shuffled":
        before = shuffle_words(before, reading.saved.tokenizer, seed=seed)
    else:
        before = np.roll(before, len(before) // 2, axis=0)  # what stands before the passage half a text away
    return read_state(reading.decoder, before)


def common_unit(memories: Sequence[Memory]) -> Unit:
    """The unit in which all of some memories can be drawn.

    >>> common_unit([])
    'character'
    """
    return "token" if any(memory.unit == "token" for memory in memories) else "character"
