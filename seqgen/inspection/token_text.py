"""A text cut into tokens: what each adds to the text, and where in the text it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import encode_part
from seqgen.errors import CorpusError
from seqgen.evaluation import TextSelection
from seqgen.evaluation.readings import sources_of
from seqgen.run import SavedModel
from seqgen.tokenizers import END_OF_TEXT, MARK, Detokenizer, Tokenizer
from seqgen.wording import count_of


@dataclass(frozen=True, eq=False)
class TokenText:
    """The beginning of a text, as a model reads it. Characters that its vocabulary lacks are left out.

    >>> from seqgen.run import open_model
    >>> text = TokenText.of(np.array([0, 5, 7]), open_model("checkpoints/story").tokenizer)
    >>> text.pieces[0] == MARK, len(text.text), text.last.tolist()
    (True, 3, [0, 1, 2])
    """

    ids: NDArray[np.int64]
    """(T,)."""
    pieces: tuple[str, ...]
    """What each token adds: nothing for bytes that complete no character, and `MARK` where a document ends."""
    last: NDArray[np.int64]
    """The number of the last character of the text after each token. (T,)"""
    name: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @classmethod
    def of(cls, ids: NDArray[Any], tokenizer: Tokenizer, *, name: str = "") -> TokenText:
        """The text of some ids."""
        detokenizer = Detokenizer(tokenizer)
        written = ((token, detokenizer.write(token)) for token in ids.tolist())
        pieces = tuple(MARK if token == END_OF_TEXT else piece for token, piece in written)
        last = np.cumsum([len(piece) for piece in pieces], dtype=np.int64) - 1
        return cls(ids.astype(np.int64), pieces, np.maximum(last, 0), name)


def read_selected(saved: SavedModel, selection: TextSelection, *, fewest: int, most: int) -> TokenText:
    """The first `most` tokens of the selected text; of several texts, of the first.

    Raises:
        CorpusError: it cannot be found, or it has fewer than `fewest` tokens.
        TokenizerError: a closed vocabulary lacks a word of it.

    >>> from seqgen.run import open_model
    >>> read_selected(open_model("checkpoints/story"), TextSelection.of(["story.txt"]), fewest=100, most=500).name
    'story.txt'
    """
    name, part, source = next(iter(sources_of(saved, selection)))
    shown = ", ".join(Path(path).name or path for path in name.split(", ")) + (f" ({part})" if part else "")
    ids = encode_part(source, saved.tokenizer).ids
    if len(ids) < fewest:
        raise CorpusError(
            f"{shown} is too short: it has {count_of(len(ids), 'token')} that the model knows, and this needs "
            f"{fewest:,}; name a longer text with --on FILE"
        )
    return TokenText.of(ids[:most], saved.tokenizer, name=shown)
