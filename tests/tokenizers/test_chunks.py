"""A text gives the same tokens, and the same vocabulary, however it is divided into chunks."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.tokenizers import (
    MARK,
    Tokenizer,
    mark_separators,
    train_tokenizer,
)
from seqgen.tokenizers.segments import MAX_SEGMENT_LENGTH, regroup_segments, split_segments
from tests.tokenizers.examples import (
    CONFIGS,
    SEPARATORS,
    TRAINING,
    any_text,
    cut,
    every_tokenizer,
    joined,
    quick,
    trained,
)


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
