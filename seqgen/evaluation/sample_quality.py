"""How natural samples are: measures of generated text beside the same measures of human text, by temperature.

No single number says whether a text is good. But human text has a typical value of each measure, and good samples come
close to it. At too low a temperature a model repeats itself; at too high a temperature it writes noise. One measure
sums this up: the distance between the frequencies of character 4-grams in samples and in human text. The best
temperature is the one with the smallest distance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import DEFAULT_LENGTH, SamplingConfig, SamplingRequest
from seqgen.corpus import encode_text, reopen_part
from seqgen.errors import CorpusError
from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.readings import read_whole
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, write_texts
from seqgen.tokenizers import Tokenizer
from seqgen.waiting import one_by_one
from seqgen.wording import count_of

TEMPERATURES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
_MIN_HELD_OUT_LENGTH = 2000
"""Characters of a held-out text that is long enough to compare samples with."""
_PIECE_LENGTH = 4
"""Characters of the pieces whose frequencies are compared."""
_REPEAT_LENGTH = 20
"""Characters of a piece that counts as repeated if it occurs twice in one sample."""
_NGRAM_ORDER = 5
_LARGEST_DISTANCE = 1.0
"""Between texts that share no piece."""
_LEAST_APPROACH = 0.1
"""Samples are near human text if they come at least this share of the way to it, from the largest distance."""


@dataclass(frozen=True)
class Quality:
    """Measures of some texts. They mean something only beside those of a human text of the same length.

    The field names are the keys of `--json`.

    >>> Quality(0.8, surprise=2.9, distance=0.31, diversity=0.4, real_words=0.95, repeated=0.01, ended=0.0).temperature
    0.8
    """

    temperature: float | None
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
    ended: float
    """Share of the texts in which the model ended a document."""


class HumanText:
    """The human text that samples are compared with.

    The first half of a held-out text serves as the reference: its n-gram model measures surprise, its pieces distance.
    The second half, or as many of its characters as there are in all samples, is measured like the samples: `human`.
    The training text tells which words are real.

    >>> from seqgen.run import open_model
    >>> text = open("story.txt").read()
    >>> human_text = HumanText(open_model("checkpoints/story").tokenizer, train=text, held_out=text, n_characters=900)
    >>> human_text.measure(["Mina sat. " * 10]).diversity  # two different words among twenty
    0.1
    >>> human_text.measure(["irev tas yb ginam"]).real_words
    0.0
    """

    def __init__(self, tokenizer: Tokenizer, *, train: str, held_out: str, n_characters: int) -> None:
        half = len(held_out) // 2
        self._tokenizer = tokenizer
        self._reference = held_out[:half]
        self._words = set(train.split())
        ids = encode_text([tokenizer.mark(self._reference)], tokenizer).ids
        self._ngram = NgramModel(ids, order=_NGRAM_ORDER, vocab_size=tokenizer.vocab_size)
        self.human = self.measure([held_out[half : half + n_characters]])

    def measure(self, texts: Sequence[str], *, temperature: float | None = None, ended: float = 0.0) -> Quality:
        """Measure texts, of which at least one is not empty."""
        words = [word for text in texts for word in text.split()]
        pieces_by_text = [_pieces(text, _REPEAT_LENGTH) for text in texts]
        n_pieces, n_different = sum(map(len, pieces_by_text)), sum(len(set(pieces)) for pieces in pieces_by_text)
        encoded = [encode_text([self._tokenizer.mark(text)], self._tokenizer).ids for text in texts]
        nats = np.concatenate([self._ngram.nats(ids) for ids in encoded if len(ids)])
        return Quality(
            temperature=temperature,
            surprise=float(nats.mean()) / math.log(2),
            distance=_divergence(_piece_counts(texts), _piece_counts([self._reference])),
            diversity=len(set(words)) / max(1, len(words)),
            real_words=sum(word in self._words for word in words) / max(1, len(words)),
            repeated=1 - n_different / max(1, n_pieces),
            ended=ended,
        )


@dataclass(frozen=True)
class QualityReport:
    """The quality of samples at several temperatures, beside that of human text.

    >>> from dataclasses import replace
    >>> human = Quality(None, surprise=2.8, distance=0.1, diversity=0.4, real_words=1.0, repeated=0.0, ended=0.0)
    >>> samples = (replace(human, temperature=0.5, distance=0.3), replace(human, temperature=1.0, distance=0.2))
    >>> QualityReport(human, samples).to_json()["best_temperature"]
    1.0
    """

    human: Quality
    samples: tuple[Quality, ...]
    """One for each temperature."""

    @property
    def best(self) -> Quality | None:
        """The samples closest to human text; None if all are about as far from it as noise.

        A model that has learned nothing has a smallest distance too, but it means nothing.

        >>> human = Quality(None, surprise=2.8, distance=0.3, diversity=0.4, real_words=1.0, repeated=0.0, ended=0.0)
        >>> noise = Quality(1.0, surprise=9.0, distance=0.999, diversity=1.0, real_words=0.0, repeated=0.0, ended=0.0)
        >>> print(QualityReport(human, (noise,)).best)
        None
        """
        closest = min(self.samples, key=lambda quality: quality.distance)
        farthest = _LARGEST_DISTANCE - _LEAST_APPROACH * (_LARGEST_DISTANCE - self.human.distance)
        return closest if closest.distance < farthest else None

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --samples N --json` prints."""
        return {
            "human": asdict(self.human),
            "samples": [asdict(quality) for quality in self.samples],
            "best_temperature": self.best and self.best.temperature,
        }


