"""Tokens with their log-probabilities: where each begins, and characters of several tokens."""

from __future__ import annotations

import pytest

from seqgen.sampling import FittedPrompt
from seqgen.server.answers import json_bytes
from seqgen.server.completions.choice import Choice
from seqgen.server.completions.scored_tokens import TokenLog, TokenScore
from seqgen.server.engine import Event, Finished, Piece
from seqgen.tokenizers import Detokenizer
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


@pytest.fixture
def half() -> Choice:
    """A text after a prompt that ends within a character, with an echo."""
    tokenizer = ByteTokenizer()
    ids, detokenizer = tuple(byte + 1 for byte in "a😀".encode()[:3]), Detokenizer(tokenizer)
    text = "".join(map(detokenizer.write, ids)) + detokenizer.fork().finish()
    choice = Choice(0, FittedPrompt(ids, text, (), detokenizer), tokenizer, has_logprobs=True)
    choice.echo([TokenScore(token, -1.0) for token in ids])
    return choice


def test_a_text_completes_the_last_character_of_its_prompt(half: Choice) -> None:
    pieces = zip("😀!".encode()[2:], ("", "😀", "!"), strict=True)
    events: list[Event] = [Piece(text, byte + 1, -1.0) for byte, text in pieces]
    for event in (*events, Finished("length")):
        half.take(event)
    told = half.told()
    assert told["text"] == "a😀!"
    assert told["logprobs"]["text_offset"] == [0, 1, 1, 1, 1, 2]


def test_an_echo_alone_shows_that_its_last_character_is_not_whole(half: Choice) -> None:
    half.end()
    assert half.told()["text"] == "a\ufffd"
