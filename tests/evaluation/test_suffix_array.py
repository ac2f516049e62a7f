"""The suffix array beside a search of all substrings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.evaluation.suffix_array import LIMIT, SuffixArray

ALPHABETS = ["ab", "abcé🙂\n", "".join(map(chr, range(0x4E00, 0x4E00 + 300)))]
texts = st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(alphabet=letters, max_size=60))


def longest(known: str, text: str, start: int) -> int:
    return max(n for n in range(len(text) - start + 1) if text[start : start + n] in known)


@settings(deadline=None)
@given(texts, texts)
def test_every_match_is_the_longest_and_at_its_place(known: str, text: str) -> None:
    array = SuffixArray(known)
    lengths, positions = array.matches(text)
    for start in range(len(text)):
        length, position = int(lengths[start]), int(positions[start])
        assert length == longest(known, text, start)
        assert known[position : position + length] == text[start : start + length]
        assert array.longest(text, start)[0] == length


@pytest.mark.parametrize("letters", [2, 300, 70_000])
def test_a_long_match_is_followed_to_its_end(letters: int) -> None:
    """With one, two and four bytes for each character."""
    random = np.random.default_rng(0)
    known = "".join(map(chr, 0x10000 + random.integers(0, letters, 80_000)))
    text = "-" + known[5000:5300] + "-" + known[700 : 700 + LIMIT] + "-"
    array = SuffixArray(known)
    lengths, _ = array.matches(text)
    assert lengths[1] == LIMIT
    assert array.longest(text, 1) == (300, 5000)
    assert array.longest(text, 302) == (LIMIT, 700)
    assert array.longest(text, 0)[0] == lengths[0] == lengths[-1] == 0
