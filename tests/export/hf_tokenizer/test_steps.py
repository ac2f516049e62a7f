"""The steps that cut a text before the library makes tokens of it."""

from __future__ import annotations

import random
import re

import pytest

from seqgen.export.character_classes import ranges_of
from seqgen.export.hf_tokenizer.segments import split_into_segments
from seqgen.tokenizers.segments import split_segments

LETTERS = ["a", "é—😀", " a", "\ta", "\n a", "\r\nab", "\n", "\u2028a\u0085"]


@pytest.mark.parametrize("letters", LETTERS)
@pytest.mark.parametrize("share", [0.5, 0.001])
def test_a_text_is_cut_into_the_segments_of_seqgen(letters: str, share: float) -> None:
    numbers = random.Random(3)
    step = split_into_segments()
    for length in (1, 4095, 4096, 4097, 9000, 20_000):
        text = "".join(numbers.choice(letters) if numbers.random() < share else "x" for _ in range(length))
        assert [part for part, _ in step.pre_tokenize_str(text)] == split_segments(text)


@pytest.mark.parametrize("expression", [r"\d", r"\s", r"[^\w\s]"])
def test_ranges_hold_exactly_the_characters_that_match(expression: str) -> None:
    bounds = re.findall(r"\\x\{(\w+)\}(?:-\\x\{(\w+)\})?", ranges_of(expression))
    codes = [code for first, last in bounds for code in range(int(first, 16), int(last or first, 16) + 1)]
    some = [*range(0x3000), *range(0xD000, 0xD800), *range(0xE000, 0xE100), *range(0x10000, 0x11000)]
    assert set(codes) & set(some) == {code for code in some if re.fullmatch(expression, chr(code))}
    assert not any(0xD800 <= code < 0xE000 for code in codes)
