"""The rates made of a sum of nats: what each is divided by, and when there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from seqgen.config import ByteConfig, CharConfig
from seqgen.corpus import EncodedText, encode_text
from seqgen.evaluation import Context, Score
from seqgen.evaluation.oov import oov_charges, oov_nats
from seqgen.evaluation.score import score_nats
from seqgen.tokenizers import train_tokenizer

BIT = math.log(2)
FACTS: dict[str, Any] = {
    "mode": Context(),
    "n_tokens": 20,
    "n_characters": 24,
    "n_bytes": 48,
    "n_words": 6,
    "nats": 96 * BIT,
    "nats_without_oov": 60 * BIT,
    "n_oov": 4,
    "oov_probability": 0.01,
    "is_lossless": True,
}


def a_score(**changes: Any) -> Score:
    return Score(**{**FACTS, **changes})


def test_each_rate_has_its_own_divisor() -> None:
    score = a_score()
    rates = [score.bits_per_byte, score.bits_per_character, score.bits_per_known_character, score.nats_per_token / BIT]
    assert rates == pytest.approx([2, 4, 3, 4])
    assert [score.perplexity, score.perplexity_per_word] == pytest.approx([16, 2**16])


def test_a_report_has_every_number_under_its_name() -> None:
    report = a_score().to_json()
    assert report == {
        "context": str(Context()),
        "tokens": 24,
        "characters": 24,
        "bytes": 48,
        "words": 6,
        "nats": pytest.approx(96 * BIT),
        "nats_per_token": pytest.approx(4 * BIT),
        "perplexity": pytest.approx(16),
        "perplexity_per_word": pytest.approx(2**16),
        "bits_per_character": pytest.approx(4),
        "bits_per_byte": pytest.approx(2),
        "unseen_characters": 4,
        "bits_per_known_character": pytest.approx(3),
    }


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (
            {"is_lossless": False},
            {"perplexity_per_word", "bits_per_character", "bits_per_byte", "bits_per_known_character"},
        ),
        ({"n_words": 0}, {"perplexity_per_word"}),
        ({"n_characters": 4}, {"bits_per_known_character"}),
        ({"nats": 1e6}, {"perplexity", "perplexity_per_word"}),
        ({"nats": 96 * 500.0, "n_words": 96}, {"perplexity"}),
    ],
)
def test_a_rate_that_is_not_defined_or_too_large_is_none(changes: dict[str, Any], missing: set[str]) -> None:
    report = a_score(**changes).to_json()
    assert {name for name, value in report.items() if value is None} == missing


def test_a_score_knows_its_mode_and_how_likely_unknown_characters_were_taken_to_be() -> None:
    letters = train_tokenizer(CharConfig(), ["aab"], n_bytes=3)
    known, mixed = (score_nats([np.ones(2)], encode_text([text], letters), tokenizer=letters) for text in ("ab", "axb"))
    assert (known.oov_probability, mixed.oov_probability) == (None, 1 / 3)
    assert str(known.mode) == str(Context())
    octets = train_tokenizer(ByteConfig(), [], n_bytes=0)
    mode = Context.parse("cold:3")
    score = score_nats([np.ones(1)], encode_text(["a"], octets), tokenizer=octets, mode=mode)
    assert (score.mode, score.oov_probability) == (mode, None)


def test_ids_on_disk_are_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = train_tokenizer(ByteConfig(), [], n_bytes=0)
    given: list[int] = []
    released: list[int] = []

    def parts() -> Iterator[Any]:
        for _ in range(7):
            given.append(2)
            yield np.ones(2)

    monkeypatch.setattr("seqgen.evaluation.score._MAX_IDS_IN_MEMORY", 4)
    monkeypatch.setattr(EncodedText, "release", lambda text: released.append(sum(given)))
    score_nats(parts(), encode_text(["a" * 14], octets), tokenizer=octets)
    assert released == [6, 12]


def test_where_every_text_is_covered_unknown_characters_cost_nothing() -> None:
    octets = train_tokenizer(ByteConfig(), [], n_bytes=0)
    assert oov_charges(octets) == (0.0, 0.0)
    assert oov_nats(octets, n_tokens=5, n_oov=1) == 0.0
