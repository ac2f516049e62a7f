"""seqgen as a library: `load` a trained model, let it write, let it score.

>>> from seqgen import load
>>> model = load("checkpoints/stories")             # doctest: +SKIP
>>> for piece in model.generate("Mina ", length=200):  # doctest: +SKIP
...     print(piece, end="")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seqgen.config import SamplingConfig, fields_of
from seqgen.errors import ConfigError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, fit_prompt

if TYPE_CHECKING:
    from seqgen.evaluation import Score


@final
class LanguageModel:
    """A trained model. `saved` holds its configuration, tokenizer, weights and history."""

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved

    def generate(self, prompt: str = "", *, length: int | None = 1000, **options: Any) -> Iterator[str]:
        """Yield text as it is made: `length` characters in all, which follow the prompt; None goes on without end.

        The prompt itself is not among it. `options` are the fields of `seqgen.config.SamplingConfig`, as
        `temperature=0.7`, `stop="THE END"` or `ban=("the", "end")`. Characters of the prompt that the model does not
        know are read as their nearest known form.

        Raises:
            ConfigError: an option that there is not, or out of its range.
            TokenizerError: the model knows no character of the prompt.
        """
        known = fields_of(SamplingConfig)
        for name in options.keys() - known.keys():
            raise ConfigError(f"{name} is no option of generate: there is {', '.join(known)}")
        if length is not None and length < 0:
            raise ConfigError(f"length is {length}: it must be 0 or more")
        for name in ("stop", "ban"):
            if isinstance(options.get(name), str):
                options[name] = (options[name],)
        fitted = fit_prompt(prompt, self.saved.tokenizer)
        stream = TextStream(self.saved, fitted, SamplingConfig(**options), length=length)
        return (piece.text for piece in stream)

    def score(self, text: str) -> Score:
        """How well the model predicts a text, as `seqgen eval` reports it. Imports torch.

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
