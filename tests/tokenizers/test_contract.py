"""What every tokenizer promises, over the registry."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from functools import cache
from itertools import pairwise, product
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import (
    TOKENIZER_CONFIGS,
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
    TokenizerName,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.errors import RunError, TokenizerError
from seqgen.tokenizers import (
    END_OF_TEXT,
    MARK,
    TOKENIZERS,
    Detokenizer,
    Encoding,
    RoundTrip,
    Tokenizer,
    comes_back,
    mark_separators,
    restore_tokenizer,
    train_tokenizer,
)
from seqgen.tokenizers.segments import MAX_SEGMENT_LENGTH, regroup_segments, split_segments
from tests.tiny import TEXT

CONFIGS: dict[str, TokenizerConfig] = {
    "char": CharConfig(),
    "byte": ByteConfig(),
    "word": WordConfig(),
    "whitespace": WhitespaceConfig(),
    "bpe": SentencePieceConfig(sentencepiece_model="bpe"),
    "unigram": SentencePieceConfig(sentencepiece_model="unigram"),
}
LOSSLESS = [name for name in CONFIGS if name != "whitespace"]
SPELLING = ["byte", "bpe", "unigram"]
"""Those that fall back to bytes, and so cover every text."""
SEPARATORS = ["", "\n", "\n\n", "\r\n", "\r\n\r\n"]
EXOTIC = [
    "\u2581 a\u2581b \u2581\u2581",
    "\u2585",
    "\0a\0",
    "a\r\nb\rcé\n\n",
    "\u0301\u0308e\u0301",
    "😀👩‍👩‍👧 𝔘",
    "  two  spaces \t\u00a0\u3000",
    "\ufeff\ufffd",
    "हिन्दी में",
    "<0x0A><unk><s>",
    "ﬁ½Ⅷ１",
]
TRAINING = TEXT[:2000] + "\n".join(EXOTIC)
PARTS = [*TRAINING.replace(" ", " \0").split("\0"), "\n", "\r\n", " ", "\u2581"]

every_tokenizer = pytest.mark.parametrize("name", CONFIGS)
every_lossless = pytest.mark.parametrize("name", LOSSLESS)
every_spelling = pytest.mark.parametrize("name", SPELLING)
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@cache
def trained(name: str, separator: str = "") -> Tokenizer:
    return train_tokenizer(CONFIGS[name], [TRAINING], n_bytes=len(TRAINING.encode()), separator=separator)


def covered(tokenizer: Tokenizer) -> st.SearchStrategy[str]:
    """Documents that the vocabulary covers, with marks between them."""
    if not tokenizer.is_lossless:
        lines = st.lists(st.sampled_from(TRAINING.split()), max_size=4).map(" ".join)
        documents = st.lists(lines, max_size=4).map(lambda some: "".join(line + "\n" for line in some))
    else:
        known = st.characters(codec="utf-8")
        if tokenizer.alphabet is not None:
            known = st.sampled_from(tokenizer.alphabet.characters)
        documents = st.lists(st.sampled_from(PARTS) | st.text(known), max_size=6).map("".join)
    return st.lists(documents, max_size=4).map(MARK.join)


def any_text(tokenizer: Tokenizer) -> st.SearchStrategy[str]:
    """Documents of any characters that the tokenizer does not refuse."""
    if not tokenizer.is_lossless:
        return covered(tokenizer)
    return st.lists(covered(tokenizer) | st.text(st.characters(codec="utf-8")), max_size=4).map("".join)


def cut(text: str, places: Iterable[int]) -> list[str]:
    ends = sorted(min(place, len(text)) for place in places)
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def joined(encodings: Iterable[Encoding]) -> tuple[list[int], str, list[int]]:
    ids: list[int] = []
    oov = ""
    oov_at: list[int] = []
    for encoding in encodings:
        ids += encoding.ids.tolist()
        oov += encoding.oov
        oov_at += encoding.oov_at
    return ids, oov, oov_at


def write_all(detokenizer: Detokenizer, ids: Iterable[int]) -> str:
    return "".join(map(detokenizer.write, ids)) + detokenizer.finish()


def test_the_registry_holds_every_kind_of_the_configuration() -> None:
    assert tuple(TOKENIZERS) == tuple(TOKENIZER_CONFIGS) == get_args(TokenizerName)
    assert set(TOKENIZERS) == {trained(name).kind for name in CONFIGS}
    assert all(name == tokenizer.kind for name, tokenizer in TOKENIZERS.items())


@every_tokenizer
@pytest.mark.parametrize("separator", ["", "\n\n"])
@quick
@given(data=st.data())
def test_a_covered_text_comes_back_with_separators_for_its_marks(
    name: str, separator: str, data: st.DataObject
) -> None:
    tokenizer = trained(name, separator)
    text = data.draw(covered(tokenizer))
    encoding = tokenizer.encode(text)
    assert tokenizer.decode(encoding.ids.tolist()) == text.replace(MARK, separator)
    assert (encoding.oov, encoding.oov_at) == ("", ())


@every_tokenizer
@quick
@given(data=st.data())
def test_a_round_trip_is_exact_if_the_text_comes_back(name: str, data: st.DataObject) -> None:
    tokenizer = trained(name)
    text = data.draw(any_text(tokenizer)).replace(MARK, "")
    text = text.replace(" ", "  ") if data.draw(st.booleans()) else text
    expected = tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text
    assert comes_back(cut(text, [len(text) // 3, len(text) // 2]), tokenizer) == expected


@every_spelling
def test_a_round_trip_that_lacks_its_last_byte_is_not_exact(name: str) -> None:
    round_trip = RoundTrip(trained(name))
    round_trip.add_text("aé")
    round_trip.add_ids(trained(name).encode("aé").ids[:-1])
    assert not round_trip.is_exact()


@every_tokenizer
def test_piece_tables_hold_the_pieces_after_every_token(name: str) -> None:
    tokenizer = trained(name, "\n")
    number_of, tables = tokenizer.piece_tables
    assert all(tables[number_of[token]] is tokenizer.pieces(token) for token in range(tokenizer.vocab_size))
    assert len(tables) <= 2
    for previous in (END_OF_TEXT, tokenizer.vocab_size - 1):
        added = [tokenizer.token_bytes(token, previous) for token in range(1, tokenizer.vocab_size)]
        assert list(tokenizer.pieces(previous)) == [b"\n", *added]


@every_lossless
@pytest.mark.parametrize("separator", SEPARATORS)
@quick
@given(text=st.lists(st.sampled_from(["\r", "\n", "\r\n", "a", "é ", "\u2581"]), max_size=12).map("".join))
def test_a_text_comes_back_from_its_separators_marked(name: str, separator: str, text: str) -> None:
    tokenizer = trained(name, separator)
    marked = tokenizer.mark(text)
    assert marked == (text.replace(separator, MARK) if separator else text)
    assert tokenizer.decode(tokenizer.encode(marked).ids.tolist()) == text


@every_lossless
@pytest.mark.parametrize("text", EXOTIC, ids=ascii)
def test_exotic_characters_come_back(name: str, text: str) -> None:
    tokenizer = trained(name)
    assert tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text


@every_lossless
@quick
@given(data=st.data())
def test_what_is_not_covered_has_its_positions_and_the_rest_comes_back(name: str, data: st.DataObject) -> None:
    tokenizer = trained(name)
    text = data.draw(any_text(tokenizer))
    encoding = tokenizer.encode(text)
    assert "".join(text[position] for position in encoding.oov_at) == encoding.oov
    rest = "".join(c for position, c in enumerate(text) if position not in encoding.oov_at)
    assert tokenizer.decode(encoding.ids.tolist()) == rest.replace(MARK, "")
    assert not encoding.oov or name not in SPELLING


@every_lossless
@pytest.mark.parametrize("character", ["a", "é", "\n", "\u2581"], ids=ascii)
def test_a_text_of_one_distinct_character_is_enough(name: str, character: str) -> None:
    text = character * 600
    tokenizer = train_tokenizer(CONFIGS[name], [text], n_bytes=len(text.encode()))
    assert tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text


@every_tokenizer
@pytest.mark.parametrize("text", ["", MARK])
def test_a_text_without_a_character_makes_no_vocabulary(name: str, text: str) -> None:
    if name == "byte":
        assert train_tokenizer(CONFIGS[name], [text], n_bytes=len(text)).vocab_size == 257
        return
    with pytest.raises(TokenizerError, match="the training part has no"):
        train_tokenizer(CONFIGS[name], [text], n_bytes=len(text))


@every_tokenizer
@quick
@given(data=st.data())
def test_encoding_in_any_chunks_equals_encoding_the_whole(name: str, data: st.DataObject) -> None:
    tokenizer = trained(name)
    text = data.draw(any_text(tokenizer))
    chunks = cut(text, data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    assert joined(tokenizer.encode_stream(chunks)) == joined([tokenizer.encode(text)])


def long_texts(tokenizer: Tokenizer) -> list[str]:
    """Texts whose lines are longer than a segment, with and without newlines, marks and spaces."""
    draw = random.Random(0)
    words = TRAINING.split()
    texts = [separator.join(" ".join(draw.choices(words, k=700)) for _ in range(4)) for separator in (" ", "\n", MARK)]
    if tokenizer.is_lossless:
        line = "ab" * MAX_SEGMENT_LENGTH
        texts += [line + MARK + line[1:], line[: MAX_SEGMENT_LENGTH - 1] + "\n" + line, "\u2581" * 5000, "😀 é" * 3000]
    return texts


@every_tokenizer
@pytest.mark.parametrize("length", [977, MAX_SEGMENT_LENGTH, MAX_SEGMENT_LENGTH + 1])
def test_lines_longer_than_a_segment_are_encoded_the_same_in_any_chunks(name: str, length: int) -> None:
    tokenizer = trained(name)
    for text in long_texts(tokenizer):
        whole = joined([tokenizer.encode(text)])
        assert joined(tokenizer.encode_stream(cut(text, range(length, len(text), length)))) == whole
        if not whole[1]:
            assert tokenizer.decode(whole[0]) == text.replace(MARK, "")


@quick
@given(text=st.text("ab \n", max_size=20), size=st.integers(1, 3))
def test_segments_make_up_the_text_however_it_is_cut(text: str, size: int) -> None:
    long = text.replace("a", "a" * 1500)
    assert "".join(split_segments(long)) == long
    assert all(len(segment) <= MAX_SEGMENT_LENGTH for segment in split_segments(long))
    chunks = regroup_segments(cut(long, range(0, len(long), size * 1000)))
    again = [segment for chunk in chunks for segment in split_segments(chunk)]
    assert again == split_segments(long)


@every_tokenizer
def test_the_vocabulary_does_not_depend_on_how_the_training_text_is_cut(name: str) -> None:
    chunks = cut(TRAINING, range(0, len(TRAINING), 5))
    again = train_tokenizer(CONFIGS[name], chunks, n_bytes=len(TRAINING.encode()))
    assert again.fingerprint == trained(name).fingerprint


@pytest.mark.parametrize("separator", SEPARATORS)
def test_separators_are_marked_from_left_to_right_however_the_text_is_cut(separator: str) -> None:
    for length in range(8):
        for text in map("".join, product("\r\n", repeat=length)):
            expected = text.replace(separator, MARK) if separator else text
            for places in (range(length), range(0, length, 2), range(0, length, 3), [length // 2]):
                assert "".join(mark_separators(cut(text, places), separator)) == expected


@every_tokenizer
def test_ids_are_below_the_vocabulary_size_and_only_a_mark_is_the_end_of_text_token(name: str) -> None:
    tokenizer = trained(name, "\n")
    ids = tokenizer.encode(TRAINING + MARK + TRAINING + MARK).ids
    assert ids.min() == END_OF_TEXT == 0
    assert ids.max() < tokenizer.vocab_size
    assert (ids == END_OF_TEXT).sum() == 2
    assert ids[-1] == END_OF_TEXT


@every_tokenizer
def test_the_end_of_text_token_decodes_to_the_separator(name: str) -> None:
    tokenizer = trained(name, "\r\n")
    assert tokenizer.decode([END_OF_TEXT, END_OF_TEXT]) == "\r\n\r\n"
    assert tokenizer.encode("").ids.tolist() == []


@every_tokenizer
def test_every_id_adds_bytes_to_a_text(name: str) -> None:
    tokenizer = trained(name)
    added = [tokenizer.token_bytes(token, END_OF_TEXT) for token in range(1, tokenizer.vocab_size)]
    assert all(added)
    assert len(set(added)) >= len(added) - 257  # a piece may spell what single bytes spell


@every_tokenizer
def test_a_restored_tokenizer_is_the_same(name: str) -> None:
    tokenizer = trained(name, "\n\n")
    again = restore_tokenizer(tokenizer.kind, json.loads(json.dumps(tokenizer.state())), bulk=tokenizer.bulk())
    text = TRAINING + MARK + TRAINING
    assert again.fingerprint == tokenizer.fingerprint
    assert again.encode(text).ids.tolist() == tokenizer.encode(text).ids.tolist()
    assert again.decode(tokenizer.encode(text).ids.tolist()) == tokenizer.decode(tokenizer.encode(text).ids.tolist())
    assert (again.vocab_size, again.alphabet) == (tokenizer.vocab_size, tokenizer.alphabet)


def test_tokenizers_that_differ_have_different_fingerprints() -> None:
    everyone = [trained(name, separator) for name in CONFIGS for separator in ("", "\n")]
    other = train_tokenizer(CharConfig(), ["another text"], n_bytes=12)
    assert len({tokenizer.fingerprint for tokenizer in [*everyone, other]}) == len(everyone) + 1


def test_a_kind_that_this_version_does_not_have_is_refused() -> None:
    with pytest.raises(RunError, match="'syllable'"):
        restore_tokenizer("syllable", {}, bulk=b"")


@every_lossless
def test_a_detokenizer_gives_whole_characters_only(name: str) -> None:
    detokenizer = Detokenizer(trained(name))
    text = "".join(EXOTIC).replace("\ufffd", "")
    written = [detokenizer.write(token) for token in trained(name).encode(text).ids.tolist()]
    assert "".join(written) == text
    assert not any("\ufffd" in characters for characters in written)
    assert (detokenizer.finish(), detokenizer.n_invalid) == ("", 0)


@every_spelling
def test_an_unfinished_character_waits_for_its_rest(name: str) -> None:
    detokenizer = Detokenizer(trained(name))
    ids = trained(name).encode("\U0001fadf").ids.tolist()
    assert [detokenizer.write(token) for token in ids] == ["", "", "", "\U0001fadf"]


@every_spelling
def test_bytes_that_are_no_character_are_shown_and_counted(name: str) -> None:
    tokenizer = trained(name, "\n")
    *first, last = tokenizer.encode("\U0001fadf").ids.tolist()
    a = tokenizer.encode("a").ids.tolist()
    for ids, text, n_invalid in (
        ([*first, *a], "\ufffda", 1),  # cut short by a character
        ([*first, END_OF_TEXT, *a], "\ufffd\na", 1),  # by the end of a document
        ([*a, *first], "a\ufffd", 1),  # by the end of the text
        ([last, *a, last], "\ufffda\ufffd", 2),  # begun in the middle
        ([*first, 256], "\ufffd\ufffd", 2),  # cut short by a byte that never is one
    ):
        detokenizer = Detokenizer(tokenizer)
        assert write_all(detokenizer, ids) == tokenizer.decode(ids) == text
        assert detokenizer.n_invalid == n_invalid


@every_spelling
def test_a_replacement_character_of_the_text_itself_is_not_counted(name: str) -> None:
    detokenizer = Detokenizer(trained(name))
    assert write_all(detokenizer, trained(name).encode("a\ufffdb").ids.tolist()) == "a\ufffdb"
    assert detokenizer.n_invalid == 0
