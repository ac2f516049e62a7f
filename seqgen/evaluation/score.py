"""The score of one text under one model: the nats of all its tokens added up, and the rates made of that sum.

`seqgen.scoring` gives the nats of each token; this module adds them up and divides. The sum over a text is

    nats = sum over t of -ln p(token t | tokens before t)

Every token counts once, the first one included: it is predicted after the end-of-text token. The sum is divided only
at the end, by the tokens (perplexity), by the characters, or by the UTF-8 bytes of the text. Averages of averages are
never taken.

Why bits per byte: a tokenizer with longer tokens needs fewer of them for the same text, and each is harder to predict.
Nats per token and perplexity therefore compare only models with the same vocabulary. The number of bytes (or
characters) belongs to the text, whatever the tokenizer, so bits per byte compare any two models. They are also the
size in bits to which an arithmetic coder with this model would compress each byte.

A character that the vocabulary lacks (out-of-vocabulary, OOV) has no token, but is never free: `oov.py` charges for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import EncodedText
from seqgen.errors import CorpusError
from seqgen.evaluation.oov import oov_nats
from seqgen.evaluation.scoring_modes import Context, ScoringMode
from seqgen.evaluation.symbols import Observer, Symbols
from seqgen.models import Decoder
from seqgen.tokenizers import Tokenizer

_MAX_IDS_IN_MEMORY = 1 << 20
"""How many ids of a text on disk are held in memory before they are given back to the system."""
_MAX_EXPONENT = 700.0
"""exp of a larger number of nats overflows a float64."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """The nats that one model needs for one text, and the rates made of them.

    `nats` includes the charge for out-of-vocabulary characters (`oov_nats`); `nats_without_oov` does not.

    >>> from seqgen import load
    >>> score = load("checkpoints/story").score("Mina sat. 漢")
    >>> score.n_tokens, score.n_oov, score.n_bytes  # 漢 has three bytes and no token
    (10, 1, 13)
    >>> score.bits_per_character > score.bits_per_known_character
    True
    """

    mode: ScoringMode
    n_tokens: int
    n_characters: int
    n_bytes: int
    n_words: int
    """Runs of characters between white space."""
    nats: float
    nats_without_oov: float
    """The nats of the tokens alone."""
    n_oov: int
    """Out-of-vocabulary characters."""
    oov_probability: float | None
    """The escape probability e that they are charged with; None if the text has none."""
    is_lossless: bool
    """Whether the ids decode to exactly this text. If not, rates per character, byte or word are undefined."""

    @property
    def n_charged(self) -> int:
        """Tokens plus out-of-vocabulary characters: each of them was predicted and paid for once."""
        return self.n_tokens + self.n_oov

    @property
    def nats_per_token(self) -> float:
        return self.nats / self.n_charged

    @property
    def perplexity(self) -> float:
        """exp(nats per token); infinite if that overflows a float."""
        return _exp(self.nats_per_token)

    @property
    def perplexity_per_word(self) -> float | None:
        """exp(nats per word): the words also pay for the white space between them. None if undefined."""
        return _exp(self.nats / self.n_words) if self.is_lossless and self.n_words else None

    @property
    def bits_per_known_character(self) -> float | None:
        """Bits per character without the out-of-vocabulary characters and without their charge."""
        n_known = self.n_characters - self.n_oov
        return self.nats_without_oov / n_known / math.log(2) if self.is_lossless and n_known else None

    @property
    def bits_per_character(self) -> float | None:
        return self.nats / self.n_characters / math.log(2) if self.is_lossless else None

    @property
    def bits_per_byte(self) -> float | None:
        return self.nats / self.n_bytes / math.log(2) if self.is_lossless else None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "context": str(self.mode),
            "tokens": self.n_charged,
            "characters": self.n_characters,
            "bytes": self.n_bytes,
            "words": self.n_words,
            "nats": self.nats,
            "nats_per_token": self.nats_per_token,
            "perplexity": _finite(self.perplexity),
            "perplexity_per_word": _finite(self.perplexity_per_word),
            "bits_per_character": self.bits_per_character,
            "bits_per_byte": self.bits_per_byte,
            "unseen_characters": self.n_oov,
            "bits_per_known_character": self.bits_per_known_character,
        }


def _exp(nats: float) -> float:
    return math.exp(nats) if nats < _MAX_EXPONENT else math.inf


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: None stands for it."""
    return value if value is not None and math.isfinite(value) else None


