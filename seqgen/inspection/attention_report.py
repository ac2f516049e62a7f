"""The attention heads of one Transformer over one text, and over one passage for a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.evaluation import TextSelection, restore_decoder
from seqgen.inspection.heads import FEWEST_TOKENS, MOST_TOKENS, Head, Repeats, measure_heads
from seqgen.inspection.token_text import TokenText, read_selected
from seqgen.models import Decoder
from seqgen.run import SavedModel
from seqgen.sampling import require_forward
from seqgen.tokenizers import END_OF_TEXT

PASSAGE_TOKENS = 32
"""Of a passage that is drawn, if it is not given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionReport:
    """What the heads of one model look at.

    >>> from seqgen.run import open_model
    >>> measure_attention(open_model("checkpoints/story"), TextSelection())
    Traceback (most recent call last):
    seqgen.errors.ConfigError: story has no attention, because its cell is lstm: ...
    """

    run: str
    text_name: str
    heads: tuple[Head, ...]
    chance: Head
    """A head that looks at all positions alike."""
    repeats: Repeats | None
    passage: TokenText
    """What is drawn; an end-of-text token comes first."""
    weights: NDArray[np.float32]
    """With which each token of the passage attends to the others, (L, H, T, T)."""

    def of_kind(self, kind: str) -> tuple[Head, ...]:
        """The heads of a kind, in order."""
        return tuple(head for head in self.heads if head.kind(chance=self.chance) == kind)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        of_chance = self.chance.to_json()
        del of_chance["head"]
        return {
            "run": self.run,
            "text": self.text_name,
            "heads": [{**head.to_json(), "kind": head.kind(chance=self.chance) or None} for head in self.heads],
            "chance": of_chance,
            "random_tokens": None
            if self.repeats is None
            else {"bits_first_time": self.repeats.first_bits, "bits_second_time": self.repeats.second_bits},
        }


def measure_attention(
    saved: SavedModel, selection: TextSelection, *, passage: TokenText | None = None
) -> AttentionReport:
    """Measure all heads of a Transformer on the selected text. The passage that is drawn is its beginning, or is given.

    Raises:
        ConfigError: the model is no Transformer, or reads backward.
        CorpusError: the text cannot be found, or is too short.
        TokenizerError: a closed vocabulary lacks a word of the text.
    """
    require_forward(saved, "seqgen inspect attention")
    decoder = restore_decoder(replace(saved, expert=None))
    if decoder.trace(torch.tensor([[END_OF_TEXT]])).attention is None:
        raise ConfigError(
            f"{saved.name} has no attention, because its cell is {saved.record.model.cell}: name a Transformer, or "
            "look at the units with seqgen inspect units"
        )
    text = read_selected(saved, selection, fewest=FEWEST_TOKENS, most=MOST_TOKENS)
    heads, chance, repeats = measure_heads(decoder, text)
    shown = passage or TokenText.of(text.ids[:PASSAGE_TOKENS], saved.tokenizer)
    shown = TokenText.of(np.concatenate(([END_OF_TEXT], shown.ids)), saved.tokenizer)
    return AttentionReport(
        run=saved.name,
        text_name=text.name,
        heads=tuple(heads),
        chance=chance,
        repeats=repeats,
        passage=shown,
        weights=_weights_on(decoder, shown),
    )


@torch.inference_mode()
def _weights_on(decoder: Decoder, passage: TokenText) -> NDArray[np.float32]:
    weights = decoder.trace(torch.from_numpy(passage.ids)[None]).attention
    assert weights is not None
    drawn: NDArray[np.float32] = weights[:, 0].float().numpy()
    return drawn
