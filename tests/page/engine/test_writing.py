"""The page writes what `seqgen sample` writes where chance has no part in it, and ends its texts in the same places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, fit_prompt, next_odds, prefill
from seqgen.tokenizers import END_OF_TEXT
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.tokenizers.char import CharTokenizer
from tests.page.engine.asking import Question, ask_node, carried_by, needs_node

pytestmark = needs_node

OLD_RUNS = Path(__file__).parents[2] / "fixtures" / "format-1"
RUNS = ["lstm-char", "rnn-byte", "gru-word", "lstm-whitespace", "transformer-sentencepiece"]
LIKELIEST: dict[str, Any] = {"temperature": 0, "length": 120, "seed": 0}


def pages_of(model: SavedModel, *questions: Question) -> list[Any]:
    """The answers of a model's page to questions about it."""
    data, blobs = carried_by(model)
    asked = [{"model": data, "blobs": {name: name for name in blobs}, **question} for question in questions]
    return ask_node(asked, blobs)


def written(model: SavedModel, request: dict[str, Any], **question: Any) -> list[dict[str, Any]]:
    """The pieces of a text."""
    pieces: list[dict[str, Any]] = pages_of(model, {"ask": "write", "request": request, **question})[0]
    return pieces


def joined(pieces: list[dict[str, Any]]) -> str:
    return "".join(piece["text"] for piece in pieces)


def with_documents(model: SavedModel) -> SavedModel:
    """The same model as if it had learned from documents between blank lines."""
    corpus = model.record.corpus
    changed = replace(corpus, config=replace(corpus.config, documents="blank-line"))
    return replace(model, record=replace(model.record, corpus=changed))


def always_choosing(model: SavedModel, token: int) -> SavedModel:
    bias = model.weights["head.bias"].copy()
    bias[token] = 1000
    return replace(model, weights={**model.weights, "head.bias": bias})


def always_ending(model: SavedModel) -> SavedModel:
    return always_choosing(model, END_OF_TEXT)


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


@pytest.mark.parametrize("run", RUNS)
def test_the_likeliest_text_its_surprise_and_its_odds_are_those_of_seqgen(run: str) -> None:
    model = open_model(str(OLD_RUNS / run))
    prompt = fit_prompt(model.read("the "), model.tokenizer)
    config = SamplingConfig(temperature=0)
    pieces = list(TextStream(model, prompt, config=config, request=SamplingRequest(length=120), scored=True))
    expected = next_odds(prefill(model, prompt.ids), model.tokenizer)[:5]
    page, odds = pages_of(
        model,
        {"ask": "write", "request": {"prompt": "the ", **LIKELIEST}},
        {"ask": "odds", "request": {"prompt": "the ", "n": 5}},
    )
    assert joined(page) == "".join(piece.text for piece in pieces)
    np.testing.assert_allclose([piece["nats"] for piece in page], [piece.nats for piece in pieces], atol=1e-4)
    assert [entry["text"] for entry in odds] == [text for text, _ in expected]
    np.testing.assert_allclose([entry["probability"] for entry in odds], [share for _, share in expected], atol=1e-5)
    assert page[0]["odds"][:5] == odds


def test_a_seed_gives_the_same_text_again_and_another_seed_another(model: SavedModel) -> None:
    ask = {"ask": "write", "request": {"prompt": "", "temperature": 1, "length": 60, "seed": 7}}
    other = {"ask": "write", "request": {"prompt": "", "temperature": 1, "length": 60, "seed": 2**40 + 7}}
    first, again, another = pages_of(model, ask, ask, other)
    assert first == again
    assert joined(first) != joined(another)


def test_texts_that_are_written_at_the_same_time_are_those_of_each_alone(model: SavedModel) -> None:
    requests = [{"prompt": prompt, "temperature": 1, "length": 20, "seed": 7} for prompt in ("Mina", "Oro ", "the ")]
    alone = pages_of(model, *({"ask": "write", "request": request} for request in requests))
    assert pages_of(model, {"ask": "together", "requests": requests}) == [alone]


