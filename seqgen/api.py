"""seqgen as a library: `load` a trained model, let it write, let it score.

>>> from seqgen import load
>>> model = load("checkpoints/stories")             # doctest: +SKIP
>>> for piece in model.generate("Mina ", length=200):  # doctest: +SKIP
...     print(piece, end="")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, final

from seqgen.config import SamplingConfig
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, fit_prompt

if TYPE_CHECKING:
    from seqgen.evaluation import Score


@final
class LanguageModel:
    """A trained model. `saved` holds its configuration, tokenizer, weights and history."""

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved

    def generate(self, prompt: str = "", *, length: int = 1000, config: SamplingConfig | None = None) -> Iterator[str]:
        """Yield text as it is made: `length` characters in all, which follow the prompt.

        Characters of the prompt that the model does not know are read as their nearest known form.

        Raises:
            TokenizerError: the model knows no character of the prompt.
        """
        fitted = fit_prompt(prompt, self.saved.tokenizer)
        stream = TextStream(self.saved, fitted, config or SamplingConfig(), length=length)
        return (piece for _, piece in stream)

    def score(self, text: str) -> Score:
        """How well the model foretells a text, as `seqgen eval` reports it. Imports torch.

        Raises:
            CorpusError: the text is empty or wholly outside the vocabulary.
        """
        from seqgen.corpus import encode_text
        from seqgen.evaluation import restore_decoder, score_text

        tokenizer = self.saved.tokenizer
        encoded = encode_text([tokenizer.mark(text)], tokenizer)
        return score_text(restore_decoder(self.saved), tokenizer, encoded)


def load(run: str | Path | None = None) -> LanguageModel:
    """Open a run folder, a `.safetensors` file, or the newest run under `./checkpoints`.

    Raises:
        RunError: there is none, or it cannot be read.
    """
    return LanguageModel(open_model(run))
