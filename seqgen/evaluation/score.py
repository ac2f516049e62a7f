"""How well a model foretells a text: exact sums, divided once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from seqgen.corpus import EncodedText, Streams
from seqgen.errors import CorpusError
from seqgen.models import Decoder, build_model, load_weights
from seqgen.run import SavedModel
from seqgen.scoring import sum_nats
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.alphabet import N_CHARACTERS

CONTEXT_CARRIED = "carried"
_WINDOW = 1024


@dataclass(frozen=True, kw_only=True)
class Score:
    """A model's cost of one text, read once from beginning to end as one stream with carried state.

    `nats` is the model's own sum over `tokens` where the text has no unseen character. Where it has
    some, each token costs -ln(1-e) more and each unseen character -ln e + ln(number of characters
    outside the alphabet), e being `unseen_probability`; they count among what `nats_per_token` divides by.
    """

    tokens: int
    characters: int
    bytes: int
    nats: float
    unseen_characters: int
    unseen_probability: float | None
    in_full: bool
    """Whether the ids stand for the text in full: otherwise nothing per character or byte means anything."""

    @property
    def nats_per_token(self) -> float:
        return self.nats / (self.tokens + self.unseen_characters)

    @property
    def perplexity(self) -> float:
        """e to the nats per token; infinite where that is beyond a float."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf

    @property
    def bits_per_character(self) -> float | None:
        return self.nats / self.characters / math.log(2) if self.in_full else None

    @property
    def bits_per_byte(self) -> float | None:
        return self.nats / self.bytes / math.log(2) if self.in_full else None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "tokens": self.tokens,
            "characters": self.characters,
            "bytes": self.bytes,
            "nats": self.nats,
            "nats_per_token": self.nats_per_token,
            "perplexity": self.perplexity if math.isfinite(self.perplexity) else None,
            "bits_per_character": self.bits_per_character,
            "bits_per_byte": self.bits_per_byte,
            "unseen_characters": self.unseen_characters,
        }


def restore_decoder(saved: SavedModel) -> Decoder:
    """The torch module of a saved model, on the CPU, ready to score."""
    model = build_model(saved.record.model)
    load_weights(model, saved.weights)
    return model.eval()


def score_text(model: Decoder, tokenizer: Tokenizer, text: EncodedText, *, name: str = "the text") -> Score:
    """Score a text as one carried stream, summed in double precision; `name` is for messages.

    Raises:
        CorpusError: the text is empty, or none of it is in the vocabulary.
    """
    if not text.n_characters:
        raise CorpusError(f"{name} is empty: there is nothing to score")
    if not len(text.ids):
        raise CorpusError(f"none of the {text.n_characters} characters of {name} is in the model's vocabulary")
    nats = sum_nats(model, Streams(text.ids, n_streams=1, window=_WINDOW))
    return Score(
        tokens=len(text.ids),
        characters=text.n_characters,
        bytes=text.n_bytes,
        nats=nats + nats_of_unseen(tokenizer, n_tokens=len(text.ids), n_unseen=text.n_unseen),
        unseen_characters=text.n_unseen,
        unseen_probability=tokenizer.alphabet.unseen_probability if text.n_unseen and tokenizer.alphabet else None,
        in_full=text.in_full,
    )


def nats_of_unseen(tokenizer: Tokenizer, *, n_tokens: int, n_unseen: int) -> float:
    """What a text with unseen characters costs beside the model's own nats; 0 without any.

    At every place the escape probability e decides whether the next character is a known one; an unknown
    one is spread evenly over all characters that the alphabet does not hold.
    """
    if not n_unseen or tokenizer.alphabet is None:
        return 0.0
    escape = tokenizer.alphabet.unseen_probability
    n_unknown = N_CHARACTERS - len(tokenizer.alphabet.characters)
    return -n_tokens * math.log1p(-escape) + n_unseen * (math.log(n_unknown) - math.log(escape))
