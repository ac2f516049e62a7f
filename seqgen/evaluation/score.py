"""How well a model predicts a text: exact sums, divided once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import EncodedText
from seqgen.errors import CorpusError
from seqgen.evaluation.scoring_modes import Context, ScoringMode
from seqgen.models import Decoder, build_model, load_weights
from seqgen.run import SavedModel
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.alphabet import N_CHARACTERS

_MOST_KEPT = 1 << 20  # ids of a text on disk that are in memory at once


class Observer(Protocol):
    """What looks on while a text is scored."""

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        """The next tokens of the text, and what the model pays for each."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """A model's cost of one text, every token of it scored once.

    `nats` is the model's own sum over `tokens` where the text has no out-of-vocabulary character. Where it has
    some, each token costs -ln(1-e) more and each out-of-vocabulary character -ln e + ln(number of characters
    outside the alphabet), e being `oov_probability`; they count among what `nats_per_token` divides by.
    """

    mode: ScoringMode
    tokens: int
    characters: int
    bytes: int
    words: int
    """Runs of characters between white space."""
    nats: float
    nats_without_oov: float
    """The model's own nats, of the characters that it knows."""
    oov_characters: int
    oov_probability: float | None
    is_lossless: bool
    """Whether the ids stand for the text in full: otherwise nothing per character or byte means anything."""

    @property
    def n_paid(self) -> int:
        """Tokens, and the out-of-vocabulary characters, each of which is paid for as one."""
        return self.tokens + self.oov_characters

    @property
    def nats_per_token(self) -> float:
        return self.nats / self.n_paid

    @property
    def perplexity(self) -> float:
        """e to the nats per token; infinite where that is beyond a float."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf

    @property
    def perplexity_per_word(self) -> float | None:
        """e to the nats per word, white space paid for with the words; for texts that the ids give in full."""
        if not self.is_lossless or not self.words:
            return None
        nats = self.nats / self.words
        return math.exp(nats) if nats < 700 else math.inf

    @property
    def bits_per_known_character(self) -> float | None:
        """Without the out-of-vocabulary characters: neither they nor what they cost."""
        n_known = self.characters - self.oov_characters
        return self.nats_without_oov / n_known / math.log(2) if self.is_lossless and n_known else None

    @property
    def bits_per_character(self) -> float | None:
        return self.nats / self.characters / math.log(2) if self.is_lossless else None

    @property
    def bits_per_byte(self) -> float | None:
        return self.nats / self.bytes / math.log(2) if self.is_lossless else None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "context": str(self.mode),
            "tokens": self.n_paid,
            "characters": self.characters,
            "bytes": self.bytes,
            "words": self.words,
            "nats": self.nats,
            "nats_per_token": self.nats_per_token,
            "perplexity": _finite(self.perplexity),
            "perplexity_per_word": _finite(self.perplexity_per_word),
            "bits_per_character": self.bits_per_character,
            "bits_per_byte": self.bits_per_byte,
            "unseen_characters": self.oov_characters,
            "bits_per_known_character": self.bits_per_known_character,
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def restore_decoder(saved: SavedModel) -> Decoder:
    """The torch module of a saved model, on the CPU, ready to score."""
    model = build_model(saved.record.model)
    load_weights(model, saved.weights)
    return model.eval()


def score_text(
    model: Decoder,
    tokenizer: Tokenizer,
    text: EncodedText,
    *,
    mode: ScoringMode | None = None,
    observers: Sequence[Observer] = (),
    name: str = "the text",
) -> Score:
    """Score a text, summed in double precision, in constant memory; `mode` is a carried context if left out.

    `name` is for messages.

    Raises:
        CorpusError: the text is empty, or none of it is in the vocabulary.
    """
    if not text.n_characters:
        raise CorpusError(f"{name} is empty: there is nothing to score")
    if not len(text.ids):
        raise CorpusError(f"none of the {text.n_characters} characters of {name} is in the model's vocabulary")
    mode = mode or Context()
    return score_nats(mode.nats(model, text.ids), tokenizer, text, mode=mode, observers=observers)


def score_nats(
    pieces: Iterable[NDArray[np.float64]],
    tokenizer: Tokenizer,
    text: EncodedText,
    *,
    mode: ScoringMode | None = None,
    observers: Sequence[Observer] = (),
) -> Score:
    """The score of a text from the nats of its tokens, one or more, in order, piece by piece."""
    total, n_read, n_kept = 0.0, 0, 0
    for nats in pieces:
        total += float(nats.sum())
        for observer in observers:
            observer.take(text.ids[n_read : n_read + len(nats)], nats)
        n_read += len(nats)
        if n_read - n_kept > _MOST_KEPT:
            text.release()
            n_kept = n_read
    return Score(
        mode=mode or Context(),
        tokens=len(text.ids),
        characters=text.n_characters,
        bytes=text.n_bytes,
        words=text.n_words,
        nats=total + oov_nats(tokenizer, n_tokens=len(text.ids), n_oov=text.n_oov),
        nats_without_oov=total,
        oov_characters=text.n_oov,
        oov_probability=tokenizer.alphabet.oov_probability if text.n_oov and tokenizer.alphabet else None,
        is_lossless=text.is_lossless,
    )


def oov_nats(tokenizer: Tokenizer, *, n_tokens: int, n_oov: int) -> float:
    """What a text with out-of-vocabulary characters costs beside the model's own nats; 0 without any.

    At every place the escape probability e decides whether the next character is a known one; an unknown
    one is spread evenly over all characters that the alphabet does not hold.
    """
    if not n_oov or tokenizer.alphabet is None:
        return 0.0
    escape = tokenizer.alphabet.oov_probability
    n_unknown = N_CHARACTERS - len(tokenizer.alphabet.characters)
    return -n_tokens * math.log1p(-escape) + n_oov * (math.log(n_unknown) - math.log(escape))