def test_a_text_has_the_length_that_was_asked_for(model: SavedModel) -> None:
    assert len(joined(written(model, {"prompt": "Mina", "temperature": 1, "length": 33, "seed": 1}))) == 33
    assert written(model, {"prompt": "Mina", "temperature": 1, "length": 0, "seed": 1}) == []


def test_a_word_is_cut_off_where_the_length_ends() -> None:
    model = open_model(str(OLD_RUNS / "gru-word"))
    lengths = range(1, 13)
    requests = [{"prompt": "the", "temperature": 1, "length": length, "seed": 2} for length in lengths]
    pieces = pages_of(model, *({"ask": "write", "request": request} for request in requests))
    assert [len(joined(of_one)) for of_one in pieces] == list(lengths)


def test_a_text_ends_before_its_stop_string(model: SavedModel) -> None:
    request = {"prompt": "", "temperature": 1, "length": 400, "seed": 3}
    whole = joined(written(model, request))
    stop = whole[40:42]
    assert joined(written(model, {**request, "stop": stop})) == whole[: whole.index(stop)]
    assert joined(written(model, {**request, "stop": ["\u2603", stop]})) == whole[: whole.index(stop)]


@pytest.mark.parametrize("learned", ["\r\n", "\r"])
def test_line_ends_that_a_model_learned_are_newlines_in_its_text(model: SavedModel, learned: str) -> None:
    characters = model.tokenizer.state()["characters"]
    own = (learned + "".join(character for character in characters if character != "\n"))[: len(characters)]
    data, blobs = carried_by(replace(model, tokenizer=CharTokenizer(Alphabet(own, 0.1))))
    data["reading"] |= {"lineEnds": "keep", "learned": learned}
    request = {"prompt": "a\nb", "temperature": 2, "length": 300, "seed": 1}
    asked = [
        {"ask": "write", "model": data, "blobs": {"weights": "weights"}, "request": {**request, "stop": stop}}
        for stop in ("", "\n", "\r\n")
    ]
    whole, until_newline, until_both = map(joined, ask_node(asked, blobs))
    assert "\n" in whole and "\r" not in whole
    assert len(whole) == 300
    assert until_newline == until_both == whole[: whole.index("\n")]


def test_only_a_model_of_documents_ends_a_text_itself(model: SavedModel) -> None:
    ending = always_ending(model)
    request = {"prompt": "", "temperature": 1, "length": 20, "seed": 3}
    assert len(joined(written(ending, request))) == 20
    assert joined(written(with_documents(ending), request)) == ""


def test_what_may_begin_a_stop_string_is_shown_where_the_text_ends_itself(model: SavedModel) -> None:
    request = {"prompt": "", "temperature": 1.5, "length": 1000, "seed": 3}
    whole = joined(written(with_documents(model), request))
    assert 1 < len(whole) < 1000
    assert joined(written(with_documents(model), {**request, "stop": whole[-1] + "\u2603"})) == whole


def test_a_text_without_characters_ends(model: SavedModel) -> None:
    data, blobs = carried_by(always_choosing(replace(model, tokenizer=CharTokenizer(Alphabet("\r\nab", 0.1))), 1))
    data["reading"] |= {"lineEnds": "keep", "learned": "\r\n"}
    request = {"prompt": "", "temperature": 1, "length": 10, "seed": 1}
    question = {"ask": "write", "model": data, "blobs": {"weights": "weights"}, "request": request}
    pieces = ask_node([question], blobs)[0]
    assert (len(pieces), joined(pieces)) == (1000, "")


def test_writing_stops_when_its_signal_says_so(model: SavedModel) -> None:
    request = {"prompt": "", "temperature": 1, "length": 500, "seed": 3}
    assert len(written(model, request, stopAfter=4)) == 4


def test_an_end_of_text_token_is_shown_as_the_separator(model: SavedModel) -> None:
    odds = pages_of(always_ending(model), {"ask": "odds", "request": {"prompt": "", "n": 1}})[0]
    assert odds == [{"text": model.tokenizer.separator, "probability": pytest.approx(1)}]
