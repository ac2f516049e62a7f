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
from seqgen.inspection.memory_curve import Beyond, LookBack, MemoryCurve
from seqgen.models import State
from seqgen.waiting import waiting
from seqgen.wording import count_of

Unit = Literal["character", "token"]

DEFAULT_LONGEST = 4096
DEFAULT_TOKENS = 24 * 256
"""Tokens that are scored."""


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
    backward: bool = False
    """Whether the model reads from the end of a text, so that its context is what follows."""

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
            "backward": self.backward,
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
    encoded, ids = reading.encoded, reading.ids_as_read
    n_ids = len(ids)
    unit: Unit = "character" if encoded.is_lossless and n_ids else "token"
    per_token = (encoded.n_characters - encoded.n_oov) / n_ids if unit == "character" else 1.0
    lengths = _lengths(reading, config, per_token=per_token, unit=unit)
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
                nats.append(nats_given(reading.decoder, ids, passages, n_given=n_given, beyond=before))
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
        backward=reading.saved.record.corpus.backward,
    )


def _lengths(reading: Reading, config: MemoryConfig, *, per_token: float, unit: Unit) -> tuple[int, ...]:
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
            f"{reading.text_name} has {count_of(n_ids, 'token')}, too few for {asked}: give a longer text with --on"
            f"{advice}"
        )
    return tuple(1 << number for number in range(power + 1))


def _state_beyond(reading: Reading, passages: Passages, beyond: Beyond, *, n: int, seed: int) -> State | None:
    """The state after what stands beyond the context: n tokens, a row for each passage."""
    if beyond == "nothing":
        return None
    before = ids_before(reading.ids_as_read, passages, n)
    if beyond == "shuffled":
        step = -1 if reading.saved.record.corpus.backward else 1
        before = shuffle_words(before[:, ::step], reading.saved.tokenizer, seed=seed)[:, ::step].copy()
    else:
        before = np.roll(before, len(before) // 2, axis=0)  # what stands before the passage half a text away
    return read_state(reading.decoder, before)


def common_unit(memories: Sequence[Memory]) -> Unit:
    """The unit in which all of some memories can be drawn.

    >>> common_unit([])
    'character'
    """
    return "token" if any(memory.unit == "token" for memory in memories) else "character"
