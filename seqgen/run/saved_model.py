"""The model file: weights, configuration and tokenizer in one file that can be copied anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.bases import BASES
from seqgen.config import SamplingConfig
from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.inference import LabelExpert, NgramExpert, weight_shapes
from seqgen.run.folder import MODEL_FILE
from seqgen.run.history import History, read_history
from seqgen.run.record import RunRecord
from seqgen.run.stored_expert import EXPERT, unpack_expert
from seqgen.run.stored_label_expert import LABEL_EXPERT, unpack_label_expert
from seqgen.run.stored_tokenizer import store_tokenizer, take_tokenizer
from seqgen.tokenizers import Tokenizer

_WEIGHT_PREFIX = "model."
_WEIGHT_TYPES = (np.float32, np.float64)
"""Training writes float32. A model in float64 works as well. One in float16 becomes float32 when it is read."""
_HALF = "ngrams.rows.weight"
"""The weight that is written in half precision: tables of n-grams are larger than the rest, and need no more."""
_TOKENIZER, _SOURCE_TOKENIZER = "tokenizer", "source_tokenizer"
"""The keys under which the vocabularies are stored."""

Weights = dict[str, NDArray[Any]]
"""Arrays by the names that they have in the torch module."""


@dataclass(frozen=True)
class SavedModel:
    """A model file, read and checked.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> saved.name, saved.record.model.cell, saved.tokenizer.kind, saved.has_documents
    ('story', 'lstm', 'char', False)
    """

    path: Path
    sha256: str
    record: RunRecord
    tokenizer: Tokenizer
    weights: Weights
    expert: NgramExpert | None = None
    """What the probabilities of the weights are mixed with; None: with nothing."""
    source_tokenizer: Tokenizer | None = None
    """The vocabulary of the sources, if the model learned from pairs; `tokenizer` has that of the targets."""
    label_expert: LabelExpert | None = None
    """What the probabilities of labels are mixed with; None: with nothing."""

    @property
    def name(self) -> str:
        """The name of the run folder or of the base, or the file name of a model that is elsewhere."""
        if self.path.name == MODEL_FILE:
            return self.path.resolve().parent.name
        return self.base or self.path.name

    @property
    def base(self) -> str | None:
        """The name of the base that this is; None if it is none."""
        return next((name for name, path in BASES.items() if path == self.path), None)

    @property
    def address(self) -> str:
        """What the user would write to open it: its path, or the name of the base.

        >>> from seqgen.run import open_model
        >>> open_model("english").address
        'english'
        """
        return self.base or str(self.path)

    @property
    def has_documents(self) -> bool:
        """Whether the model learned from separate documents, so that it can end one."""
        return self.record.corpus.documents is not None

    @property
    def temperature(self) -> float:
        """The temperature at which the model writes best; the default where that was not measured."""
        measured = self.record.temperature
        return SamplingConfig.temperature if measured is None else measured

    @property
    def n_parameters(self) -> int:
        return sum(array.size for array in self.weights.values())

    def read(self, text: str) -> str:
        """A text from elsewhere, such as a prompt, as the training text was read: its line ends, its documents."""
        return self.record.corpus.read(text)

    def history(self) -> History:
        """The reports of its training; there are none for a model outside a run folder."""
        return read_history(self.path.parent) if self.path.name == MODEL_FILE else History()


def save_model(
    folder: Path,
    record: RunRecord,
    *,
    tokenizer: Tokenizer,
    weights: Mapping[str, NDArray[Any]],
    source_tokenizer: Tokenizer | None = None,
) -> str:
    """Write `model.safetensors` and return its SHA-256.

    Raises:
        RunError: the file cannot be written. The model from before is still there.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> sha256 = save_model(Path(), saved.record, tokenizer=saved.tokenizer, weights=saved.weights)
    >>> sha256 == saved.sha256
    True
    """
    tensors = {_WEIGHT_PREFIX + name: array for name, array in weights.items()}
    if _WEIGHT_PREFIX + _HALF in tensors:
        most = np.finfo(np.float16).max  # only an absurd learning rate leads beyond it
        tensors[_WEIGHT_PREFIX + _HALF] = np.clip(weights[_HALF], -most, most).astype(np.float16)
    document = record.to_json()
    store_tokenizer(_TOKENIZER, tokenizer, document=document, tensors=tensors)
    if source_tokenizer is not None:
        store_tokenizer(_SOURCE_TOKENIZER, source_tokenizer, document=document, tensors=tensors)
    return write_container(folder / MODEL_FILE, "model", document=document, tensors=tensors)


def load_model(path: Path) -> SavedModel:
    """Read a model file, and check that its parts fit each other. Weights in half precision become float32.

    Raises:
        RunError: the file does not exist, is damaged, was not written by seqgen or has a newer format, or its weights
            and its tokenizer do not fit its configuration.

    >>> sorted(load_model(Path("checkpoints/story/model.safetensors")).weights)[:2]
    ['embedding.weight', 'head.bias']
    """
    container = read_container(path, "model")
    document, tensors = dict(container.document), dict(container.tensors)
    tokenizer = take_tokenizer(_TOKENIZER, document, tensors=tensors, path=path)
    has_sources = _SOURCE_TOKENIZER in document
    sources = take_tokenizer(_SOURCE_TOKENIZER, document, tensors=tensors, path=path) if has_sources else None
    packed, expert = tensors.pop(EXPERT, np.empty(0, np.uint8)), document.pop(EXPERT, None)
    table, label_expert = tensors.pop(LABEL_EXPERT, np.empty(0, np.float16)), document.pop(LABEL_EXPERT, None)
    record = RunRecord.from_json(document)
    weights = {name.removeprefix(_WEIGHT_PREFIX): _widened(array) for name, array in tensors.items()}
    mismatch = _find_sizes(record, tokenizer, sources) or _find_mismatch(record, weights)
    if mismatch is not None:
        raise RunError(f"{path} does not fit its configuration: {mismatch}")
    try:
        mixed_with = None if expert is None else unpack_expert(expert, packed, vocab_size=tokenizer.vocab_size)
        n_labels = tokenizer.vocab_size - 1
        of_labels = None if label_expert is None else unpack_label_expert(label_expert, table, n_labels=n_labels)
    except RunError as error:
        raise RunError(f"{path} is damaged: {error}") from None
    return SavedModel(path, container.sha256, record, tokenizer, weights, mixed_with, sources, of_labels)


def _widened(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _find_sizes(record: RunRecord, tokenizer: Tokenizer, sources: Tokenizer | None) -> str | None:
    """The first vocabulary that is not as large as the configuration says; None if all are."""
    if record.model.vocab_size != tokenizer.vocab_size:
        return f"vocab_size is {record.model.vocab_size}, but the tokenizer has {tokenizer.vocab_size} tokens"
    n_ids = record.encoder.vocab_size if record.encoder else record.model.source_vocab_size
    n_expected = 0 if sources is None else sources.vocab_size + 1  # one id more, for what the vocabulary lacks
    return f"the model reads {n_ids} ids of sources, but there are {n_expected}" if n_ids != n_expected else None


def _find_mismatch(record: RunRecord, weights: Weights) -> str | None:
    """The first respect in which the weights do not fit the configuration; None if they fit."""
    for config in (record.model, record.encoder):
        if config is not None and config.n_layer > len(weights):  # before shapes of a billion layers are computed
            return f"n_layer is {config.n_layer}, but the file holds only {len(weights)} weight tensors"
    expected = weight_shapes(record.model, record.encoder)
    for name in sorted(expected.keys() | weights.keys()):
        if name not in weights:
            return f"the weight {name} is missing"
        if name not in expected:
            return f"there is a weight {name} that the model does not have"
        if fault := _find_fault(weights[name], expected[name]):
            return f"the weight {name} {fault}"
    return "the weights hold numbers of several types" if len({array.dtype for array in weights.values()}) > 1 else None


def _find_fault(weight: NDArray[Any], shape: tuple[int, ...]) -> str | None:
    if weight.shape != shape:
        return f"has shape {weight.shape}, not {shape}"
    if weight.dtype not in _WEIGHT_TYPES:
        return f"holds numbers of type {weight.dtype}, not float32"
    return None if np.isfinite(weight).all() else "holds infinity or NaN"