def measure_quality(
    model: SavedModel, *, n_samples: int, length: int = DEFAULT_LENGTH, corpus_paths: Sequence[str] = ()
) -> QualityReport:
    """Write samples at every temperature and compare them with the held-out text of the run.

    Raises:
        CorpusError: the held-out text is too short, or not found; or the model writes no text at all.

    >>> from seqgen.run import open_model
    >>> measure_quality(open_model("checkpoints/story"), n_samples=2)
    Traceback (most recent call last):
    seqgen.errors.CorpusError: the validation part has 600 characters: comparing samples with it takes 2,000 or more
    """
    train, held_out = (
        read_whole(reopen_part(model.record.corpus, part, corpus_paths=corpus_paths), model.tokenizer)
        for part in ("train", "valid")
    )
    if len(held_out) < _MIN_HELD_OUT_LENGTH:
        raise CorpusError(
            f"the validation part has {len(held_out):,} characters: "
            f"comparing samples with it takes {_MIN_HELD_OUT_LENGTH:,} or more"
        )
    human_text = HumanText(model.tokenizer, train=train, held_out=held_out, n_characters=n_samples * length)
    samples = tuple(measure_temperatures(model, human_text, n_samples=n_samples, length=length))
    if not samples:
        raise CorpusError("the model ends every document before its first character: there is no text to compare")
    return QualityReport(human_text.human, samples)


def measure_temperatures(
    model: SavedModel,
    human_text: HumanText,
    *,
    n_samples: int,
    length: int,
    temperatures: Sequence[float] = TEMPERATURES,
) -> Iterator[Quality]:
    """Measure samples at each temperature, all from the same seed; temperatures without any text are left out.

    Where a document ends, a sample continues with the next one, as the human text does. All samples then have the same
    length, on which the distance depends.

    >>> from seqgen.run import open_model
    >>> model, text = open_model("checkpoints/story"), open("story.txt").read()
    >>> human_text = HumanText(model.tokenizer, train=text, held_out=text, n_characters=900)
    >>> qualities = list(measure_temperatures(model, human_text, n_samples=2, length=50, temperatures=[0.5, 1]))
    >>> [quality.temperature for quality in qualities]
    [0.5, 1]
    """
    prompt, separator = fit_prompt("", model.tokenizer), model.tokenizer.separator
    config = SamplingConfig(until_end_of_text=model.has_documents and not separator)
    request = SamplingRequest(length=length, count=n_samples)
    for temperature in one_by_one(
        temperatures, lambda each: f"{count_of(n_samples, 'sample')} at temperature {each:g}"
    ):
        samples = write_texts(model, prompt, config=replace(config, temperature=temperature), request=request)
        n_ended = sum(
            sample.ending == "end-of-text" or bool(separator and separator in sample.text) for sample in samples
        )
        texts = [sample.text for sample in samples if sample.text]
        if texts:
            yield human_text.measure(texts, temperature=temperature, ended=n_ended / n_samples)


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
