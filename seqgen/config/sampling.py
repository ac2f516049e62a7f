"""How new text is written: how each token is chosen (`SamplingConfig`), and how much text (`SamplingRequest`)."""

from __future__ import annotations

import dataclasses
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from seqgen.config.fields import require, require_at_most, require_finite, require_sizes
from seqgen.config.training import Device
from seqgen.config.unit_names import held_units
from seqgen.errors import ConfigError

DEFAULT_LENGTH = 1000
"""Characters of a text, after the prompt."""
MOST_TEXTS = 1_000_000
"""Of one request. Every text takes memory from the beginning."""
KNOWN_WORDS = "known"
"""In `SamplingConfig.words`: the words of the text that the model was trained on."""
_MOST = 2**63 - 1
_LONGEST_RUN = 1_000_000
"""Characters. Each text keeps so many in mind with `no_copy`."""
_N_FRESH_SEEDS = 1_000_000
"""Fresh seeds are below this number, so that they are short enough to type."""


def fresh_seed() -> int:
    """A new seed, drawn at random: for a text that nobody has seen before, and that can still be written again.

    >>> from seqgen.config import fresh_seed
    >>> 0 <= fresh_seed() < 1_000_000
    True
    """
    return secrets.randbelow(_N_FRESH_SEEDS)


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How the next token is chosen, and where a text ends.

    `hold` changes the model itself. For every token, the model gives each entry of the vocabulary a logit. The options
    below then apply, in the order in which the fields stand here:

    1. `ban` and `bias` change the logits of tokens that would complete a phrase.
    2. `match` removes tokens after which the text could no longer match, and `words` those that would end an unknown
       word, or begin one.
    3. The three penalties change the logits of tokens that occurred recently.
    4. `top_k`, `top_p`, `min_p` and `typical` each remove unlikely tokens, in this order. They use the probabilities
       at temperature 1, so raising the temperature does not let removed tokens back in.
    5. `temperature` and `seed` decide which of the remaining tokens is sampled.
    6. `no_copy` checks the sampled token. A rejected token is removed, and steps 3 to 5 are repeated without it.

    `stop` and `until_end_of_text` apply last, to the text that the tokens form.

    >>> from seqgen.config import SamplingConfig
    >>> SamplingConfig(temperature=0.7, ban=("the end",)).temperature
    0.7
    >>> SamplingConfig(top_p=1.5)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: top_p is 1.5: it must be above 0 and at most 1
    """

    hold: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Units that are held while the model reads the prompt and writes: the name of each, such as `0:12`, and its value.
    `seqgen.config.unit_names` says how they are named."""
    ban: tuple[str, ...] = ()
    """Phrases that never occur."""
    bias: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Phrase -> what is added to the logit of a token that would complete the phrase."""
    match: str | None = None
    """A regular expression that the whole text, without its prompt, must match.

    Tokens are ruled out one at a time: this is not the model's distribution among the texts that match. Those come
    from an `exact` request."""
    words: tuple[str, ...] = ()
    """Where the only words come from that a text may hold, beside those of its prompt: "known" stands for the text that
    the model was trained on, and anything else is the path of a text or of a list of words. All words are allowed if
    there is none."""
    repetition_penalty: float = 1.0
    """The logits of tokens that occurred are divided by this (Keskar et al. 2019). 1 changes nothing."""
    presence_penalty: float = 0.0
    """Subtracted once from the logit of each token that occurred."""
    frequency_penalty: float = 0.0
    """Subtracted from the logit of a token for each time it occurred."""
    penalty_window: int = 64
    """How many of the latest tokens the three penalties look at, those of the prompt included."""
    top_k: int | None = None
    """Keep the k likeliest tokens."""
    top_p: float | None = None
    """Keep the likeliest tokens that together reach this probability."""
    min_p: float | None = None
    """Keep tokens at least this fraction as likely as the likeliest token."""
    typical: float | None = None
    """Keep the tokens whose surprise is closest to its expected value, as many as together reach this probability."""
    temperature: float = 0.8
    """The logits are divided by this: higher is more varied. 0 always takes the likeliest token."""
    seed: int = 0
    """The same seed gives the same text. Whoever wants a new text each time draws one with `fresh_seed`."""
    no_copy: int | None = None
    """No run of this many characters may also stand in the training text: 8 or more, or 2 or more for a model of short
    documents."""
    stop: tuple[str, ...] = ()
    """A text ends before the first of these strings."""
    until_end_of_text: bool = False
    """A text ends where the model ends its document."""

    def __post_init__(self) -> None:
        for phrases in ("ban", "bias", "stop", "words"):
            require(self, phrases, all(getattr(self, phrases)), "of one character or more each")
        for texts in ("ban", "bias", "match", "stop"):
            _require_unicode(texts, getattr(self, texts) or ())
        held_units(self.hold)
        require(self, "bias", all(map(math.isfinite, self.bias.values())), "of finite numbers")
        require(self, "repetition_penalty", self.repetition_penalty > 0, "above 0")
        require_finite(self, "repetition_penalty", "presence_penalty", "frequency_penalty")
        require_at_most(self, "top_k")
        require_at_most(self, "no_copy", most=_LONGEST_RUN)
        require_sizes(self, "penalty_window")
        require(self, "top_k", self.top_k is None or self.top_k >= 1, "1 or more")
        for share in ("top_p", "min_p", "typical"):
            value = getattr(self, share)
            require(self, share, value is None or 0 < value <= 1, "above 0 and at most 1")
        require(self, "temperature", self.temperature >= 0, "0 or more")
        require(self, "seed", self.seed >= 0, "0 or more")
        require(self, "no_copy", self.no_copy is None or self.no_copy >= 2, "2 or more")

    @property
    def has_penalty(self) -> bool:
        """Whether any of the three penalties changes anything."""
        return (self.repetition_penalty, self.presence_penalty, self.frequency_penalty) != (1.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class SamplingRequest:
    """How many texts to write, how long, and on which device.

    >>> from seqgen.config import SamplingRequest
    >>> SamplingRequest(count=3, best_of=2).n_texts
    6
    """

    length: int | None = DEFAULT_LENGTH
    """Characters of each text, after the prompt. None: a text continues until the reader stops."""
    count: int = 1
    """How many texts are returned."""
    best_of: int = 1
    """How many texts are written for each one returned: the least surprising per character is kept."""
    device: Device = "cpu"
    """Where the model runs."""
    first: int = 0
    """The number of the first text. A text follows from the seed and its number."""
    new: bool = False
    """Whether every text must be a document that is not in the text that the model was trained on, and no two may be
    the same. Others are written in the place of those that are not, but not without end: there may be fewer texts than
    `count`."""
    exact: bool = False
    """Whether `match` keeps the texts that match and writes the others again, instead of ruling out tokens. Texts then
    come up as often as among free samples of which only the matching ones are kept. But not without end: there may be
    fewer texts than `count`."""

    def __post_init__(self) -> None:
        require(self, "length", self.length is None or self.length >= 0, "0 or more")
        require_at_most(self, "length", "first", most=_MOST)
        for number in ("count", "best_of"):
            require(self, number, getattr(self, number) >= 1, "1 or more")
        require(self, "first", self.first >= 0, "0 or more")
        is_plain = self.length is not None and self.best_of == 1 and not self.new
        require(self, "exact", not self.exact or is_plain, "off for texts without a length, best_of and new")
        require_at_most(self, "best_of", most=MOST_TEXTS)
        require(self, "count", self.count <= MOST_TEXTS, f"{MOST_TEXTS:,} or less; ask again for more texts")
        if self.n_texts > MOST_TEXTS:
            times = f"{self.count:,} times {self.best_of:,} texts"
            raise ConfigError(f"is {self.best_of}: {times} are more than {MOST_TEXTS:,}; give less", field="best_of")

    @property
    def n_texts(self) -> int:
        """How many texts are written in all."""
        return self.count * self.best_of


def _require_unicode(field: str, texts: str | tuple[str, ...] | Mapping[str, float]) -> None:
    """Refuse lone surrogates. Those stand for bytes of the command line that are not UTF-8.

    Raises:
        ConfigError: naming the field and the byte.
    """
    for character in "".join(texts):
        if "\ud800" <= character <= "\udfff":
            is_byte = "\udc80" <= character <= "\udcff"
            found = f"the byte {ord(character) & 0xFF:#04x}" if is_byte else "half a character (a surrogate)"
            raise ConfigError(f"holds {found}: it must be text in UTF-8", field=field)
