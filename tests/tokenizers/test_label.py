"""Labels: a token each, and nothing but whole labels."""

from __future__ import annotations

import json

import pytest

from seqgen.config import LabelConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers import END_OF_TEXT, KINDS, MARK, TOKENIZERS, restore_tokenizer, train_tokenizer
from seqgen.tokenizers.label import LabelTokenizer

LABELS = ["no", "yes", "yes", "may be\nnot", "no", "yes", "é"]


def trained() -> LabelTokenizer:
    tokenizer = train_tokenizer(LabelConfig(), (label + MARK for label in LABELS), n_bytes=0)
    assert isinstance(tokenizer, LabelTokenizer)
    return tokenizer


def test_labels_stand_in_the_order_of_their_frequency_and_then_of_their_text() -> None:
    assert trained().labels == ("yes", "no", "may be\nnot", "é")
    assert trained().vocab_size == 5


def test_a_label_is_one_id_and_comes_back() -> None:
    tokenizer = trained()
    for number, label in enumerate(tokenizer.labels, start=1):
        assert tokenizer.encode(label).ids.tolist() == [number]
        assert tokenizer.decode([number]) == label
    assert tokenizer.decode([END_OF_TEXT]) == ""
    assert tokenizer.encode(f"no{MARK}yes{MARK}").ids.tolist() == [2, 0, 1, 0]


def test_an_unknown_label_is_out_of_the_vocabulary_as_a_whole() -> None:
    encoding = trained().encode(f"no{MARK}nose{MARK}é")
    assert encoding.ids.tolist() == [2, 0, 0, 4]
    assert (encoding.oov, encoding.oov_at, encoding.oov_after) == ("nose", (3, 4, 5, 6), (2, 2, 2, 2))


def test_an_empty_label_is_a_label_if_it_is_trained_on() -> None:
    tokenizer = train_tokenizer(LabelConfig(), [f"a{MARK}{MARK}"], n_bytes=1)
    assert [tokenizer.encode(label).ids.tolist() for label in ("", "a")] == [[1], [2]]
    assert trained().encode("").ids.tolist() == []


def test_restored_labels_are_the_same() -> None:
    tokenizer = trained()
    again = restore_tokenizer(tokenizer.kind, json.loads(json.dumps(tokenizer.state())), bulk=tokenizer.bulk())
    assert again.fingerprint == tokenizer.fingerprint
    assert again.pieces(END_OF_TEXT) == (b"", b"yes", b"no", b"may be\nnot", "é".encode())


def test_no_label_makes_no_vocabulary() -> None:
    with pytest.raises(TokenizerError, match="no label"):
        train_tokenizer(LabelConfig(), [""], n_bytes=0)


def test_only_tokenizers_of_labels_are_not_offered_for_texts() -> None:
    assert {name for name, kind in KINDS.items() if kind.is_of_labels} == KINDS.keys() - TOKENIZERS.keys() == {"label"}
    assert all(kind.kind == name for name, kind in KINDS.items())
