"""A detokenizer writes whole characters only, and counts bytes that are no character."""

from __future__ import annotations

from seqgen.tokenizers import (
    END_OF_TEXT,
    Detokenizer,
)
from tests.tokenizers.examples import (
    EXOTIC,
    every_lossless,
    every_spelling,
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
def test_a_replacement_character_of_the_text_itself_is_not_counted(name: str) -> None:
    detokenizer = Detokenizer(trained(name))
    assert write_all(detokenizer, trained(name).encode("a\ufffdb").ids.tolist()) == "a\ufffdb"
    assert detokenizer.n_invalid == 0
