"""What samples are like at each temperature, beside what people write."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqgen.config import SamplingConfig
from seqgen.corpus import encode_text
from seqgen.evaluation.ngram import NgramModel
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, write_texts
from seqgen.tokenizers import Tokenizer

TEMPERATURES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
_ORDER = 4  # of the pieces whose frequencies are compared
_REPEATED = 20  # characters that are called repeated when they come again in one sample
_NGRAM = 5


@dataclass(frozen=True)
class Quality:
    """Figures of some texts, which mean something beside those of a human text as long."""

    temperature: float | None
    """None for the human text."""
    surprise: float
    """Bits per token under an n-gram of another human text: too low is dull, too high is noise."""
    distance: float
    """Jensen-Shannon divergence, in bits, of pieces of four characters from those of another human text."""
    diversity: float
    """Share of different words among all words (distinct-1, Li et al. 2016)."""
    real_words: float
    """Share of words that occur in the training text."""
    repeated: float
    """Share of pieces of 20 characters that came before in the same text."""
    ended: float
    """Share of the texts in which a document ended."""


class HumanText:
    """What quality is measured against: half of a held-out text, and of the training text its words.

    The other half, or so many characters of it as there are of samples, is what people write.
    """

    def __init__(self, tokenizer: Tokenizer, train: str, held_out: str, *, n_characters: int) -> None:
        half = len(held_out) // 2
        self._tokenizer = tokenizer
        self._other = held_out[:half]
        self._words = set(train.split())
        ids = encode_text([tokenizer.mark(self._other)], tokenizer).ids
        self._ngram = NgramModel(ids, order=_NGRAM, vocab_size=tokenizer.vocab_size)
        self.human = self.measure([held_out[half : half + n_characters]])

    def measure(self, texts: Sequence[str], *, temperature: float | None = None, ended: float = 0.0) -> Quality:
        """The figures of texts that are not all empty."""
        words = [word for text in texts for word in text.split()]
        pieces = [text[place : place + _REPEATED] for text in texts for place in range(len(text) - _REPEATED + 1)]
        n_different = sum(
            len({text[place : place + _REPEATED] for place in range(len(text) - _REPEATED + 1)}) for text in texts
        )
        encoded = [encode_text([self._tokenizer.mark(text)], self._tokenizer).ids for text in texts]
        nats = np.concatenate([self._ngram.nats(ids) for ids in encoded if len(ids)])
        return Quality(
            temperature=temperature,
            surprise=float(nats.mean()) / math.log(2),
            distance=_divergence(_pieces(texts), _pieces([self._other])),
            diversity=len(set(words)) / max(1, len(words)),
            real_words=sum(word in self._words for word in words) / max(1, len(words)),
            repeated=1 - n_different / max(1, len(pieces)),
            ended=ended,
        )


def measure_temperatures(
    model: SavedModel,
    human_text: HumanText,
    *,
    n_samples: int,
    length: int,
    temperatures: Sequence[float] = TEMPERATURES,
) -> Iterator[Quality]:
    """The figures of samples at each temperature, all of the same seed.

    A sample goes on with the next document where one ends, as the human text does: all are of one length, on which the
    distance depends.
    """
    prompt, separator = fit_prompt("", model.tokenizer), model.tokenizer.separator
    config = SamplingConfig(until_end_of_text=model.has_documents and not separator)
    for temperature in temperatures:
        made = write_texts(model, prompt, replace(config, temperature=temperature), length=length, count=n_samples)
        n_ended = sum(text.ending == "end-of-text" or bool(separator and separator in text.text) for text in made)
        texts = [text.text for text in made if text.text]
        if texts:
            yield human_text.measure(texts, temperature=temperature, ended=n_ended / n_samples)


def closest(found: Sequence[Quality]) -> Quality:
    """The one whose pieces are most like those of people."""
    return min(found, key=lambda one: one.distance)


def _pieces(texts: Sequence[str]) -> Counter[str]:
    return Counter(text[place : place + _ORDER] for text in texts for place in range(len(text) - _ORDER + 1))


def _divergence(one: Counter[str], other: Counter[str]) -> float:
    """Jensen-Shannon divergence of two samples (Lin 1991), 0 to 1 bits."""
    keys = list(one.keys() | other.keys())
    p, q = (np.array([counts[key] for key in keys], dtype=float) / max(1, counts.total()) for counts in (one, other))
    middle = (p + q) / 2

    def bits(own: np.ndarray) -> float:
        present = own > 0
        return float((own[present] * np.log2(own[present] / middle[present])).sum())

    return (bits(p) + bits(q)) / 2
