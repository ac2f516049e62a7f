"""Beam search: the likeliest text, under the same options as sampling."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import TOKENIZER_CONFIGS, Budget
from seqgen.corpus import reopen_part
from seqgen.errors import ConfigError, RunError
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt
from seqgen.sampling.filters import softmax
from seqgen.tokenizers import END_OF_TEXT, MARK
from tests import tiny
from tests.sampling.texts import search, write

TEXT = "the cat sat on the café mat.\n" * 60


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every tokenizer that knows its text by heart, and one of documents."""
    folder = tmp_path_factory.mktemp("models")
    shape: dict[str, Any] = {"text": TEXT, "budget": Budget(steps=200), "settings": {"d_model": 32}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        runs: dict[str, Path] = {
            name: tiny.trained(folder / name, tokenizer=config(), **shape) for name, config in TOKENIZER_CONFIGS.items()
        }
        runs["lines"] = tiny.trained(folder / "lines", documents="line", **shape)
    return {name: open_model(run) for name, run in runs.items()}


every_model = pytest.mark.parametrize("name", [*TOKENIZER_CONFIGS, "lines"])


def test_a_beam_as_wide_as_all_texts_finds_the_likeliest(models: dict[str, SavedModel]) -> None:
    """Of all texts of two characters, a few are scored one by one."""
    model = models["lines"]
    best = search(model, "the c", length=2, width=model.tokenizer.vocab_size**2)
    scores = {best.text: best.nats / len(best.text)}
    prompt = fit_prompt("the c", model.tokenizer).ids
    for text in ("at", " s", "aa", "e ", "t."):
        ids = model.tokenizer.encode(text).ids.tolist()
        stepper = build_stepper(model.record.model, model.weights, n_streams=1)
        nats, logits = 0.0, stepper.step(np.array([END_OF_TEXT]))
        for place, token in enumerate([*prompt, *ids]):
            if place >= len(prompt):
                nats -= math.log(softmax(logits[0])[token])
            logits = stepper.step(np.array([token]))
        scores.setdefault(text, nats / 2)
        assert scores[text] == pytest.approx(nats / 2, rel=1e-4)
    assert min(scores.values()) == scores[best.text]


OPTIONS: list[dict[str, Any]] = [
    {},
    {"ban": ("cat", "é"), "no_copy": 8},
    {"bias": {"e": -2.0, "at": 3.0}, "ban": ("mat",)},
    {"match": " ?[a-z]+( [a-zé]{2,4}){3,5}[.]"},
    {"no_copy": 9, "match": "(?s).{20,30}"},
    {"repetition_penalty": 1.3, "presence_penalty": 0.5, "frequency_penalty": 0.2, "penalty_window": 5},
    {"top_k": 1, "no_copy": 8},
    {"top_k": 9, "top_p": 0.9, "min_p": 0.05},
    {"typical": 0.5},
    {"stop": ("mat", "sa")},
]


@every_model
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_beam_of_width_1_writes_what_sampling_writes_at_temperature_0(
    options: dict[str, Any], name: str, models: dict[str, SavedModel]
) -> None:
    model = models[name]
    (text,) = write(model, "the ", length=40, temperature=0, until_end_of_text=model.has_documents, **options)
    beam = search(model, "the ", length=40, width=1, **options)
    assert (beam.text, beam.ending) == (text.text, text.ending)
    assert beam.nats == pytest.approx(text.nats, rel=1e-4)


@every_model
@pytest.mark.parametrize("width", [1, 4])
def test_a_beam_never_writes_a_banned_phrase(width: int, name: str, models: dict[str, SavedModel]) -> None:
    """What is banned here is what the beam would write otherwise."""
    model = models[name]
    free = search(model, "the ", length=40, width=width).text
    ban = ("é", free[:2], *filter(None, (free[start : start + 3] for start in (4, 9, 14))))
    text = search(model, "the ", length=40, width=width, ban=ban).text
    assert text
    assert not any(phrase in text for phrase in ban)


@every_model
@pytest.mark.parametrize("pattern", [" ?([a-z]{2,4} ){3}[a-z]+", "[a-zé ]{5,12}", " ?(cat|dog|é)+!?"])
def test_a_beam_matches_as_a_whole(pattern: str, name: str, models: dict[str, SavedModel]) -> None:
    beam = search(models[name], "the ", length=25, match=pattern)
    assert re.fullmatch(pattern, beam.text)
    assert len(beam.text) <= 25


@every_model
@pytest.mark.parametrize("width", [1, 5])
def test_a_beam_copies_nothing(width: int, name: str, models: dict[str, SavedModel]) -> None:
    """The model knows its text by heart, and its likeliest texts are copies."""
    model, n = models[name], 9
    training = "".join(reopen_part(model.record.corpus, "train").chunks()).replace(MARK, model.tokenizer.separator)

    def copies(text: str) -> list[str]:
        return [text[start : start + n] for start in range(len(text) - n + 1) if text[start : start + n] in training]

    prompt = "the cat "
    assert copies(prompt + search(model, prompt, length=35, width=width).text)
    assert copies(prompt + search(model, prompt, length=35, width=width, no_copy=n).text) == []


def test_a_bias_counts_in_the_ranking_and_not_in_the_nats(models: dict[str, SavedModel]) -> None:
    model = models["char"]
    plain, biased = (search(model, "the ", length=30, bias=bias) for bias in ({}, {"a": -30.0}))
    assert "a" in plain.text and "a" not in biased.text
    assert biased.nats > plain.nats


def test_a_wider_beam_finds_a_text_that_is_no_less_likely_where_all_have_one_length(
    models: dict[str, SavedModel],
) -> None:
    narrow, wide = (search(models["char"], "the ", length=12, width=width, match="[a-z ]{12}") for width in (1, 200))
    assert wide.nats <= narrow.nats + 1e-4


@pytest.mark.parametrize("length", [0, 1, 30])
def test_a_beam_writes_no_more_than_its_length(length: int, run_folder: Path) -> None:
    assert len(search(open_model(run_folder), "Mina", length=length).text) == length


def test_a_beam_ends_before_a_stop_string(models: dict[str, SavedModel]) -> None:
    beam = search(models["char"], "the ", length=40, stop=("at",))
    assert (beam.ending, "at" in beam.text) == ("stop", False)


def test_a_beam_that_cannot_begin_says_so(models: dict[str, SavedModel]) -> None:
    with pytest.raises(RunError, match="no text can begin here"):
        search(models["char"], ban=tuple(sorted(set(TEXT))))
    with pytest.raises(ConfigError, match="the shortest text that --match allows has 50 characters"):
        search(models["char"], length=40, match="a{50}")


def test_a_beam_whose_texts_are_all_stuck_returns_the_best_of_them(models: dict[str, SavedModel]) -> None:
    """After one "t", everything is banned."""
    ban = tuple(first + second for first in "t" for second in sorted(set(TEXT)))
    beam = search(models["char"], length=10, width=2, ban=(*ban, *sorted(set(TEXT) - {"t"})))
    assert (beam.text, beam.ending) == ("t", "stuck")


def test_temperature_and_seed_mean_nothing_to_a_beam(models: dict[str, SavedModel]) -> None:
    plain = search(models["char"], "the ", length=20)
    assert search(models["char"], "the ", length=20, temperature=3.0, seed=9) == plain


def test_a_beam_shows_whole_characters_only(models: dict[str, SavedModel]) -> None:
    """A character of two bytes is not cut in half at the end."""
    beam = search(models["byte"], length=3, match="é+")
    assert beam.text == "ééé"
