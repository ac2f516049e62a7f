"""The end of a training run: what its model gets beside its weights is found in one step, and stored in its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seqgen.config import Part
from seqgen.corpus import CorpusPart, reopen_part
from seqgen.errors import CorpusError
from seqgen.evaluation.learned_expert import ExpertGain, weigh_expert
from seqgen.evaluation.learned_label_expert import LabelGain, weigh_label_expert
from seqgen.evaluation.learned_temperature import best_temperature
from seqgen.inference import NgramExpert
from seqgen.run import MODEL_FILE, FolderLock, SavedModel, amend_model, load_model
from seqgen.waiting import waiting, watched

_PARTS: tuple[Part, ...] = ("train", "valid")


@dataclass(frozen=True)
class Closing:
    """What an ended run has got beside its weights.

    >>> Closing(gain=None, temperature=0.6).temperature
    0.6
    """

    gain: ExpertGain | None
    """What its n-gram expert brings; None if it has got none."""
    temperature: float | None
    """The temperature at which it writes best; None if that cannot be told."""
    label_gain: LabelGain | None = None
    """What its label expert brings; None if it has got none."""


def close_run(folder: Path, *, corpus_paths: Sequence[str] = ()) -> Closing:
    """Weigh an n-gram expert for the model of a run, find at which temperature it writes best, and store both.

    The same model gives the same result: samples have fixed seeds, and no clock is asked. An expert that is stored
    already is made anew, because the network has learned since. A temperature that is stored already is not measured
    again.

    A model of pairs gets neither, but if its targets are labels, it gets a label expert. There is no expert if it
    brings too little, if the text is too long to count or no longer there, or if the run was trained with
    `ngram_expert=false`. There is no temperature if the model knows too little or is too large, or if its held-out text
    is too short or not found.

    Raises:
        RunError: the file cannot be read or written, or a training run uses the folder.

    >>> close_run(Path("checkpoints/story"), corpus_paths=["story.txt"])  # three steps: it knows nothing
    Closing(gain=None, temperature=None, label_gain=None)
    """
    lock = FolderLock.acquire(folder)
    try:
        model = load_model(folder / MODEL_FILE)
        if model.source_tokenizer is not None and not model.tokenizer.is_of_labels:
            return Closing(None, None)
        try:
            parts = {name: reopen_part(model.record.corpus, name, corpus_paths=corpus_paths) for name in _PARTS}
        except CorpusError:
            return Closing(None, model.record.temperature)
        if model.tokenizer.is_of_labels:
            return Closing(None, None, _store_label_expert(model, parts))
        expert, gain = _find_expert(model, parts)
        temperature = _find_temperature(model if expert is None else replace(model, expert=expert), parts)
        if expert is not None or temperature != model.record.temperature:
            amend_model(model.path, expert=expert, temperature=temperature)
        return Closing(gain, temperature)
    finally:
        lock.release()


def _find_expert(
    model: SavedModel, parts: Mapping[Part, CorpusPart]
) -> tuple[NgramExpert, ExpertGain] | tuple[None, None]:
    if not model.record.training.ngram_expert:
        return None, None
    with waiting("counting n-grams"), watched(None):
        return weigh_expert(model, parts) or (None, None)


def _store_label_expert(model: SavedModel, parts: Mapping[Part, CorpusPart]) -> LabelGain | None:
    if not model.record.training.ngram_expert:
        return None
    with waiting("fitting a label expert"), watched(None):
        found = weigh_label_expert(model, parts)
    if found is None:
        return None
    expert, gain = found
    amend_model(model.path, label_expert=expert)
    return gain


def _find_temperature(model: SavedModel, parts: Mapping[Part, CorpusPart]) -> float | None:
    if model.record.temperature is not None:
        return model.record.temperature
    with waiting("finding the temperature at which it writes best"), watched(None):
        return best_temperature(model, parts)
