"""Models that read backward, made of models that read forward."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seqgen.config import Budget
from seqgen.corpus import encode_text, from_end
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import NgramExpert
from seqgen.run import SavedModel, open_model
from seqgen.sampling.filling import FillModels
from seqgen.tokenizers import MARK
from tests import tiny


def turned(model: SavedModel) -> SavedModel:
    """The same weights, as if they had learned to read from the end of a text."""
    corpus = replace(model.record.corpus, config=replace(model.record.corpus.config, backward=True))
    return replace(model, record=replace(model.record, corpus=corpus))


def lines_reversed(text: str) -> str:
    """Each line of a text from its end."""
    return "".join(f"{line[::-1]}\n" for line in text.splitlines())


def planted(folder: Path, text: str, *, order: int, weight: float = 0.999) -> FillModels:
    """Two models that know the n-grams of the lines of a text, one from each end, and hardly anything else."""
    saved = open_model(tiny.trained(folder / "planted", text=text, documents="line", budget=Budget(steps=1)))
    return planted_in(saved, text, order=order, weight=weight)


def planted_in(saved: SavedModel, text: str, *, order: int, weight: float = 0.999) -> FillModels:
    """The same, made of a model of the lines of a text."""
    ids = encode_text([text.replace("\n", MARK)], saved.tokenizer).ids
    experts = [
        NgramExpert(
            NgramModel(read, order=order, vocab_size=saved.tokenizer.vocab_size).tables(),
            vocab_size=saved.tokenizer.vocab_size,
            weight=weight,
        )
        for read in (ids, from_end(ids, ids))
    ]
    return FillModels(replace(saved, expert=experts[0]), replace(turned(saved), expert=experts[1]))
