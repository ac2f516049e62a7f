"""The logits of the next token after every token of a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqgen.inference import one_thread
from seqgen.run import SavedModel
from seqgen.sampling.prefill import cpu_stepper
from seqgen.sampling.sources import read_beginning


def logits_after(model: SavedModel, ids: Sequence[int], *, source: Sequence[int] = ()) -> NDArray[np.float32]:
    """What a model expects after each of T tokens, (T, V), step by step on the CPU.

    It reads a source first, if there is one, and an end-of-text token. A model that reads backward begins at the last
    token, and row t says what stands before token t.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import logits_after
    >>> model = open_model("checkpoints/story")
    >>> logits_after(model, [3, 1, 4]).shape == (3, model.tokenizer.vocab_size)
    True
    """
    stepper, backward = cpu_stepper(model), model.record.corpus.backward
    rows = np.empty((len(ids), model.tokenizer.vocab_size), np.float32)
    with one_thread():
        read_beginning(stepper, source=source, prompt=())
        for place in range(len(ids))[:: -1 if backward else 1]:
            rows[place] = stepper.step(np.array([ids[place]]))[0]
    return rows
