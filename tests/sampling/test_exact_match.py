"""Exact matching: texts that match come exactly as often as the model writes them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import Budget, SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model
from seqgen.sampling import GeneratedText, fit_prompt, write_texts
from seqgen.sampling.filters import softmax
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny
from tests.sampling.texts import write

N_DRAWN = 800


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """Models of lines that begin with "ab" or "bca": one of documents, and one of a single text."""
    folder = tmp_path_factory.mktemp("models")
    random = np.random.default_rng(0)
    text = "".join(f"{random.choice(['ab', 'bca'])}{'c' * random.integers(0, 8)}\n" for _ in range(200))
    settings = {"n_streams": 1, "learning_rate": 0.02}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        runs: dict[str, Path] = {
            "lines": tiny.trained(
                folder / "lines", text=text, documents="line", budget=Budget(steps=30), settings=dict(settings)
            ),
            "stream": tiny.trained(folder / "stream", text=text, budget=Budget(steps=30), settings=dict(settings)),
        }
    return {name: open_model(run) for name, run in runs.items()}


def drawn(
    model: SavedModel, match: str, prompt: str = "", *, length: int = 4, count: int = N_DRAWN, **options: Any
) -> list[GeneratedText]:
    return write_texts(
        model,
        fit_prompt(prompt, model.tokenizer),
        config=SamplingConfig(match=match, **{"temperature": 1.0, **options}),
        request=SamplingRequest(length=length, count=count, exact=True),
    )


def probability(model: SavedModel, text: str, *, prompt: str = "", temperature: float = 1.0) -> float:
    """How likely a model is to write a text; if it knows documents, to end it there. Read off token by token."""
    stepper = build_stepper(model.record.model, model.weights, n_streams=1)
    before = [END_OF_TEXT, *fit_prompt(prompt, model.tokenizer).ids]
    ids = model.tokenizer.encode(text).ids.tolist() + ([END_OF_TEXT] if model.has_documents else [])
    logits, product = stepper.read(before).copy(), 1.0
    for token in ids:
        if not model.has_documents:
            logits[:, END_OF_TEXT] = -np.inf
        product *= float(softmax(logits / temperature)[0, token])
        logits = stepper.step(np.array([token])).copy()
    return product


def conditional(model: SavedModel, texts: list[str], **options: Any) -> dict[str, float]:
    """The share of each text among these."""
    joint = {text: probability(model, text, **options) for text in texts}
    return {text: value / sum(joint.values()) for text, value in joint.items()}


def wrong(counts: Counter[str], shares: dict[str, float]) -> dict[str, float]:
    """The texts whose frequency is more than four standard deviations from their share, with that frequency."""
    n = sum(counts.values())
    limits = {text: 4 * math.sqrt(n * share * (1 - share)) + 1 for text, share in shares.items()}
    return {
        text: counts[text] / n for text in {*counts, *shares} if abs(counts[text] - n * shares[text]) > limits[text]
    }


def words(letters: str, lengths: range) -> list[str]:
    return ["".join(parts) for n in lengths for parts in itertools.product(letters, repeat=n)]


@pytest.mark.parametrize("options", [{}, {"temperature": 0.7}], ids=str)
def test_documents_come_as_often_as_among_all_documents_that_match(
    options: dict[str, Any], models: dict[str, SavedModel]
) -> None:
    shares = conditional(models["lines"], words("abc", range(1, 4)), **options)
    counts = Counter(text.text for text in drawn(models["lines"], "[abc]{1,3}", length=3, **options))
    assert not wrong(counts, shares)


def test_texts_of_a_model_of_one_text_end_where_nothing_may_follow(models: dict[str, SavedModel]) -> None:
    shares = conditional(models["stream"], ["ac", "ba", "bcb"], prompt="ab\n")
    found = drawn(models["stream"], "ac|ba|bcb", "ab\n", count=200)
    assert not wrong(Counter(text.text for text in found), shares)
    assert {text.ending for text in found} == {"match"}


def test_a_text_of_a_model_of_one_text_may_have_its_whole_length(models: dict[str, SavedModel]) -> None:
    shares = conditional(models["stream"], words("abc", range(2, 3)))
    found = drawn(models["stream"], "[abc]+", length=2)
    assert not wrong(Counter(text.text for text in found), shares)
    assert {text.ending for text in found} == {"length"}


def test_ruling_out_tokens_writes_texts_that_are_hardly_ever_written_freely(models: dict[str, SavedModel]) -> None:
    """The bias makes "aa" rare. But if only "aa" and "bca" may come, nothing else may follow the first "a"."""
    model = models["stream"]
    rules: dict[str, Any] = {"match": "aa|bca", "bias": {"aa": -6.0}, "temperature": 1.0}
    one_by_one = [text.text for text in write(model, length=3, count=60, **rules)]
    assert one_by_one.count("aa") > 0.2 * 60
    exact = [text.text for text in drawn(model, length=3, count=60, **rules)]
    assert exact.count("aa") < 0.1 * 60


def test_other_rules_apply_as_they_do_to_free_texts(models: dict[str, SavedModel]) -> None:
    found = {text.text for text in drawn(models["lines"], "[abc]{1,3}", length=3, count=300, ban=("bc",))}
    assert "ab" in found
    assert not any("bc" in text for text in found)


def test_the_same_seed_draws_the_same_texts_however_many_are_asked_for(models: dict[str, SavedModel]) -> None:
    many = [text.text for text in drawn(models["lines"], "[abc]{2,3}", count=40, seed=3)]
    assert [text.text for text in drawn(models["lines"], "[abc]{2,3}", count=7, seed=3)] == many[:7]
    assert many != [text.text for text in drawn(models["lines"], "[abc]{2,3}", count=40, seed=4)]


def test_the_nats_are_those_of_the_text(models: dict[str, SavedModel]) -> None:
    (text,) = drawn(models["lines"], "bca", count=1)
    assert text.nats == pytest.approx(-math.log(probability(models["lines"], "bca")), rel=1e-4)


def test_tries_end_at_their_limit(models: dict[str, SavedModel], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.sampling.exact_match.TRIES_PER_TEXT", 3)
    assert len(drawn(models["lines"], "cccc", count=5)) < 5


def test_a_document_that_goes_on_beyond_its_length_does_not_match(models: dict[str, SavedModel]) -> None:
    assert {text.ending for text in drawn(models["lines"], "[abc]+", length=2, count=50)} == {"end-of-text"}


def test_an_empty_text_matches_at_once(models: dict[str, SavedModel]) -> None:
    assert [text.text for text in drawn(models["stream"], "", count=2)] == ["", ""]


@pytest.mark.parametrize(
    ("config", "request_options", "line"),
    [
        ({}, {}, "--exact needs --match"),
        ({"match": "a+", "stop": ("b",)}, {}, "--exact does not go with --stop"),
        ({"match": "a+"}, {"new": True}, "exact is True: it must be off"),
        ({"match": "a+"}, {"best_of": 2}, "exact is True: it must be off"),
        ({"match": "a{9}"}, {}, "--length is 4: the shortest text that --match allows has 9 characters"),
    ],
)
def test_what_cannot_be_drawn_exactly_is_refused(
    config: dict[str, object], request_options: dict[str, object], line: str, models: dict[str, SavedModel]
) -> None:
    model = models["lines"]
    with pytest.raises(ConfigError, match=line):
        write_texts(
            model,
            fit_prompt("", model.tokenizer),
            config=SamplingConfig(**config),  # type: ignore[arg-type]
            request=SamplingRequest(**{"length": 4, "exact": True, **request_options}),  # type: ignore[arg-type]
        )
