"""Where texts end: stop strings, ends of documents, lengths; and the best of several."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import TOKENIZER_CONFIGS, Budget, SamplingConfig, TokenizerConfig
from seqgen.errors import ConfigError
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, beam_search, fit_prompt, next_odds, write_texts
from seqgen.sampling.filters import softmax
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny

TEXT = "the cat sat on the mat. a hat! \n" * 80
EVERY_TOKENIZER = [config() for config in TOKENIZER_CONFIGS.values()]
WILD = SamplingConfig(temperature=1.0)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model of short lines, which knows where they end."""
    folder = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return open_model(tiny.trained(folder / "run", text=TEXT, documents="line", budget=Budget(steps=40)))


def streamed(model: SavedModel, config: SamplingConfig, length: int = 200, count: int = 1) -> list[list[str]]:
    pieces: list[list[str]] = [[] for _ in range(count)]
    for piece in TextStream(model, fit_prompt("", model.tokenizer), config, length=length, count=count):
        pieces[piece.number].append(piece.text)
    return pieces


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
@pytest.mark.parametrize("stop", [("t",), ("at", "e c"), ("a hat!", "a mat"), ("zzz", "sat on")])
def test_a_text_ends_before_the_first_stop_string(
    tokenizer: TokenizerConfig, stop: tuple[str, ...], tmp_path: Path
) -> None:
    """The same draws without stop strings say where that is."""
    model = open_model(tiny.trained(tmp_path / "run", text=TEXT, tokenizer=tokenizer, budget=Budget(steps=30)))
    for seed in range(3):
        free = "".join(streamed(model, SamplingConfig(temperature=1.0, seed=seed))[0])
        (pieces,) = streamed(model, SamplingConfig(temperature=1.0, seed=seed, stop=stop))
        places = [place for place in map(free.find, stop) if place >= 0]
        assert "".join(pieces) == free[: min(places, default=len(free))]


def test_no_piece_shows_the_beginning_of_a_stop_string_that_comes(documents: SavedModel) -> None:
    (pieces,) = streamed(documents, SamplingConfig(temperature=0.5, stop=("at on",)))
    shown = ""
    for piece in pieces:
        shown += piece
    assert not shown.endswith(("a", "at", "at ", "at o")) or len(shown) == 200


def test_what_only_began_like_a_stop_string_is_shown_at_the_end(documents: SavedModel) -> None:
    free = "".join(streamed(documents, WILD, length=50)[0])
    stopped = SamplingConfig(temperature=1.0, stop=(free[-3:] + "\x00",))
    assert "".join(streamed(documents, stopped, length=50)[0]) == free


def test_a_text_ends_where_its_document_does(documents: SavedModel) -> None:
    config = SamplingConfig(temperature=0.8, until_end_of_text=True)
    texts = write_texts(documents, fit_prompt("", documents.tokenizer), config, length=500, count=8)
    assert {text.ending for text in texts} == {"end-of-text"}
    assert all("\n" not in text.text and len(text.text) < 500 for text in texts)


def test_ends_of_documents_are_for_models_that_know_them(run_folder: Path) -> None:
    model = open_model(run_folder)
    with pytest.raises(ConfigError, match="--until-end-of-text needs one of --documents"):
        streamed(model, SamplingConfig(until_end_of_text=True))


def test_without_a_length_a_text_goes_on(run_folder: Path) -> None:
    model = open_model(run_folder)
    stream = TextStream(model, fit_prompt("", model.tokenizer), WILD, length=None)
    n_characters = 0
    for piece in stream:
        n_characters += len(piece.text)
        if n_characters > 3000:
            break
    assert stream.endings == [None]


def test_endings_say_why(documents: SavedModel) -> None:
    prompt = fit_prompt("", documents.tokenizer)
    (text,) = write_texts(documents, prompt, WILD, length=5)
    assert (text.ending, len(text.text)) == ("length", 5)
    (text,) = write_texts(documents, prompt, SamplingConfig(stop=("t",)), length=500)
    assert text.ending == "stop"


def test_the_best_of_several_is_the_least_surprising_of_the_same_batch(documents: SavedModel) -> None:
    prompt = fit_prompt("the ", documents.tokenizer)
    every = write_texts(documents, prompt, WILD, length=30, count=6)
    best = write_texts(documents, prompt, WILD, length=30, count=2, best_of=3)
    for number, text in enumerate(best):
        group = every[3 * number : 3 * number + 3]
        assert text == min(group, key=lambda one: one.nats / len(one.text))


def test_the_odds_of_what_comes_next_are_probabilities_the_likeliest_first(documents: SavedModel) -> None:
    odds = next_odds(documents, fit_prompt("the c", documents.tokenizer))
    assert sum(probability for _, probability in odds) == pytest.approx(1)
    assert [probability for _, probability in odds] == sorted((p for _, p in odds), reverse=True)
    assert len(odds) == documents.tokenizer.vocab_size
    assert {text for text, _ in odds} >= {"a", "t", "\n"}
    assert documents.tokenizer.pieces(END_OF_TEXT)[END_OF_TEXT] == b"\n"


def test_a_beam_as_wide_as_all_texts_finds_the_likeliest(documents: SavedModel) -> None:
    """Three characters, every text of them scored one by one."""
    prompt = fit_prompt("the c", documents.tokenizer)
    best = beam_search(documents, prompt, length=2, width=documents.tokenizer.vocab_size**2)
    scores = {best.text: best.nats / len(best.text)}
    for text in ("at", " s", "aa", "e ", "t."):
        ids = documents.tokenizer.encode(text).ids.tolist()
        stepper = build_stepper(documents.record.model, documents.weights, n_streams=1)
        nats, logits = 0.0, stepper.step(np.array([END_OF_TEXT]))
        for place, token in enumerate([*prompt.ids, *ids]):
            if place >= len(prompt.ids):
                nats -= math.log(softmax(logits[0])[token])
            logits = stepper.step(np.array([token]))
        scores.setdefault(text, nats / 2)
        assert scores[text] == pytest.approx(nats / 2, rel=1e-4)
    assert min(scores.values()) == scores[best.text]


def test_a_beam_of_one_takes_the_likeliest_each_time(documents: SavedModel) -> None:
    prompt = fit_prompt("the ", documents.tokenizer)
    greedy = SamplingConfig(temperature=0, until_end_of_text=True)
    (text,) = write_texts(documents, prompt, greedy, length=40)
    beam = beam_search(documents, prompt, length=40, width=1)
    assert (beam.text, beam.ending) == (text.text, text.ending)
    assert beam.nats == pytest.approx(text.nats, rel=1e-4)


@pytest.mark.parametrize("length", [0, 1, 30])
def test_a_beam_writes_no_more_than_its_length(length: int, run_folder: Path) -> None:
    model = open_model(run_folder)
    assert len(beam_search(model, fit_prompt("Mina", model.tokenizer), length=length, width=4).text) == length
