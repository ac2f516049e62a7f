"""At which temperature a model writes best: measured once, when its training has ended."""

from __future__ import annotations

import math
from collections.abc import Mapping

from seqgen.config import Part
from seqgen.corpus import CorpusPart
from seqgen.errors import CorpusError
from seqgen.evaluation.sample_quality import compare_samples
from seqgen.run import RunRecord, SavedModel

TEMPERATURES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Those that are tried. The first and the last are never the best, but tell the others from chance."""
_LENGTH = 400
"""Characters of a sample."""
_N_SAMPLES, _FEWEST_SAMPLES = 16, 4
_MOST_WORK = 1.2e11
"""Multiplications by weights, all samples together: some seconds. A large model writes fewer samples for it, and one so
large that not even the fewest can be afforded is not measured."""
_FEWEST_TOKENS = 10_000
"""A run that has learned from fewer has only begun."""
_LEGIBLE_BITS = 3.0
"""Bits per character above which samples are noise at every temperature; of a text in an alphabet."""


def best_temperature(model: SavedModel, parts: Mapping[Part, CorpusPart]) -> float | None:
    """The temperature at which samples have the fewest faults beside the held-out text of the run, or None."""
    n_samples = _affordable_samples(model)
    if not _is_legible(model.record) or n_samples < _FEWEST_SAMPLES:
        return None
    try:
        report = compare_samples(model, parts, n_samples=n_samples, length=_LENGTH, temperatures=TEMPERATURES)
    except CorpusError:
        return None
    return None if report.best is None else report.best.temperature


def _is_legible(record: RunRecord) -> bool:
    """Whether the model has learned enough for its samples to be told from noise, as far as its validation says."""
    part, nats = record.corpus.parts.get("valid"), record.progress.valid_nats_per_token
    if part is None or nats is None or not part.n_characters or record.progress.n_tokens < _FEWEST_TOKENS:
        return False
    bits = nats * (part.n_tokens or 0) / part.n_characters / math.log(2)
    return bits <= _LEGIBLE_BITS * record.corpus.letters_per_character


def _affordable_samples(model: SavedModel) -> int:
    """How many samples the model can write at each temperature in some seconds."""
    part = model.record.corpus.parts["train"]
    tokens_per_character = (part.n_tokens or 1) / (part.n_characters or 1)
    work = model.n_parameters * len(TEMPERATURES) * _LENGTH * tokens_per_character
    return min(_N_SAMPLES, int(_MOST_WORK / work))
