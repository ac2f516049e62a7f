"""What is special to sentencepiece: that nothing is normalised, and what sizes a text supports."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from seqgen.config import SentencePieceConfig, SentencePieceModel
from seqgen.errors import TokenizerError
from seqgen.tokenizers import MARK, Tokenizer, train_tokenizer
from tests.tiny import TEXT

both_models = pytest.mark.parametrize("model", get_args(SentencePieceModel))


def train(text: str = TEXT, *, model: SentencePieceModel = "bpe", vocab_size: int | None = None) -> Tokenizer:
    config = SentencePieceConfig(sentencepiece_model=model, vocab_size=vocab_size)
    return train_tokenizer(config, [text], n_bytes=len(text.encode("utf-8", "surrogatepass")))


@both_models
@pytest.mark.parametrize(
    "text",
    [
        "ﬁ½Ⅷ１ｶﾞ",
        "e\u0301 é \u0301",
        "  the   end  \n\n ",
        "\u2581the\u2581\u2581 end\u2581",
        "\0\t\r\n\x85\u2028",
        "語😀",
        "<0x41><unk>",
    ],
    ids=ascii,
)
def test_nothing_is_normalised_though_training_did_not_hold_it(model: SentencePieceModel, text: str) -> None:
    tokenizer = train(model=model)
    encoding = tokenizer.encode(text)
    assert tokenizer.decode(encoding.ids.tolist()) == text
    assert encoding.oov == ""
    assert tokenizer.alphabet is None


@both_models
def test_frequent_words_are_one_token_with_the_space_before(model: SentencePieceModel) -> None:
    assert len(train(model=model).encode(" the").ids) == 1


@both_models
def test_bytes_have_the_ids_after_the_end_of_text_token(model: SentencePieceModel) -> None:
    tokenizer = train(model=model)
    assert [tokenizer.token_bytes(token, 0) for token in range(1, 257)] == [bytes((byte,)) for byte in range(256)]


@both_models
def test_training_twice_makes_the_same_pieces(model: SentencePieceModel) -> None:
    assert train(model=model).fingerprint == train(model=model).fingerprint


@both_models
@pytest.mark.parametrize("vocab_size", [320, 400])
def test_a_size_that_the_text_supports_is_kept_exactly(model: SentencePieceModel, vocab_size: int) -> None:
    assert train(model=model, vocab_size=vocab_size).vocab_size == vocab_size


@both_models
@pytest.mark.parametrize(("vocab_size", "side"), [(258, "more"), (30_000, "less")])
def test_a_size_out_of_range_is_refused_with_one_that_works(
    model: SentencePieceModel, vocab_size: int, side: str
) -> None:
    with pytest.raises(TokenizerError, match=rf"{vocab_size} pieces: use --vocab-size \d+ or {side}") as refusal:
        train(model=model, vocab_size=vocab_size)
    found = re.search(r"--vocab-size (\d+)", str(refusal.value))
    assert found
    assert train(model=model, vocab_size=int(found[1])).vocab_size == int(found[1])


@both_models
@pytest.mark.parametrize(
    "text", ["a", "ab\n", "ab " * 500, "\u2585 is a block\n" * 100], ids=["character", "line", "word", "block"]
)
def test_without_a_size_any_text_makes_a_vocabulary(model: SentencePieceModel, text: str) -> None:
    tokenizer = train(text, model=model)
    assert tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text


@both_models
@pytest.mark.parametrize("text", ["\n\n", "\r\0", "\u2581\u2585"])
def test_a_size_for_a_text_without_a_piece_is_refused_with_that_of_bytes(model: SentencePieceModel, text: str) -> None:
    with pytest.raises(TokenizerError, match="300 pieces: use --vocab-size 259 or less"):
        train(text, model=model, vocab_size=300)
    assert train(text, model=model).vocab_size == 259
    assert train(text, model=model, vocab_size=259).vocab_size == 259


def test_training_reads_a_sample_spread_over_the_whole_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.tokenizers.sentencepiece.SAMPLE_BYTES", 2000)
    tokenizer = train("alpha beta\n" * 500 + MARK + "gamma delta\n" * 500)
    assert all(len(tokenizer.encode(word).ids) < len(word) / 2 for word in ("alpha", " beta", "gamma", " delta"))


@pytest.mark.parametrize("share", [1, 2, 5])
def test_a_sample_has_as_many_characters_as_it_may_at_even_distances(
    share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{number:03}\n" for number in range(100)]
    monkeypatch.setattr("seqgen.tokenizers.sentencepiece.SAMPLE_BYTES", 400 // share)
    learned: list[str] = []
    monkeypatch.setattr("seqgen.tokenizers.sentencepiece._train_model", lambda lines, *_, **__: learned.extend(lines))
    train("".join(lines))
    numbers = [int(line) for line in learned]
    assert numbers == sorted({0, *range(share - 1, 100, share)})


@both_models
@pytest.mark.parametrize("text", ["語" * 50, "".join(map(chr, range(0x4E00, 0x4F00))) * 40 + " 語 語"])
def test_spaces_come_back_where_the_training_text_has_few_or_none(model: SentencePieceModel, text: str) -> None:
    tokenizer = train(text, model=model)
    for probe in (text, " 語  the \u2581 cat "):
        assert tokenizer.decode(tokenizer.encode(probe).ids.tolist()) == probe
    assert len(tokenizer.encode(" ").ids) == 1


def test_a_vocabulary_without_room_for_a_space_is_refused_with_the_size_that_has_room() -> None:
    with pytest.raises(TokenizerError, match="vocabulary of 258 pieces: use --vocab-size 259 or more"):
        train("語" * 50, vocab_size=258)
    assert train("語" * 50, vocab_size=259).vocab_size == 259
