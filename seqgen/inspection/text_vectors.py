"""One vector for a whole text: the mean of what the output layer reads at its tokens."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.corpus import EncodedText, as_read
from seqgen.errors import CorpusError
from seqgen.models import Decoder
from seqgen.run import SavedModel
from seqgen.tokenizers import END_OF_TEXT

_WINDOW = 256


@torch.inference_mode()
def text_vector(decoder: Decoder, text: EncodedText, *, saved: SavedModel) -> NDArray[np.float32]:
    """The mean, over the tokens of a text, of the features of the network at each of them, (D,).

    This is the mean pooling of Reimers & Gurevych (2019), "Sentence-BERT", section 3. An end-of-text token is read
    before the text, and is not in the mean. An n-gram expert has no part in it.

    >>> from seqgen.corpus import encode_text
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> text_vector(restore_decoder(saved), encode_text(["Mina sat."], saved.tokenizer), saved=saved).shape
    (16,)

    Raises:
        CorpusError: the text is empty, or none of its characters is in the vocabulary.
    """
    if not len(text.ids):
        reason = "the text is empty" if not text.n_characters else "the vocabulary lacks every character of the text"
        raise CorpusError(f"{reason}: there is nothing to read")
    ids = np.concatenate(([END_OF_TEXT], as_read(text.ids, backward=saved.record.corpus.backward))).astype(np.int64)
    device, state = next(decoder.parameters()).device, None
    total = torch.zeros(saved.record.model.d_model, dtype=torch.float64, device=device)
    for first in range(0, len(ids), _WINDOW):
        trace = decoder.trace(torch.from_numpy(ids[None, first : first + _WINDOW]).to(device), state)
        state = trace.state
        total += trace.features[0, 0 if first else 1 :].sum(dim=0, dtype=torch.float64)
    mean: NDArray[np.float32] = (total / (len(ids) - 1)).float().cpu().numpy()
    return mean
