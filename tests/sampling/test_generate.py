"""Ids and text from a stepper: exact lengths, same bytes, whole characters."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from seqgen.config import (
    TOKENIZER_CONFIGS,
    Budget,
    ByteConfig,
    Cell,
    CharConfig,
    SamplingConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WordConfig,
)
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model
from seqgen.sampling import Prefill, TextStream, fit_prompt, generate, prefill, write_texts
from seqgen.sampling.constraints.build import constraint_factory
from seqgen.sampling.filters import apply_filters, softmax
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny

EVERY_TOKENIZER = [config() for config in TOKENIZER_CONFIGS.values()]


def texts(model: SavedModel, *, prompt: str = "", length: int = 100, count: int = 1, **config: Any) -> list[str]:
    made = [""] * count
    fitted = fit_prompt(prompt, model.tokenizer)
    for piece in TextStream(model, fitted, SamplingConfig(**config), length=length, count=count):
        made[piece.number] += piece.text
    return made


def prefilled(model: SavedModel, prompt: Sequence[int] = ()) -> Prefill:
    return prefill(build_stepper(model.record.model, model.weights, n_streams=1), prompt)


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
@pytest.mark.parametrize("length", [0, 1, 57])
def test_a_text_has_exactly_the_length_in_characters(tokenizer: TokenizerConfig, length: int, tmp_path: Path) -> None:
    text = "Zoë sat in the café. " * 60
    saved = open_model(tiny.trained(tmp_path / "run", text=text, tokenizer=tokenizer, documents="line"))
    assert [len(made) for made in texts(saved, length=length, count=2, temperature=2.0)] == [length, length]


@pytest.mark.parametrize("count", [3, 70])
@pytest.mark.parametrize("cell", get_args(Cell))
def test_the_same_seed_gives_the_same_text_on_any_number_of_threads(cell: Cell, count: int, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", cell=cell))
    made = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            made.append(texts(saved, count=count, seed=5))
    assert made[0] == made[1]
    assert texts(saved, count=count, seed=6) != made[0]
    assert len(set(made[0])) == count


@pytest.mark.parametrize("cell", get_args(Cell))
def test_the_same_bits_after_other_texts_of_the_process(cell: Cell, tmp_path: Path) -> None:
    """Products large enough for BLAS to divide; a text that the main thread made must not decide for the others."""
    settings = {"d_model": 256} if cell != "transformer" else {"d_model": 256, "n_head": 4, "d_head": 64}
    saved = open_model(tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=1), settings=settings))
    prompt = fit_prompt("", saved.tokenizer)

    def nats() -> list[float]:
        return [text.nats for text in write_texts(saved, prompt, SamplingConfig(), length=10, count=40)]

    with threadpool_limits(2):
        first = nats()
        write_texts(saved, prompt, SamplingConfig(), length=3)
        assert nats() == first
    with threadpool_limits(1):
        assert nats() == first


@pytest.mark.parametrize(
    "options", [{"until_end_of_text": True}, {"stop": ("at",)}, {"match": r"[a-zA-Z ]{3,110}\."}], ids=str
)
def test_many_texts_that_end_at_different_times_are_those_of_fewer(options: dict[str, Any], tmp_path: Path) -> None:
    """70 texts are three groups, 40 are two: the same numbers make the same texts."""
    saved = open_model(tiny.trained(tmp_path / "run", documents="line", budget=Budget(steps=60)))
    many, fewer = (texts(saved, count=count, length=120, **options) for count in (70, 40))
    assert fewer == many[:40]
    assert len({len(text) for text in many}) > 5


def test_temperature_zero_is_the_same_text_whatever_the_seed(model: SavedModel) -> None:
    assert texts(model, temperature=0, seed=1) == texts(model, temperature=0, seed=2)


@pytest.mark.parametrize("options", [{}, {"top_k": 6}, {"temperature": 0.5, "ban": ("th",)}], ids=str)
def test_texts_begin_with_each_token_as_often_as_the_model_says(options: dict[str, Any], model: SavedModel) -> None:
    """Pearson's chi-squared over 4,000 streams: three standard deviations above its mean, or less."""
    config = SamplingConfig(**{"temperature": 1.0, **options})
    prompt = model.tokenizer.encode("t").ids.tolist()
    n_streams = 4000
    make_constraints = constraint_factory(model, prompt, config, None)
    sampled = next(
        generate(prefilled(model, prompt), config, constraints=[make_constraints() for _ in range(n_streams)])
    )
    row = sampled.logits[:1].copy()
    row[0, END_OF_TEXT] = -np.inf
    if config.ban:
        row[0, model.tokenizer.encode("h").ids[0]] = -np.inf
    expected = softmax(apply_filters(row, config)[0] / config.temperature) * n_streams
    found = np.bincount(sampled.ids, minlength=len(expected))
    assert not found[expected == 0].any()
    counted = expected > 5
    statistic = ((found - expected)[counted] ** 2 / expected[counted]).sum()
    n = np.count_nonzero(counted)
    assert statistic < n + 3 * (2 * n) ** 0.5


