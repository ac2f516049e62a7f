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
