"""Tokens with their log-probabilities: where each begins."""

from __future__ import annotations

import pytest

from seqgen.server.answers import json_bytes
from seqgen.server.completions.scored_tokens import TokenLog, TokenScore
from seqgen.tokenizers.byte import ByteTokenizer


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        (b"a\xe2\x98\x83b", [0, 1, 1, 1, 2]),
        (b"\xe2m", [0, 1]),
        (b"\xe2\x98m", [0, 0, 1]),
        (b"\xe2\xe2\x98\x83m", [0, 1, 1, 1, 2]),
        (b"\x83\xffm", [0, 1, 2]),
    ],
)
def test_a_token_begins_after_the_broken_characters_before_it(text: bytes, offsets: list[int]) -> None:
    log = TokenLog.of_prompt(ByteTokenizer(), [TokenScore(byte + 1, -1.0) for byte in text])
    assert log.told(n_shown=None)["text_offset"] == offsets


def test_an_answer_is_one_line_for_every_client() -> None:
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10000))))
    assert len(json_bytes({"text": text}).decode().splitlines()) == 1