def require_scorable(text: EncodedText, name: str = "the text") -> None:
    """Refuse a text without a token to score.

    Raises:
        CorpusError: the text is empty, or none of its characters is in the vocabulary.

    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> require_scorable(encode_text(["Mina"], tokenizer))
    >>> require_scorable(encode_text([""], tokenizer), "empty.txt")
    Traceback (most recent call last):
    seqgen.errors.CorpusError: empty.txt is empty: there is nothing to score
    """
    if not text.n_characters:
        raise CorpusError(f"{name} is empty: there is nothing to score")
    if not len(text.ids):
        raise CorpusError(f"none of the {text.n_characters} characters of {name} is in the model's vocabulary")


def score_text(
    decoder: Decoder,
    text: EncodedText,
    *,
    tokenizer: Tokenizer,
    mode: ScoringMode | None = None,
    observers: Sequence[Observer] = (),
) -> Score:
    """Score a text in constant memory, summed in double precision.

    `mode` says what the decoder reads before each token; left out, everything before it (`Context()`).

    Raises:
        CorpusError: the text is empty, or none of its characters is in the vocabulary.

    >>> from seqgen.corpus import encode_text
    >>> from seqgen.restored import restore_decoder
    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> text = encode_text(["Mina sat by the river."], model.tokenizer)
    >>> score = score_text(restore_decoder(model), text, tokenizer=model.tokenizer)
    >>> score.n_tokens, score.n_bytes
    (22, 22)
    >>> score.perplexity < model.tokenizer.vocab_size  # a uniform guess has the vocabulary size as its perplexity
    True
    """
    require_scorable(text)
    mode = mode or Context()
    return score_nats(mode.nats(decoder, text.ids), text, tokenizer=tokenizer, mode=mode, observers=observers)


def score_nats(
    nats_in_parts: Iterable[NDArray[np.float64]],
    text: EncodedText,
    *,
    tokenizer: Tokenizer,
    mode: ScoringMode | None = None,
    observers: Sequence[Observer] = (),
) -> Score:
    """Make a score of the nats of a text's tokens, which come in order, in arrays of one or more.

    >>> import math, numpy as np
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = encode_text(["Mina"], tokenizer)
    >>> score = score_nats([np.full(4, math.log(8))], text, tokenizer=tokenizer)  # 1 in 8, four times
    >>> round(score.perplexity, 6), round(score.bits_per_byte, 6)
    (8.0, 3.0)
    """
    total, n_read, n_released = 0.0, 0, 0
    symbols = Symbols(text, tokenizer)
    for nats in nats_in_parts:
        total += float(nats.sum())
        if observers:
            taken, charged = symbols.charged(nats, first=n_read)
            for observer in observers:
                observer.take(taken, charged)
        n_read += len(nats)
        if n_read - n_released > _MAX_IDS_IN_MEMORY:
            text.release()
            n_released = n_read
    return Score(
        mode=mode or Context(),
        n_tokens=len(text.ids),
        n_characters=text.n_characters,
        n_bytes=text.n_bytes,
        n_words=text.n_words,
        nats=total + oov_nats(tokenizer, n_tokens=len(text.ids), n_oov=text.n_oov),
        nats_without_oov=total,
        n_oov=text.n_oov,
        oov_probability=tokenizer.alphabet.oov_probability if text.n_oov and tokenizer.alphabet else None,
        is_lossless=text.is_lossless,
    )
