"""The features of texts that units may follow."""

from __future__ import annotations

import pytest

from seqgen.inspection.text_features import features_of
from seqgen.tokenizers import MARK


def values(name: str, text: str) -> str:
    """A feature of a text, a digit for each character."""
    return "".join(f"{value:.0f}" for value in features_of(text)[name].tolist())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("inside quotes", 'a "b" c', "0011000"),
        ("inside quotes", "a “b” c", "0011000"),
        ("inside quotes", 'a "b\n\nc "d"', "00111000110"),
        ("inside quotes", f'"a{MARK}b', "1100"),
        ("inside brackets", "a (b [c] d) e", "0011111111000"),
        ("inside brackets", "a) (b\n\nc", "00011100"),
        ("place in the line", f"abc\nd{MARK}e", "1230101"),
        ("indentation", "\n  a b\n c", "012222011"),
        ("place in the word", "it's a b2", "123401010"),
        ("word in capitals", "Mina ROME A", "00000011100"),
    ],
)
def test_a_feature_is_what_has_been_read_so_far(name: str, text: str, expected: str) -> None:
    assert values(name, text) == expected


@pytest.mark.parametrize(
    ("name", "restarts_at"),
    [("place in the sentence", 3), ("place in the paragraph", 6), ("place in the document", 8)],
)
def test_places_in_what_is_long_grow_as_logarithms_until_it_ends(name: str, restarts_at: int) -> None:
    feature = features_of(f"abc.\n\nd{MARK}"[:4] + f"e\n\nd{MARK}f")[name]
    assert feature[restarts_at] == 0
    assert feature[1] > feature[0] > 0 and feature[1] - feature[0] < feature[0]


def test_an_empty_text_has_features_without_numbers() -> None:
    assert all(len(feature) == 0 for feature in features_of("").values())
