"""How natural samples are: the measures of generated text beside those of human text, by temperature.

At too low a temperature a model repeats itself; at too high a temperature its words and sentences fall apart. The best
temperature is the one with the fewest faults of both kinds together. `human_text.py` says what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqgen.config import DEFAULT_LENGTH, Part, SamplingConfig, SamplingRequest
from seqgen.corpus import CorpusPart, reopen_part
from seqgen.errors import CorpusError
from seqgen.evaluation.human_text import HumanText, Quality
from seqgen.evaluation.readings import read_whole
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, write_texts
from seqgen.waiting import one_by_one
from seqgen.wording import count_of

TEMPERATURES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
_MIN_HELD_OUT_LENGTH = 1000
"""Characters of a held-out text that is long enough to compare samples with."""
_MOST_CHARACTERS: dict[Part, int] = {"train": 4_000_000, "valid": 400_000}
"""As much of a part is read, so that a long text takes seconds and not minutes."""
_LARGEST_DISTANCE = 1.0
"""Between texts that share no piece."""
_LEAST_APPROACH = 0.1
"""Samples are near human text if they come at least this share of the way to it, from the largest distance."""


@dataclass(frozen=True)
class QualityReport:
    """The quality of samples at several temperatures, beside that of human text.

    >>> from dataclasses import replace
    >>> some = {"surprise": 3, "distance": 0.3, "diversity": 0.4, "real_words": 1, "repeated": 0}
    >>> human = Quality(**some, clean_sentences=1, unit_surprise=6, distinct=0.9)
    >>> samples = [replace(human, temperature=number, distinct=number) for number in (0.4, 0.8)]
    >>> QualityReport(human, tuple(samples)).to_json()["best_temperature"]
    0.8
    """

    human: Quality
    samples: tuple[Quality, ...]
    """One for each temperature, from low to high."""

    @property
    def faults(self) -> list[float]:
        """The faults of the samples at each temperature. A quarter of each neighbour counts, because samples vary."""
        own = [quality.faults(self.human) for quality in self.samples]
        return [
            (before + 2 * faults + after) / 4
            for before, faults, after in zip([own[0], *own], own, [*own[1:], own[-1]], strict=False)
        ]

    @property
    def best(self) -> Quality | None:
        """The samples with the fewest faults; None if all are about as far from human text as noise.

        A model that has learned nothing has fewest faults somewhere too, but that means nothing. The lowest and the
        highest temperature are only neighbours, unless there are no others.

        >>> some = {"surprise": 3, "diversity": 0.4, "real_words": 1, "repeated": 0, "clean_sentences": 0}
        >>> human, noise = (Quality(**some, distance=far, unit_surprise=9, distinct=1) for far in (0.3, 0.999))
        >>> print(QualityReport(human, (noise,)).best)
        None
        """
        closest = min(quality.distance for quality in self.samples)
        farthest = _LARGEST_DISTANCE - _LEAST_APPROACH * (_LARGEST_DISTANCE - self.human.distance)
        if closest >= farthest:
            return None
        pairs = list(zip(self.faults, self.samples, strict=True))
        return min(pairs[1:-1] or pairs, key=lambda pair: pair[0])[1]

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --samples N --json` prints."""
        return {
            "human": asdict(self.human),
            "samples": [
                {**asdict(quality), "faults": faults} for quality, faults in zip(self.samples, self.faults, strict=True)
            ],
            "best_temperature": self.best and self.best.temperature,
        }


def measure_quality(
    model: SavedModel,
    *,
    n_samples: int,
    length: int = DEFAULT_LENGTH,
    temperatures: Sequence[float] = TEMPERATURES,
    corpus_paths: Sequence[str] = (),
) -> QualityReport:
    """Write samples at every temperature and compare them with the held-out text of the run.

    Raises:
        CorpusError: the held-out text is too short, or not found; or the model writes no text at all.

    >>> from seqgen.run import open_model
    >>> measure_quality(open_model("checkpoints/story"), n_samples=2)
    Traceback (most recent call last):
    seqgen.errors.CorpusError: the validation part has 600 characters: comparing samples with it takes 1,000 or more
    """
    parts = {part: reopen_part(model.record.corpus, part, corpus_paths=corpus_paths) for part in _MOST_CHARACTERS}
    return compare_samples(model, parts, n_samples=n_samples, length=length, temperatures=temperatures)


def compare_samples(
    model: SavedModel,
    parts: Mapping[Part, CorpusPart],
    *,
    n_samples: int,
    length: int,
    temperatures: Sequence[float],
) -> QualityReport:
    """As `measure_quality`, with the training part and the validation part of a corpus that is open already."""
    train, held_out = (read_whole(parts[part], model.tokenizer, most=most) for part, most in _MOST_CHARACTERS.items())
    if len(held_out) < _MIN_HELD_OUT_LENGTH:
        raise CorpusError(
            f"the validation part has {len(held_out):,} characters: "
            f"comparing samples with it takes {_MIN_HELD_OUT_LENGTH:,} or more"
        )
    human_text = HumanText(model.tokenizer, train=train, held_out=held_out, n_characters=n_samples * length)
    samples = tuple(
        measure_temperatures(model, human_text, n_samples=n_samples, length=length, temperatures=temperatures)
    )
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

    >>> from pathlib import Path
    >>> from seqgen.run import open_model
    >>> model, text = open_model("checkpoints/story"), Path("story.txt").read_text()
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
