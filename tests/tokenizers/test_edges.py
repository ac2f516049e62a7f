"""Vocabularies from texts that a library cannot learn from, and from files that lack a part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import SentencePieceConfig
from seqgen.errors import RunError
from seqgen.run.stored_tokenizer import take_tokenizer
from seqgen.tokenizers import restore_tokenizer, sentencepiece, train_tokenizer
from seqgen.tokenizers.restoring import require_distinct


def test_a_text_that_the_library_learns_nothing_from_is_kept_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    train, calls = sentencepiece._train_model, [0]

    def failing(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            raise RuntimeError("Internal: nothing was learned")
        return train(*arguments, **options)

    monkeypatch.setattr(sentencepiece, "_train_model", failing)
    tokenizer = train_tokenizer(SentencePieceConfig(), ["the cat sat"], n_bytes=11)
    assert calls == [2]
    assert tokenizer.decode(tokenizer.encode("the cat sat").ids.tolist()) == "the cat sat"


def test_pieces_without_their_model_are_refused() -> None:
    with pytest.raises(ValueError, match="the model of the library is missing"):
        restore_tokenizer("sentencepiece", {"separator": ""}, bulk=b"")


def test_a_kind_of_tokenizer_that_this_version_lacks_is_named() -> None:
    document = {"tokenizer": {"kind": "syllable", "state": {}}}
    with pytest.raises(RunError, match="'syllable', which this version of seqgen does not have"):
        take_tokenizer("tokenizer", document, tensors={"other": np.zeros(1)}, path=Path("m.safetensors"))


@pytest.mark.parametrize("lengths", [[2], [3, 0], [4, -1], [2.0, 1]])
def test_words_whose_lengths_do_not_fit_their_text_are_refused(lengths: list[Any]) -> None:
    state = {"characters": "abc", "unseen_probability": 0.1, "separator": "", "lengths": lengths}
    with pytest.raises(ValueError, match="the lengths of the words do not fit their text"):
        restore_tokenizer("word", state, bulk=b"abc")


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", 7]])
def test_tokens_that_are_equal_or_no_texts_are_refused(tokens: list[Any]) -> None:
    with pytest.raises(ValueError, match="not texts that differ"):
        require_distinct(tokens)
