"""The tokenizers of the page give the ids that seqgen gives, fit prompts as it fits them, and decode as it decodes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from seqgen.config import CharConfig, CorpusConfig, WordConfig
from seqgen.corpus import CorpusRecord
from seqgen.export.html_page.vocabulary import describe_vocabulary
from seqgen.sampling import fit_prompt
from seqgen.tokenizers import MARK, Detokenizer, train_tokenizer
from tests.page.engine.asking import Question, ask_node, needs_node
from tests.tokenizers.examples import EXOTIC, SEPARATORS, TRAINING, every_tokenizer, trained

NAMES = ["char", "byte", "word", "bpe", "unigram"]
WORDS = "the cat sat on the mat\n\nand  the\tdog \u3000 ran"
NASTY = [
    "",
    *EXOTIC,
    TRAINING[300:1500],
    "<|endoftext|><unk><s></script><!--",
    "It isn't 7 o'clock—well-read ‘Ann’ said: ١٢٣ ²³ x_y __init__\u00a0\u2028\u2029end",
    "漢字かな交じり文 조선말 ไทย עברית العربية",
    "line one\r\nline two\r\rline three\n\n\nline four",
    "a" * 5000 + " " + "b c" * 1500,
    " " * 9000 + "\n" * 3,
    "x " + "".join(TRAINING.split()) * 6,
    "\x00\x01\x7f\x80\u200b\u200d\ufeff\ufffd\U0010ffff",
]
ENDINGS: list[str | None] = [None, "line", "blank-line", "***", "file"]
PROMPTS = [
    *NASTY,
    "“Café” naïve cafe\u0301 Ångström — ﬁ … ½",
    "\n \n\none\n \t\n\ntwo\n***\nthree \n ***\t\n\n***\n\nfour\n***",
    "***\none\r\n\r\ntwo\u2028\u2029three",
    "one*** two\n**\n****\n",
    "one\n\u200b\n\ufeff\u3000\x85\x1c\ntwo\n\u200b***\ufeff\nthree",
]


class Reading(NamedTuple):
    """How a corpus was read, for seqgen and for the page."""

    corpus: CorpusRecord
    described: dict[str, Any]


def reading_of(documents: str | None, separator: str) -> Reading:
    config = CorpusConfig(paths=("some.txt",), documents=documents)
    corpus = CorpusRecord(config=config, separator=separator, parts={})
    cut = documents if corpus.division.has_boundaries else None
    return Reading(corpus, {"lineEnds": "newline", "learned": "\n", "documents": cut})


def random_texts() -> list[str]:
    """Texts of characters from everywhere in Unicode, with parts that the vocabularies know between them."""
    rng = np.random.default_rng(0)
    codes = [code for code in rng.integers(0, 0x110000, 4000).tolist() if not 0xD800 <= code < 0xE000]
    low = rng.integers(0, 0x3000, 4000).tolist()
    mixed = "".join(map(chr, [*codes, *low]))
    return [mixed[start : start + 200] + TRAINING[start : start + 50] for start in range(0, len(mixed), 200)]


@needs_node
@every_tokenizer
def test_every_text_has_the_ids_that_the_tokenizer_gives(name: str) -> None:
    tokenizer = trained(name)
    texts = [*NASTY, *random_texts()] if tokenizer.is_lossless else [" ".join(TRAINING.split()[:200]), "two\n", ""]
    question: Question = {"ask": "ids", "tokenizer": describe_vocabulary(tokenizer)}
    answers = ask_node([{**question, "documents": [text]} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert answer == tokenizer.encode(text).ids.tolist(), repr(text)


@needs_node
def test_words_hold_their_apostrophes_marks_and_the_space_before_them() -> None:
    text = " It isn't 7 o’clock, हिन्दी and cafe\u0301 42 x_y ²³." * 2
    tokenizer = train_tokenizer(WordConfig(), [text], n_bytes=len(text.encode()))
    question = {"ask": "ids", "tokenizer": describe_vocabulary(tokenizer), "documents": [text]}
    ids = tokenizer.encode(text).ids.tolist()
    assert " isn't" in [tokenizer.decode([token]) for token in ids]
    assert ask_node([question])[0] == ids


@needs_node
@pytest.mark.parametrize("name", ["char", "bpe"])
def test_an_end_of_text_token_stands_between_documents(name: str) -> None:
    tokenizer = trained(name)
    question = {"ask": "ids", "tokenizer": describe_vocabulary(tokenizer), "documents": ["one", "", "two"]}
    assert ask_node([question]) == [tokenizer.encode(f"one{MARK}{MARK}two").ids.tolist()]


@needs_node
@every_tokenizer
def test_ids_become_text_piece_by_piece_as_the_detokenizer_writes_it(name: str) -> None:
    tokenizer = trained(name, "\n\n")
    rng = np.random.default_rng(3)
    streams = [
        rng.integers(0, tokenizer.vocab_size, 300).tolist(),
        rng.integers(0, min(257, tokenizer.vocab_size), 600).tolist(),
    ]
    question: Question = {"ask": "text", "tokenizer": describe_vocabulary(tokenizer)}
    for ids, answer in zip(streams, ask_node([{**question, "ids": ids} for ids in streams]), strict=True):
        detokenizer = Detokenizer(tokenizer)
        assert answer == [*map(detokenizer.write, ids), detokenizer.finish()]


@needs_node
@every_tokenizer
def test_half_a_character_of_a_prompt_is_left_out(name: str) -> None:
    vocabulary, reading = describe_vocabulary(trained(name)), reading_of(None, "").described
    question = {"ask": "fit", "tokenizer": vocabulary, "reading": reading}
    halved, whole = ask_node([{**question, "prompt": prompt} for prompt in ("the\ud800 \udc00cat", "the cat")])
    assert halved == whole


@needs_node
def test_notes_name_characters_that_cannot_be_seen() -> None:
    tokenizer = train_tokenizer(CharConfig(), ["a b"], n_bytes=3)
    reading = reading_of(None, "").described
    prompt = "a\u00a0b\u2003\u202e"
    question = {"ask": "fit", "tokenizer": describe_vocabulary(tokenizer), "reading": reading, "prompt": prompt}
    answer = ask_node([question])[0]
    assert answer["notes"] == ["fixed space is read as space", "U+2003 is read as space"]
    assert answer["dropped"] == ["\u202e"]


@needs_node
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("separator", SEPARATORS[:3], ids=repr)
def test_a_prompt_is_read_as_seqgen_sample_reads_it(name: str, separator: str) -> None:
    tokenizer = trained(name, separator)
    cases = [(reading_of(documents, separator), prompt) for documents in ENDINGS for prompt in PROMPTS]
    question: Question = {"ask": "fit", "tokenizer": describe_vocabulary(tokenizer)}
    answers = ask_node([{**question, "reading": reading.described, "prompt": prompt} for reading, prompt in cases])
    for (reading, prompt), answer in zip(cases, answers, strict=True):
        expected = fit_prompt(reading.corpus.read(prompt), tokenizer)
        case = (reading.described["documents"], prompt)
        assert answer["ids"] == list(expected.ids), case
        assert answer["text"] == expected.text, case
        skipped = [note for note in expected.notes if note.endswith("skipped")]
        replaced = [note for note in expected.notes if "read as" in note]
        assert (len(answer["dropped"]), len(answer["notes"])) == (len(skipped), len(replaced)), case
