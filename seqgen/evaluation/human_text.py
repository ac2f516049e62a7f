"""Measures of a text, and the human text that generated text is compared with."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import encode_text
from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.units import Units
from seqgen.tokenizers import Tokenizer

_PIECE_LENGTH = 4
"""Characters of the pieces whose frequencies are compared."""
_REPEAT_LENGTH = 20
"""Characters of a piece that counts as repeated if it occurs twice in one sample."""
_NGRAM_ORDER = 5
_DULL_WEIGHT = 1.5
_MOST_UNLIKELY = 2.0
"""Beyond this, words are no less likely for a reader. A held-out text that repeats the training text has hardly any
surprise, and samples have many times as much at every temperature."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Measures of some texts. They mean something only beside those of a human text of the same length.

    The field names are the keys of `--json`.
    """

    temperature: float | None = None
    """None for human text."""
    surprise: float
    """Bits per token under a 5-gram model of another human text: dull texts have less than people, noise has more."""
    distance: float
    """Jensen-Shannon divergence, in bits, between the frequencies of character 4-grams and those of a human text."""
    diversity: float
    """Different words as a share of all words (distinct-1, Li et al. 2016)."""
    real_words: float
    """Share of words that occur in the training text."""
    repeated: float
    """Share of 20-character pieces that occurred before in the same text."""
    ended: float = 0.0
    """Share of the texts in which the model ended a document."""
    clean_sentences: float | None
    """Share of sentences made only of words that occur in the training text; None for a text without words."""
    unit_surprise: float
    """Bits per word, or per character of a text without words, under an n-gram model of the training text."""
    distinct: float
    """Different trigrams of words, or of characters, as a share of all, in passages of one length."""

    def faults(self, human: Quality) -> float:
        """How far a reader will find the texts from human ones: the sum of what is broken, unlikely and dull in them.

        Broken is the share of words that the training text does not have, and the share of sentences with such a word.
        Unlikely is the surprise, as a share of that of human text: a weak model has to stay below it, because its
        unlikely words make no sense. Dull is what the share of different trigrams lacks to that of human text; it
        counts half as much again, which agreed best with a reader.

        >>> some = {"surprise": 3, "distance": 0.3, "diversity": 0.4, "real_words": 0.99, "repeated": 0}
        >>> human = Quality(**some, clean_sentences=0.8, unit_surprise=6, distinct=0.95)
        >>> round(Quality(**some, clean_sentences=0.9, unit_surprise=4.5, distinct=0.75).faults(human), 2)
        1.16
        """
        broken = 0.0 if self.clean_sentences is None else (1 - self.clean_sentences) + (1 - self.real_words)
        unlikely = min(_MOST_UNLIKELY, self.unit_surprise / max(human.unit_surprise, 1e-9))
        return broken + unlikely + _DULL_WEIGHT * max(0.0, human.distinct - self.distinct)


class HumanText:
    """The human text that samples are compared with.

    The first half of a held-out text serves as the reference: its n-gram model measures surprise, its pieces distance.
    The second half, or as many of its characters as there are in all samples, is measured like the samples: `human`.
    The training text tells which words are real, and which are likely to follow each other.

    >>> from pathlib import Path
    >>> from seqgen.run import open_model
    >>> text = Path("story.txt").read_text()
    >>> human_text = HumanText(open_model("checkpoints/story").tokenizer, train=text, held_out=text, n_characters=900)
    >>> human_text.measure(["Mina sat. " * 10]).diversity  # two different words among twenty
    0.1
    >>> human_text.measure(["irev tas yb ginam"]).real_words
    0.0
    """

    def __init__(self, tokenizer: Tokenizer, *, train: str, held_out: str, n_characters: int) -> None:
        half = len(held_out) // 2
        self._tokenizer = tokenizer
        self._reference = self._whole_words(held_out[:half])
        human = held_out[len(self._reference) :][:n_characters]
        self._units = Units(train=train, held_out=human)
        ids = encode_text([tokenizer.mark(self._reference)], tokenizer).ids
        self._ngram = NgramModel(ids, order=_NGRAM_ORDER, vocab_size=tokenizer.vocab_size)
        self.human = self.measure([human])

    def measure(self, texts: Sequence[str], *, temperature: float | None = None, ended: float = 0.0) -> Quality:
        """Measure texts, of which at least one is not empty."""
        words = [word for text in texts for word in text.split()]
        pieces_by_text = [_pieces(text, _REPEAT_LENGTH) for text in texts]
        n_pieces, n_different = sum(map(len, pieces_by_text)), sum(len(set(pieces)) for pieces in pieces_by_text)
        marked = [self._tokenizer.mark(self._whole_words(text)) for text in texts]
        encoded = [encode_text([text], self._tokenizer).ids for text in marked]
        nats = np.concatenate([self._ngram.nats(ids) for ids in encoded if len(ids)])
        return Quality(
            temperature=temperature,
            surprise=float(nats.mean()) / math.log(2),
            distance=_divergence(_piece_counts(texts), _piece_counts([self._reference])),
            diversity=len(set(words)) / max(1, len(words)),
            real_words=self._units.known_words(texts),
            repeated=1 - n_different / max(1, n_pieces),
            ended=ended,
            clean_sentences=self._units.clean_sentences(texts),
            unit_surprise=self._units.surprise(texts),
            distinct=self._units.distinct(texts),
        )

    def _whole_words(self, text: str) -> str:
        """A text without the word in which it was cut, if the vocabulary is closed and refuses words that it lacks."""
        return text if self._tokenizer.is_lossless else re.sub(r"\S+\Z", "", text)


def _pieces(text: str, length: int) -> list[str]:
    """Every substring of this length, from left to right. They overlap."""
    return [text[start : start + length] for start in range(len(text) - length + 1)]


def _piece_counts(texts: Sequence[str]) -> Counter[str]:
    return Counter(piece for text in texts for piece in _pieces(text, _PIECE_LENGTH))


def _divergence(counts_a: Counter[str], counts_b: Counter[str]) -> float:
    """Jensen-Shannon divergence of two frequency distributions (Lin 1991): 0 bits if equal, 1 if disjoint."""
    keys = sorted(counts_a.keys() | counts_b.keys())  # in one order, so that the sum rounds the same every time
    p, q = (
        np.array([counts[key] for key in keys], dtype=float) / max(1, counts.total()) for counts in (counts_a, counts_b)
    )
    mean = (p + q) / 2

    def bits_above_mean(probabilities: NDArray[np.float64]) -> float:
        """Kullback-Leibler divergence from the mean of the two."""
        present = probabilities > 0
        return float((probabilities[present] * np.log2(probabilities[present] / mean[present])).sum())

    return (bits_above_mean(p) + bits_above_mean(q)) / 2
