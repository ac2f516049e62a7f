"""One token for each label: a whole target of a pair, such as the language of a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, final

import numpy as np

from seqgen.config import LabelConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_text, require_distinct


@final
class LabelTokenizer(Tokenizer):
    """The labels of the training part have the ids 1 to V - 1, the most frequent first.

    A label that the training part does not have is out of the vocabulary as a whole.
    """

    kind = "label"
    is_of_labels = True

    def __init__(self, labels: Iterable[str], *, separator: str = "") -> None:
        self.labels = tuple(labels)
        """In the order of their ids. The id of the first is 1."""
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], config: LabelConfig, *, n_bytes: int, separator: str = "") -> LabelTokenizer:
        """Count the documents of a text, each of which is a label and has a mark behind it. Ties are in the order of
        their code points.

        Raises:
            TokenizerError: there is no label.
        """
        *documents, _ = "".join(chunks).split(MARK)
        counts = Counter(documents)
        if not counts:
            raise TokenizerError("the training part has no label to make a vocabulary of")
        return cls(sorted(counts, key=lambda label: (-counts[label], label)), separator=separator)

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> LabelTokenizer:
        return cls(require_distinct(state["labels"]), separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {"labels": list(self.labels), "separator": self.separator}

    @property
    def vocab_size(self) -> int:
        return len(self.labels) + 1

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.labels, start=1)}

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        unknown: list[tuple[str, int, int]] = []
        position = 0
        for n_label, label in enumerate(text.split(MARK)):
            if n_label:
                ids.append(END_OF_TEXT)
                position += 1
            if label in self._id_of:
                ids.append(self._id_of[label])
            else:
                unknown += [(character, position + n, len(ids)) for n, character in enumerate(label)]
            position += len(label)
        characters, oov_at, oov_after = zip(*unknown, strict=True) if unknown else ((), (), ())
        return Encoding(np.array(ids, dtype=np.int32), "".join(characters), oov_at, oov_after)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self.labels[token - 1].encode()