def test_a_prompt_is_read_as_if_it_had_been_drawn(model: SavedModel) -> None:
    config = SamplingConfig(temperature=0)

    def first(prompt: list[int], count: int) -> list[int]:
        drawn = generate(prefilled(model, prompt), config, constraints=[[]])
        return [int(one.ids[0]) for one in itertools.islice(drawn, count)]

    alone = first([], 12)
    assert first(alone[:5], 7) == alone[5:]


def test_the_boundary_is_drawn_only_by_models_of_separate_documents(model: SavedModel, tmp_path: Path) -> None:
    """The tiny models know nothing yet, so that every token has about the same chance."""
    assert model.record.corpus.documents is None
    for documents, may_be_drawn in ((None, False), ("line", True)):
        folder = tiny.trained(tmp_path / str(documents), documents=documents, budget=Budget(steps=1))
        saved = open_model(folder)
        saved.weights["head.bias"][END_OF_TEXT] = 50.0
        text = texts(saved, length=40)[0]
        assert (text == "\n" * 40) == may_be_drawn


def test_invalid_utf8_shows_as_one_replacement_character_and_is_counted(tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig(), budget=Budget(steps=1)))
    stream = TextStream(saved, fit_prompt("", saved.tokenizer), SamplingConfig(temperature=3.0), length=300)
    text = "".join(piece.text for piece in stream)
    assert stream.n_invalid >= text.count("\ufffd") > 0


def test_a_model_that_only_draws_silence_ends(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    saved = open_model(tiny.trained(tmp_path / "run", documents="file", valid_fraction=0.0))
    saved.weights["head.bias"][END_OF_TEXT] = 1e4
    assert texts(saved, length=10) == [""]


def test_the_nats_of_a_token_are_the_models_own_whatever_the_filters(model: SavedModel) -> None:
    config = SamplingConfig(temperature=3.0, top_k=20, presence_penalty=1.0)
    reader = build_stepper(model.record.model, model.weights, n_streams=2)
    before = reader.step(np.array([END_OF_TEXT, END_OF_TEXT]))
    for drawn in itertools.islice(generate(prefilled(model), config, constraints=[[], []]), 30):
        expected = -np.log(softmax(before)[[0, 1], drawn.ids])
        np.testing.assert_allclose(drawn.nats(), expected, rtol=1e-6)
        before = reader.step(drawn.ids)


def test_penalties_look_back_over_the_prompt_and_no_further_than_their_window(model: SavedModel) -> None:
    """With a penalty beyond all logits, a token comes back only after the window has left it behind."""
    n_window = 7
    config = SamplingConfig(temperature=0, presence_penalty=1e6, penalty_window=n_window)
    prompt = model.tokenizer.encode("Mina sat").ids.tolist()
    drawn = generate(prefilled(model, prompt), config, constraints=[[]])
    ids = [*prompt, *(int(one.ids[0]) for one in itertools.islice(drawn, 60))]
    for place in range(len(prompt), len(ids)):
        assert ids[place] not in ids[place - n_window : place]
    assert len(set(ids[len(prompt) :])) < 60


@pytest.mark.parametrize(
    ("prompt", "read_as", "words"),
    [
        ("Mina", "Mina", []),
        ("“Mina”", '"Mina"', ["'“'", "'”'"]),
        ("Míná", "Mina", ["'í'", "'á'"]),
        ("Ｍｉｎａ", "Mina", ["'Ｍ'"]),
        ("Mina 🙂", "Mina ", ["'🙂'", "skipped"]),
        ("Mi\udc80na", "Mina", ["byte 0x80"]),
    ],
)
def test_a_prompt_is_read_in_the_nearest_known_form_and_says_so(
    prompt: str, read_as: str, words: list[str], model: SavedModel
) -> None:
    fitted = fit_prompt(prompt, model.tokenizer)
    assert fitted.text == read_as
    assert model.tokenizer.decode(fitted.ids) == read_as
    assert all(any(word in note for note in fitted.notes) for word in words)
    assert bool(fitted.notes) == bool(words)


@pytest.mark.parametrize("tokenizer", [ByteConfig(), SentencePieceConfig()], ids=lambda config: config.name)
def test_tokenizers_that_cover_everything_take_any_prompt_as_it_is(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer))
    fitted = fit_prompt("Ζωή 🙂 “ß”", saved.tokenizer)
    assert (fitted.text, fitted.notes) == ("Ζωή 🙂 “ß”", ())


@pytest.mark.parametrize("tokenizer", [CharConfig(), WordConfig()], ids=lambda config: config.name)
def test_a_separator_in_a_prompt_is_the_boundary(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, documents="line"))
    ids = fit_prompt("Mina\n", saved.tokenizer).ids
    assert ids[-1] == END_OF_TEXT
    assert ids.count(END_OF_TEXT) == 1


def test_streams_of_a_batch_are_those_of_their_numbers(model: SavedModel) -> None:
    """The second of two texts depends on its number, not on how many others there are."""
    config = dataclasses.replace(SamplingConfig(), seed=3)
    drawn = []
    for n_streams in (2, 3):
        steps = itertools.islice(generate(prefilled(model), config, constraints=[[] for _ in range(n_streams)]), 20)
        drawn.append(np.stack([step.ids for step in steps])[:, :2])
    np.testing.assert_array_equal(drawn[0], drawn[1])
