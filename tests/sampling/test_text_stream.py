"""Where texts end: lengths, stop strings, ends of documents; whole characters; and the best of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqgen.config import TOKENIZER_CONFIGS, Budget, ByteConfig, SamplingConfig, SamplingRequest, TokenizerConfig
from seqgen.errors import ConfigError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, fit_prompt, write_texts
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny
from tests.sampling.texts import write

TEXT = "the cat sat on the mat. a hat! \n" * 80
EVERY_TOKENIZER = [config() for config in TOKENIZER_CONFIGS.values()]

every_tokenizer = pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model of short lines, which knows where they end."""
    folder = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return open_model(tiny.trained(folder / "run", text=TEXT, documents="line", budget=Budget(steps=40)))


def stream(model: SavedModel, *, length: int | None = 200, count: int = 1, **options: Any) -> TextStream:
    request = SamplingRequest(length=length, count=count)
    return TextStream(model, fit_prompt("", model.tokenizer), config=SamplingConfig(**options), request=request)


def pieces(model: SavedModel, **options: Any) -> list[str]:
    """The pieces of one text."""
    return [piece.text for piece in stream(model, **options)]


@every_tokenizer
@pytest.mark.parametrize("length", [0, 1, 57])
def test_a_text_has_exactly_the_requested_length_in_characters(
    tokenizer: TokenizerConfig, length: int, tmp_path: Path
) -> None:
    text = "Zoë sat in the café. " * 60
    saved = open_model(tiny.trained(tmp_path / "run", text=text, tokenizer=tokenizer, documents="line"))
    texts = write(saved, length=length, count=2, temperature=2.0)
    assert [len(text.text) for text in texts] == [length, length]


@every_tokenizer
@pytest.mark.parametrize("stop", [("t",), ("at", "e c"), ("a hat!", "a mat"), ("zzz", "sat on")])
def test_a_text_ends_before_the_first_stop_string(
    tokenizer: TokenizerConfig, stop: tuple[str, ...], tmp_path: Path
) -> None:
    """The same samples without stop strings show where that is."""
    model = open_model(tiny.trained(tmp_path / "run", text=TEXT, tokenizer=tokenizer, budget=Budget(steps=30)))
    for seed in range(3):
        free = "".join(pieces(model, temperature=1.0, seed=seed))
        places = [place for place in map(free.find, stop) if place >= 0]
        stopped = "".join(pieces(model, temperature=1.0, seed=seed, stop=stop))
        assert stopped == free[: min(places, default=len(free))]


def test_the_beginning_of_a_stop_string_is_not_shown(documents: SavedModel) -> None:
    shown = ""
    for piece in pieces(documents, temperature=0.5, stop=("at on",)):
        shown += piece
    assert not shown.endswith(("a", "at", "at ", "at o")) or len(shown) == 200


def test_what_only_began_like_a_stop_string_is_shown_at_the_end(documents: SavedModel) -> None:
    free = "".join(pieces(documents, length=50, temperature=1.0))
    assert "".join(pieces(documents, length=50, temperature=1.0, stop=(free[-3:] + "\x00",))) == free


def test_a_text_ends_where_its_document_does(documents: SavedModel) -> None:
    texts = write(documents, length=500, count=8, until_end_of_text=True)
    assert {text.ending for text in texts} == {"end-of-text"}
    assert all("\n" not in text.text and len(text.text) < 500 for text in texts)


def test_only_a_model_of_documents_can_end_them(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match="--until-end-of-text needs a model trained with --documents"):
        stream(open_model(run_folder), until_end_of_text=True)


@pytest.mark.parametrize(("kind", "may_end"), [(None, False), ("line", True)])
def test_only_a_model_of_documents_writes_the_end_of_text_token(
    kind: str | None, may_end: bool, tmp_path: Path
) -> None:
    """The bias of the output layer makes the token nearly certain."""
    saved = open_model(tiny.trained(tmp_path / "run", documents=kind, budget=Budget(steps=1)))
    saved.weights["head.bias"][END_OF_TEXT] = 50.0
    assert (write(saved, length=40)[0].text == "\n" * 40) == may_end


@pytest.mark.parametrize(
    "options", [{"until_end_of_text": True}, {"stop": ("at",)}, {"match": r"[a-zA-Z ]{3,110}\."}], ids=str
)
def test_many_texts_that_end_at_different_times_are_those_of_fewer(options: dict[str, Any], tmp_path: Path) -> None:
    """70 texts are three groups and 40 are two: the same numbers give the same texts."""
    saved = open_model(tiny.trained(tmp_path / "run", documents="line", budget=Budget(steps=60)))
    many, fewer = ([text.text for text in write(saved, count=count, length=120, **options)] for count in (70, 40))
    assert fewer == many[:40]
    assert len({len(text) for text in many}) > 5


def test_without_a_length_a_text_continues(run_folder: Path) -> None:
    text_stream = stream(open_model(run_folder), length=None, temperature=1.0)
    n_characters = 0
    for piece in text_stream:
        n_characters += len(piece.text)
        if n_characters > 3000:
            break
    assert text_stream.endings == [None]


def test_a_text_says_why_it_ended(documents: SavedModel) -> None:
    (text,) = write(documents, length=5, temperature=1.0)
    assert (text.ending, len(text.text)) == ("length", 5)
    (text,) = write(documents, length=500, stop=("t",))
    assert text.ending == "stop"


def test_a_model_that_writes_no_characters_ends(tmp_path: Path) -> None:
    """The end-of-text token has no characters where documents are files."""
    saved = open_model(tiny.trained(tmp_path / "run", documents="file", valid_fraction=0.0))
    saved.weights["head.bias"][END_OF_TEXT] = 1e4
    (text,) = write(saved, length=10)
    assert (text.text, text.ending) == ("", "silence")


def test_invalid_utf8_shows_as_one_replacement_character_and_is_counted(tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig(), budget=Budget(steps=1)))
    text_stream = stream(saved, length=300, temperature=3.0)
    text = "".join(piece.text for piece in text_stream)
    assert text_stream.n_invalid >= text.count("\ufffd") > 0


def test_the_best_of_several_is_the_least_surprising_of_the_same_texts(documents: SavedModel) -> None:
    prompt, config = fit_prompt("the ", documents.tokenizer), SamplingConfig(temperature=1.0)
    every = write_texts(documents, prompt, config=config, request=SamplingRequest(length=30, count=6))
    best = write_texts(documents, prompt, config=config, request=SamplingRequest(length=30, count=2, best_of=3))
    for number, text in enumerate(best):
        assert text == min(every[3 * number : 3 * number + 3], key=lambda other: other.nats_per_character)


@pytest.mark.parametrize("options", [{"length": -1}, {"count": 0}, {"best_of": 0}], ids=str)
def test_a_request_for_less_than_nothing_is_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ConfigError, match=f"{name} is {options[name]}: it must be"):
        SamplingRequest(**options)
