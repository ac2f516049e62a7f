"""A detokenizer writes whole characters only, and counts bytes that are no character."""

from __future__ import annotations

from seqgen.config import WhitespaceConfig
from seqgen.tokenizers import (
    END_OF_TEXT,
    Detokenizer,
    RoundTrip,
    train_tokenizer,
)
from tests.tokenizers.examples import (
    EXOTIC,
    every_lossless,
    every_spelling,
    every_tokenizer,
    trained,
    write_all,
)


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
def test_a_fork_goes_on_from_within_a_character_and_leaves_the_first_as_it_was(name: str) -> None:
    *first, last = trained(name).encode("\U0001fadf").ids.tolist()
    detokenizer = Detokenizer(trained(name))
    write_all(detokenizer, [])
    assert [detokenizer.write(token) for token in first] == ["", "", ""]
    fork = detokenizer.fork()
    assert (fork.write(last), fork.finish()) == ("\U0001fadf", "")
    assert detokenizer.finish() == "\ufffd"


def test_a_fork_knows_the_token_before() -> None:
    words = train_tokenizer(WhitespaceConfig(), ["the cat"], n_bytes=7)
    the, cat = words.encode("the cat").ids.tolist()
    detokenizer = Detokenizer(words)
    assert detokenizer.write(the) == "the"
    assert detokenizer.fork().write(cat) == " cat"


@every_spelling
def test_a_text_that_ends_within_a_character_does_not_come_back(name: str) -> None:
    round_trip = RoundTrip(trained(name))
    round_trip.add_text("a")
    round_trip.add_ids(trained(name).encode("a\U0001fadf").ids[:-1])
    assert not round_trip.is_exact()


@every_tokenizer
def test_one_or_two_tables_hold_the_bytes_of_all_tokens_after_any_token(name: str) -> None:
    tokenizer = trained(name)
    number_of, tables = tokenizer.piece_tables
    assert len(tables) <= 2
    for previous in range(tokenizer.vocab_size):
        assert tables[number_of[previous]] is tokenizer.pieces(previous)


@every_spelling
def test_a_replacement_character_of_the_text_itself_is_not_counted(name: str) -> None:
    detokenizer = Detokenizer(trained(name))
    assert write_all(detokenizer, trained(name).encode("a\ufffdb").ids.tolist()) == "a\ufffdb"
    assert detokenizer.n_invalid == 0
