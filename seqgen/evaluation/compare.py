"""How sure a score is, and which of two models is better: intervals from the blocks of a text.

Two models that are scored on one text always differ a little. Would the difference survive in a longer text of the same
kind? We have only this one, so we look at how the difference varies within it:

1. Cut the text into 20 to 200 blocks of equal size, 500 bytes or more each.
2. Add up each model's nats in every block. Blocks are measured in bytes, so they are the same for every tokenizer.
3. Take the difference of the two models block by block. This pairing matters: hard blocks are hard for both models, and
   the difference cancels what they share (Koehn 2004).
4. Make a 95 % interval of the mean difference: see `seqgen.intervals`. If it does not contain 0, the better model is
   better on such texts.

Bits per byte are compared, never perplexities: see `seqgen.evaluation.score`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import EncodedText
from seqgen.evaluation.score import Score, score_nats
from seqgen.intervals import MIN_VALUES, half_width
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_MIN_BLOCK_BYTES = 500
_MAX_BLOCKS = 200
MIN_BYTES = MIN_VALUES * _MIN_BLOCK_BYTES
"""Size of the shortest text on which two models can be compared."""
MIN_BYTES_ALONE = 50_000
"""Size of the shortest text that tells how far one model's score may be from that of a longer text."""


@final
class Blocks:
    """An observer that adds up the nats of blocks of a text, all of the same number of bytes.

    A token or an out-of-vocabulary character counts in the block in which its last byte lies.

    >>> import numpy as np
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> blocks = Blocks(tokenizer, n_bytes=1000)  # two blocks of 500 bytes
    >>> blocks.take(tokenizer.encode("a" * 1000).ids, np.full(1000, 0.5))
    >>> blocks.nats.tolist()
    [250.0, 250.0]
    """

    def __init__(self, tokenizer: Tokenizer, n_bytes: int) -> None:
        table_of_token, tables = tokenizer.piece_tables
        self._table_after = table_of_token  # (V,)
        self._lengths = np.array([[len(piece) for piece in pieces] for pieces in tables])  # (n_tables, V), in bytes
        self._n_bytes = n_bytes
        self._previous = END_OF_TEXT
        self._n_bytes_read = 0
        self.nats = np.zeros(min(_MAX_BLOCKS, max(1, n_bytes // _MIN_BLOCK_BYTES)))

    def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
        """Receive the next symbols of the text and the nats of each."""
        ids = np.maximum(symbols, END_OF_TEXT)
        previous = np.concatenate(([self._previous], ids[:-1]))
        lengths = self._lengths[self._table_after[previous], ids]
        is_oov = symbols < 0
        lengths[is_oov] = _utf8_lengths(~symbols[is_oov])  # ~c is -1 - c, for unsigned ids too
        ends = self._n_bytes_read + np.cumsum(lengths)
        last_bytes = np.maximum(ends - 1, 0)
        numbers = np.minimum(last_bytes * len(self.nats) // self._n_bytes, len(self.nats) - 1)
        self.nats += np.bincount(numbers, weights=nats, minlength=len(self.nats))
        self._previous, self._n_bytes_read = int(ids[-1]), int(ends[-1])


def _utf8_lengths(codes: NDArray[Any]) -> NDArray[Any]:
    """How many bytes each code point has in UTF-8."""
    return 1 + np.searchsorted([0x80, 0x800, 0x10000], codes, side="right")


@dataclass(frozen=True)
class ScoredText:
    """The score of one text, and the nats of its blocks: what a comparison needs.

    >>> from pathlib import Path
    >>> from seqgen import load
    >>> scored = load("checkpoints/story").score_in_blocks(Path("story.txt").read_text())
    >>> len(scored.blocks.nats), scored.score.n_bytes
    (12, 6000)
    """

    score: Score
    blocks: Blocks


def score_blocks(
    nats_in_parts: Iterable[NDArray[np.float64]], text: EncodedText, *, tokenizer: Tokenizer
) -> ScoredText:
    """The score of a text with the nats of its blocks, from the nats of its tokens, as `score_nats` takes them.

    >>> import numpy as np
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> scored = score_blocks([np.ones(1000)], encode_text(["a" * 1000], tokenizer), tokenizer=tokenizer)
    >>> scored.score.nats, scored.blocks.nats.tolist()
    (1000.0, [500.0, 500.0])
    """
    blocks = Blocks(tokenizer, text.n_bytes)
    return ScoredText(score_nats(nats_in_parts, text, tokenizer=tokenizer, observers=[blocks]), blocks)


@dataclass(frozen=True)
class Difference:
    """How much better one model predicts a text than another.

    `str()` of it is a sentence.

    >>> difference = Difference(-0.2, 0.05, "big", "small")
    >>> difference.is_certain
    True
    >>> print(difference)
    big is better than small by 0.200 ± 0.050 bits per byte
    >>> print(Difference(-0.02, 0.05, "big", "small"))
    big and small cannot be told apart on this text (0.020 ± 0.050 bits per byte)
    """

    bits_per_byte: float
    """Those of the first model less those of the second: negative if the first is better."""
    plus_minus: float
    """Half the width of the 95 % interval."""
    first: str = "the first model"
    second: str = "the second model"

    @property
    def is_certain(self) -> bool:
        """Whether the 95 % interval does not contain 0."""
        return abs(self.bits_per_byte) > self.plus_minus

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {"bits_per_byte": self.bits_per_byte, "plus_minus": self.plus_minus, "is_certain": self.is_certain}

    def __str__(self) -> str:
        amount = f"{abs(self.bits_per_byte):.3f} ± {self.plus_minus:.3f} bits per byte"
        if not self.is_certain:
            return f"{self.first} and {self.second} cannot be told apart on this text ({amount})"
        better, worse = (self.first, self.second) if self.bits_per_byte < 0 else (self.second, self.first)
        return f"{better} is better than {worse} by {amount}"


def comparison_obstacle(first: Score, second: Score) -> str | None:
    """Say why two scores of one text cannot be compared; None if they can.

    >>> from seqgen import load
    >>> score = load("checkpoints/story").score("Mina sat.")
    >>> comparison_obstacle(score, score)
    'a comparison needs a text of 10,000 bytes or more, and this one has 9'
    """
    if not (first.is_lossless and second.is_lossless):
        return "there are no bits per byte, because words between spaces do not give the text back exactly"
    if first.n_bytes < MIN_BYTES:
        return f"a comparison needs a text of {MIN_BYTES:,} bytes or more, and this one has {first.n_bytes:,}"
    return None


def compare(first: ScoredText, second: ScoredText, *, names: tuple[str, str] | None = None) -> Difference | None:
    """The difference of two models on one text; None if there is a `comparison_obstacle`.

    `names` are the models' names in the sentence that the difference prints as.

    >>> from pathlib import Path
    >>> from seqgen import load
    >>> model = load("checkpoints/story")
    >>> text = Path("story.txt").read_text() * 2
    >>> print(model.compare(model, text))
    story and story cannot be told apart on this text (0.000 ± 0.000 bits per byte)
    """
    if comparison_obstacle(first.score, second.score):
        return None
    differences = _bits_of_blocks(first) - _bits_of_blocks(second)
    return Difference(float(differences.mean()), half_width(differences), *(names or ()))


def uncertainty(scored: ScoredText) -> float | None:
    """Half the width of the 95 % interval of a score's bits per byte; None for a text too short or without them.

    This interval is about a longer text of the same kind, of which this one could be a passage. It is much wider than
    the interval of the difference of two models, because no pairing cancels what makes a text hard.

    >>> from pathlib import Path
    >>> from seqgen import load
    >>> model, text = load("checkpoints/story"), Path("story.txt").read_text()
    >>> uncertainty(model.score_in_blocks(text)) is None  # 6,000 bytes are too few
    True
    >>> 0 < uncertainty(model.score_in_blocks(text * 9)) < 0.3
    True
    """
    if not scored.score.is_lossless or scored.score.n_bytes < MIN_BYTES_ALONE:
        return None
    return half_width(_bits_of_blocks(scored))


def _bits_of_blocks(scored: ScoredText) -> NDArray[np.float64]:
    """The bits per byte of each block: their mean is the `bits_per_byte` of the text."""
    nats = scored.blocks.nats
    bits: NDArray[np.float64] = nats * len(nats) / (scored.score.n_bytes * np.log(2))
    return bits
