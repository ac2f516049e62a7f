"""A tokenizer in a model file: what it can put into JSON is in the document, the rest in a tensor of bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import RunError
from seqgen.tokenizers import Tokenizer, restore_tokenizer


def store_tokenizer(
    key: str, tokenizer: Tokenizer, *, document: dict[str, Any], tensors: dict[str, NDArray[Any]]
) -> None:
    """Add a tokenizer to the document and to the tensors of a model file, under one key.

    >>> from seqgen.run import open_model
    >>> document, tensors = {}, {}
    >>> store_tokenizer("tokenizer", open_model("checkpoints/story").tokenizer, document=document, tensors=tensors)
    >>> document["tokenizer"]["kind"], tensors
    ('char', {})
    """
    document[key] = {"kind": tokenizer.kind, "state": tokenizer.state()}
    bulk = tokenizer.bulk()
    if bulk:
        tensors[key] = np.frombuffer(bulk, dtype=np.uint8)


def take_tokenizer(key: str, document: dict[str, Any], *, tensors: dict[str, NDArray[Any]], path: Path) -> Tokenizer:
    """Remove a tokenizer from the document and the tensors of the file `path`, and return it.

    Raises:
        RunError: there is none, or it cannot be read.

    >>> document = {"tokenizer": {"kind": "byte", "state": {"separator": ""}}}
    >>> take_tokenizer("tokenizer", document, tensors={}, path=Path("model.safetensors")).vocab_size, document
    (257, {})
    """
    bulk = tensors.pop(key, np.empty(0, np.uint8)).tobytes()
    try:
        description = document.pop(key)
        tokenizer = restore_tokenizer(description["kind"], description["state"], bulk=bulk)
        int(tokenizer.vocab_size)  # some tokenizers parse their bulk only now
    except RunError:
        raise
    except Exception as error:
        # The hash fits, so the file is as it was written, but not by seqgen. What each tokenizer and the library behind
        # it raise over values of any shape cannot be listed.
        raise RunError(f"{path} holds a tokenizer that cannot be read ({type(error).__name__}: {error})") from None
    return tokenizer
