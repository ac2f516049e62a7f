"""What is added to a model file after its training: the temperature at which it writes best, and its n-gram expert."""

from __future__ import annotations

from pathlib import Path

from seqgen.container import read_container, write_container
from seqgen.inference import NgramExpert
from seqgen.run.stored_expert import EXPERT, pack_expert


def store_temperature(path: Path, temperature: float) -> str:
    """Write into a model file at which temperature the model writes best. Returns its new SHA-256.

    The tensors keep their bytes.

    Raises:
        RunError: the file cannot be read or written.

    >>> from seqgen.run import open_model
    >>> sha256 = store_temperature(Path("checkpoints/story/model.safetensors"), 0.6)
    >>> open_model("checkpoints/story").temperature, open_model("checkpoints/story").sha256 == sha256
    (0.6, True)
    """
    container = read_container(path, "model")
    document = {**container.document, "temperature": temperature}
    return write_container(path, "model", document=document, tensors=container.tensors)


def store_expert(path: Path, expert: NgramExpert) -> str:
    """Write an n-gram expert into a model file, in place of one that is there. Returns the file's new SHA-256.

    Raises:
        RunError: the file cannot be read or written.

    >>> import numpy as np
    >>> from seqgen.evaluation.ngram import NgramModel
    >>> from seqgen.run import load_model
    >>> path = Path("checkpoints/story/model.safetensors")
    >>> vocab_size = load_model(path).tokenizer.vocab_size
    >>> tables = NgramModel(np.array([1, 2, 3] * 100), order=3, vocab_size=vocab_size).tables()
    >>> sha256 = store_expert(path, NgramExpert(tables, vocab_size=vocab_size, weight=0.25))
    >>> load_model(path).expert.weight, load_model(path).sha256 == sha256
    (0.25, True)
    """
    container = read_container(path, "model")
    description, packed = pack_expert(expert)
    document, tensors = {**container.document, EXPERT: description}, {**container.tensors, EXPERT: packed}
    return write_container(path, "model", document=document, tensors=tensors)
