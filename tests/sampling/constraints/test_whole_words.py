"""Only known words: every word of a text is looked up again, in the training text and the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.bases import BASES
from seqgen.config import (
    TOKENIZER_CONFIGS,
    ByteConfig,
    SamplingConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WordConfig,
)
from seqgen.corpus import reopen_part
from seqgen.errors import ConfigError, CorpusError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import CoWriter, fit_prompt
from seqgen.sampling.constraints.known_words import KnownWords, words_for
from seqgen.sampling.constraints.whole_words import WholeWords
from seqgen.sampling.constraints.word_graph import WordGraph, token_trees
from seqgen.tokenizers import Tokenizer, train_tokenizer
from seqgen.tokenizers.word import find_words
from tests import tiny
from tests.sampling.texts import search, write

TEXT = (
    "Anna didn’t see the café; the cat’s mat wasn't 7 years old. 'Stay,' she said, \"stay on the well-worn мат.\"\n"
    "漢字 are words, too: naïve people don't read them... The dogs' bone — is 3,50€ 🙂!\n"
) * 30
TOKENIZERS: dict[str, TokenizerConfig] = {
    **{name: config() for name, config in TOKENIZER_CONFIGS.items()},
    "sentencepiece-bpe": SentencePieceConfig(vocab_size=320, sentencepiece_model="bpe"),
    "sentencepiece-unigram": SentencePieceConfig(vocab_size=310, sentencepiece_model="unigram"),
    "word-small": WordConfig(vocab_size=70),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """Models that have hardly learned anything, one for each tokenizer: left free, they write noise."""
    folder = tmp_path_factory.mktemp("models")
    return {
        name: open_model(tiny.trained(folder / name, text=TEXT, tokenizer=config))
        for name, config in TOKENIZERS.items()
    }


def unknown_words(model: SavedModel, text: str, prompt: str = "") -> list[str]:
    """The words of a text that its training text and its prompt lack. The last one may be cut off."""
    training = "".join(reopen_part(model.record.corpus, "train").chunks())
    own = {word.replace("’", "'") for word in find_words(training) + find_words(prompt)}
    known = own | {word[0].upper() + word[1:] for word in own if word.islower()}
    *words, last = ["", *find_words((prompt + text).replace("’", "'"))]
    is_open = bool(last) and (prompt + text).rstrip("'’").endswith(last)
    begins_one = any(word.startswith(last) for word in known)
    return [word for word in words if word and word not in known] + ([] if begins_one or not is_open else [last])


@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_word_of_a_text_is_known(name: str, models: dict[str, SavedModel]) -> None:
    model = models[name]
    (free,) = write(model, length=2000, temperature=1.0)
    (text,) = write(model, length=2000, temperature=1.0, words=("known",))
    assert name == "whitespace" or unknown_words(model, free.text)
    assert unknown_words(model, text.text) == []
    assert (text.ending, len(set(find_words(text.text))) > 20) == ("length", True)
    assert "\ufffd" not in text.text


@pytest.mark.parametrize("name", ["char", "byte", "word-small", "sentencepiece-bpe"])
@pytest.mark.parametrize(
    "options",
    [
        {"ban": ("the", "s")},
        {"match": "[A-Z][^.]*[.]"},
        {"stop": ("stay",)},
        {"no_copy": 8},
        {"repetition_penalty": 1.5, "top_k": 5},
    ],
    ids=lambda options: min(options),
)
def test_known_words_go_with_other_constraints(
    name: str, options: dict[str, Any], models: dict[str, SavedModel]
) -> None:
    for text in write(models[name], length=300, count=3, words=("known",), **options):
        assert unknown_words(models[name], text.text) == []
        assert text.text


def test_no_word_is_begun_that_a_ban_forbids_to_finish(models: dict[str, SavedModel]) -> None:
    for text in write(models["char"], length=500, count=5, ban=("nna", "eople", "re"), words=("known",)):
        assert text.ending == "length"


def test_words_of_the_prompt_may_be_written(models: dict[str, SavedModel]) -> None:
    model, prompt = models["word-small"], "Vab vab, 12 "
    texts = [text.text for text in write(model, prompt, length=2000, count=4, words=("known",))]
    assert [unknown_words(model, text, prompt) for text in texts] == [[]] * 4
    assert any("vab" in find_words(text) for text in texts)


def test_an_open_word_at_the_end_of_the_prompt_becomes_a_known_one(models: dict[str, SavedModel]) -> None:
    for text in write(models["byte"], "The peo", length=30, count=10, words=("known",)):
        assert text.text.startswith("ple")


def test_an_unknown_word_at_the_end_of_the_prompt_stays_as_it_is(models: dict[str, SavedModel]) -> None:
    for text in write(models["byte"], "Dear Zorp", length=30, count=10, words=("known",)):
        assert find_words("Zorp" + text.text)[0] == "Zorp"


def test_words_of_one_prompt_are_not_free_in_the_next(models: dict[str, SavedModel]) -> None:
    co_writer, config = CoWriter(models["byte"]), SamplingConfig(words=("known",), temperature=1.0)
    co_writer.continue_text("Zorp zat ", config, length=60)
    for seed in range(5):
        text = co_writer.continue_text("The ", SamplingConfig(words=("known",), seed=seed), length=60)
        assert unknown_words(models["byte"], text, "The ") == []


@pytest.mark.parametrize("name", ["char", "sentencepiece-unigram"])
def test_a_beam_writes_known_words_only(name: str, models: dict[str, SavedModel]) -> None:
    assert unknown_words(models[name], search(models[name], length=80, words=("known",)).text) == []


def test_new_documents_hold_known_words_only(tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text="ann bob\neve sam\n" * 30, documents="line")
    texts = [text.text for text in write(open_model(run), length=40, count=20, words=("known",))]
    assert {word.lower() for text in texts for word in find_words(text[: text.rfind(" ")])} <= {
        "ann", "bob", "eve", "sam"
    }  # fmt: skip


def test_the_words_of_a_file_replace_those_of_the_training_text(models: dict[str, SavedModel], tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("cat\nÉcole\nold Zzz", encoding="utf-8")
    for name in ("char", "byte", "whitespace"):  # the alphabet of the characters has no É
        text = write(models[name], length=400, words=(str(path),))[0].text
        assert {*find_words(text[:-6])} - {"Cat", "Old", "Zzz", "École"} == {"cat", "old"} - (
            {"cat"} if name == "whitespace" else set()
        )
    assert words_for(models["char"], [str(path), "known"]).has("people")


@pytest.mark.parametrize("words", ["Élan", "12 3"], ids=["letters that the model lacks", "no word"])
def test_words_that_the_model_cannot_write_are_refused(
    words: str, models: dict[str, SavedModel], tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^--words: the model can write no word of .*words.txt: give a text"):
        words_for(models["char"], [str(path)])


def test_without_the_training_text_its_words_are_not_known() -> None:
    with pytest.raises(CorpusError, match=r"^--words known: the text that english learned from .* --words FILE$"):
        write(open_model(BASES["english"]), words=("known",))


def test_a_small_word_may_begin_with_a_capital_and_no_more() -> None:
    words = KnownWords.of(["river", "Mina", "NASA"])
    spellings = ["River", "RIVER", "rIver", "mina", "MINA", "nasa", "Nasa"]
    assert [word for word in spellings if words.has(word)] == ["River"]


texts = st.text(alphabet="ab'’é漢- 7", max_size=30)


@given(texts, texts)
def test_what_is_allowed_byte_by_byte_is_what_the_rule_of_words_allows(known: str, text: str) -> None:
    words = KnownWords.of(find_words(known))
    graph = _graph(words, train_tokenizer(ByteConfig(), [], n_bytes=0))
    constraint, is_allowed = WholeWords(graph, graph.at_end_of("")), True
    for byte in (text + " ").encode():
        logits = np.zeros(257, dtype=np.float32)
        constraint.apply(logits)
        is_allowed = is_allowed and logits[byte + 1] == 0
        constraint.take(byte + 1)
    assert is_allowed == all(map(words.has, find_words(text)))


@given(texts, texts)
def test_all_tokens_of_a_piece_of_text_agree_with_its_characters(known: str, text: str) -> None:
    """A token of several characters is allowed exactly where its characters are, one after the other."""
    words = KnownWords.of(find_words(known))
    vocabulary = train_tokenizer(WordConfig(), [known + text + "ab"] * 2, n_bytes=99)
    graph = _graph(words, vocabulary)
    node = graph.at_end_of(text)
    allowed = {*np.flatnonzero(node.penalty == 0).tolist(), *node.continuing.tolist()}
    for token in range(1, vocabulary.vocab_size):
        place, is_allowed = node, True
        for character in vocabulary.decode([token]):
            single = vocabulary.encode(character).ids
            options = {*np.flatnonzero(place.penalty == 0).tolist(), *place.continuing.tolist()}
            is_allowed = is_allowed and int(single[0]) in options
            place = graph.after(place, int(single[0]))
        assert (token in allowed) == is_allowed


def _graph(words: KnownWords, tokenizer: Tokenizer) -> WordGraph:
    return WordGraph(words, tokenizer, trees=token_trees(tokenizer))


def test_a_prompt_that_ends_in_the_middle_is_continued(models: dict[str, SavedModel]) -> None:
    prompt = fit_prompt("na", models["char"].tokenizer)
    assert write(models["char"], prompt.text, length=3, words=("known",))[0].text == "ïve"
