"""What a model that reads backward writes: the right way round, before the prompt, in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqgen.api import LanguageModel
from seqgen.config import TOKENIZER_CONFIGS, Budget, ByteConfig, SamplingConfig, TokenizerConfig
from seqgen.errors import ConfigError
from seqgen.music import write_tunes
from seqgen.run import SavedModel, open_model
from seqgen.sampling import CoWriter, fit_prompt, require_constraints, whole_text
from seqgen.sampling.backward import BackwardText
from seqgen.tokenizers import train_tokenizer
from tests import tiny
from tests.backward import planted, turned
from tests.sampling.texts import search, write

ALPHABET = "abcdefgh\n"
TEXT = "Zoë sat in the café. " * 60

every_tokenizer = pytest.mark.parametrize("tokenizer", TOKENIZER_CONFIGS.values(), ids=list(TOKENIZER_CONFIGS))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model of lines of eight letters in order, which knows from the end what stands before."""
    folder = tmp_path_factory.mktemp("letters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return planted(folder, ALPHABET * 40, order=3).backward


def test_what_is_written_stands_before_the_prompt(letters: SavedModel) -> None:
    (text,) = write(letters, "gh", length=4, temperature=0)
    assert (text.text, text.ending) == ("cdef", "length")
    assert whole_text(letters, "gh", text.text) == "cdefgh"


def test_a_text_ends_where_its_document_begins(letters: SavedModel) -> None:
    (text,) = write(letters, "fgh", length=99, temperature=0, until_end_of_text=True)
    assert (text.text, text.ending) == ("abcde", "end-of-text")


def test_the_documents_before_come_before(letters: SavedModel) -> None:
    (text,) = write(letters, "cdefgh", length=7, temperature=0)
    assert text.text == "fgh\nab"[-7:] or text.text == "efgh\nab"


def test_the_odds_are_of_what_stands_before(letters: SavedModel) -> None:
    (before, probability), *_ = LanguageModel(letters).next_odds("def")
    assert before == "c"
    assert probability > 0.9


@every_tokenizer
@pytest.mark.parametrize("length", [0, 1, 57])
def test_a_text_has_exactly_the_requested_length(tokenizer: type[TokenizerConfig], length: int, tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text=TEXT, tokenizer=tokenizer(), documents="line", backward=True)
    for prompt in ("", "the café. "):
        texts = write(open_model(run), prompt, length=length, count=2, temperature=1.5)
        assert [len(text.text) for text in texts] == [length, length]


def test_bytes_are_decoded_when_all_are_there() -> None:
    tokenizer = train_tokenizer(ByteConfig(), [], n_bytes=0)
    text = BackwardText(fit_prompt("é", tokenizer), tokenizer, config=SamplingConfig(), length=2)
    assert [text.take(token) for token in tokenizer.encode("x漢ü").ids.tolist()[::-1]] == ["", "", "", "", "漢ü", "漢ü"]
    assert text.n_invalid == 0


def test_a_text_comes_in_one_piece(run_folder: Path) -> None:
    pieces = list(LanguageModel(turned(open_model(run_folder))).generate("Mina", length=30, seed=1))
    assert [len(piece) for piece in pieces] == [30]


def test_the_same_seed_writes_the_same_text(run_folder: Path) -> None:
    model = LanguageModel(turned(open_model(run_folder)))
    assert model.write("Mina", length=30, seed=4) == model.write("Mina", length=30, seed=4)


@pytest.mark.parametrize(
    ("option", "config"),
    [
        ("--stop", {"stop": ("END",)}),
        ("--ban", {"ban": ("the",)}),
        ("--bias", {"bias": {"the": 1.0}}),
        ("--match", {"match": "[a-z]+"}),
        ("--words", {"words": ("known",)}),
        ("--no-copy", {"no_copy": 20}),
    ],
)
def test_what_follows_a_text_from_its_beginning_is_refused(
    option: str, config: dict[str, Any], run_folder: Path
) -> None:
    model = turned(open_model(run_folder))
    for attempt in (lambda: write(model, **config), lambda: require_constraints(model, SamplingConfig(**config))):
        with pytest.raises(ConfigError, match=f"^tiny reads and writes from the end of a text, and {option} follows"):
            attempt()


def test_beams_editors_exact_matches_and_endless_texts_are_refused(run_folder: Path) -> None:
    model = turned(open_model(run_folder))
    with pytest.raises(ConfigError, match="and --beam follows one from its beginning"):
        search(model)
    with pytest.raises(ConfigError, match="and seqgen write follows one"):
        CoWriter(model)
    with pytest.raises(ConfigError, match="and seqgen music follows one"):
        write_tunes(model, config=SamplingConfig(), count=1)
    with pytest.raises(ConfigError, match="and --match follows one"):
        LanguageModel(model).write_matching("[a-z ]*", count=1, length=9)
    with pytest.raises(ConfigError, match="and --follow follows one"):
        list(LanguageModel(model).generate(length=None))


def test_new_documents_are_none_of_the_text(tmp_path: Path) -> None:
    lines = [f"{first}{second}a" for first in "bcdfg" for second in "aeiou"]
    run = tiny.trained(tmp_path / "run", text="\n".join(lines * 20), documents="line", backward=True)
    texts = LanguageModel(open_model(run)).write_many("a", count=3, length=9, new=True)
    assert texts
    assert not {f"{text}a" for text in texts} & set(lines)


def test_budget_of_steps_is_all_that_a_backward_run_needs(tmp_path: Path) -> None:
    """A short run learns the order of the alphabet from its end."""
    run = tiny.trained(
        tmp_path / "run", text="abcdefgh" * 400, backward=True, budget=Budget(steps=40), settings={"d_model": 32}
    )
    (text,) = write(open_model(run), "abcd", length=8, temperature=0)
    assert text.text == "abcdefgh"
