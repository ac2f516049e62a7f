"""What every tokenizer promises, over the registry."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import (
    TOKENIZER_CONFIGS,
    CharConfig,
    TokenizerName,
)
from seqgen.errors import RunError, TokenizerError
from seqgen.tokenizers import (
    END_OF_TEXT,
    MARK,
    TOKENIZERS,
    RoundTrip,
    comes_back,
    restore_tokenizer,
    train_tokenizer,
)
from tests.tokenizers.examples import (
    CONFIGS,
    EXOTIC,
    SEPARATORS,
    SPELLING,
    TRAINING,
    any_text,
    covered,
    cut,
    every_lossless,
    every_spelling,
    every_tokenizer,
    quick,
    trained,
)


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
    with pytest.raises(TokenizerError, match=r"^the training part (has|contains) no"):
        train_tokenizer(CONFIGS[name], [text], n_bytes=len(text))


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
