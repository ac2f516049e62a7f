"""Characters of a text that the vocabulary lacks: how many there are, and when they are too many to train."""

from __future__ import annotations

from seqgen.corpus import EncodedText
from seqgen.errors import TokenizerError
from seqgen.run import SavedModel

LARGEST_UNKNOWN_SHARE = 0.1
"""If the vocabulary of a model lacks a larger share of the characters of a text, the model is not trained on it."""
_MOST_NAMED = 3


def describe_unknown(text: EncodedText, part: str) -> list[str]:
    """Say, in a sentence, how many characters of a part have no id; nothing if all have one.

    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> text = encode_text(["ж is new"], open_model("checkpoints/story").tokenizer)
    >>> print(*describe_unknown(text, "valid"))
    characters of the valid part that are not in the vocabulary and were left out: 1 (12.50%)
    """
    if not text.n_oov:
        return []
    share = _share_of(text)
    percent = f"{share:.2%}" if share >= 0.0001 else "less than 0.01%"
    return [
        f"characters of the {part} part that are not in the vocabulary and were left out: {text.n_oov:,} ({percent})"
    ]


def require_known_characters(train: EncodedText, parent: SavedModel) -> None:
    """Check that a vocabulary covers a text.

    Raises:
        TokenizerError: it lacks more than `LARGEST_UNKNOWN_SHARE` of the characters.

    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> parent = open_model("checkpoints/story")
    >>> require_known_characters(encode_text(["Мина sat by the river"], parent.tokenizer), parent)
    Traceback (most recent call last):
    seqgen.errors.TokenizerError: the vocabulary of story lacks 19.0% of the characters of the training part, ...
    """
    share = _share_of(train)
    if share > LARGEST_UNKNOWN_SHARE:
        named = ", ".join(map(repr, list(train.oov)[:_MOST_NAMED]))
        raise TokenizerError(
            f"the vocabulary of {parent.name} lacks {share:.1%} of the characters of the training part, such as "
            f"{named}; at most {LARGEST_UNKNOWN_SHARE:.0%} may be unknown: give it a new vocabulary with --tokenizer"
        )


def _share_of(text: EncodedText) -> float:
    return text.n_oov / max(1, text.n_characters)
