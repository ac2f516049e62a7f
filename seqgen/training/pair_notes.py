"""What there is to say about pairs that are made ready for training, and when a given vocabulary lacks too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seqgen.config import Part
from seqgen.corpus import EncodedPairs, Pair
from seqgen.errors import TokenizerError
from seqgen.tokenizers import Tokenizer
from seqgen.training.unknown_characters import LARGEST_UNKNOWN_SHARE
from seqgen.wording import count_of

Tokenizers = tuple[Tokenizer, Tokenizer]
"""That of the sources, and that of the targets."""


def describe_encoded(encoded: Mapping[Part, EncodedPairs], tokenizers: Tokenizers) -> Iterator[str]:
    """What the vocabularies lack, in a sentence for each part and side, and whether there is nothing to validate on.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus import Pair, encode_pairs
    >>> from seqgen.corpus.encoded_pairs import train_on_texts
    >>> letters = train_on_texts(CharConfig(), ["ab"])
    >>> list(describe_encoded({"train": encode_pairs([Pair("a", "b")], letters, letters)}, (letters, letters)))
    ['there is no pair to validate on: the last model is kept, not the best one']
    """
    source_tokenizer, tokenizer = tokenizers
    for name, pairs in encoded.items():
        if pairs.n_source_oov:
            yield (
                f"{_units_of(source_tokenizer)} of sources of the {name} part that are not in the vocabulary: "
                f"{pairs.n_source_oov:,}; {_describe_reading(pairs)}"
            )
        if pairs.n_target_oov and tokenizer.is_of_labels:
            were = "was" if pairs.n_target_oov == 1 else "were"
            lacks = "the model to begin from does not know" if name == "train" else "no pair of the training part has"
            left_out = f"{count_of(pairs.n_target_oov, 'pair')} of the {name} part {were} left out"
            yield f"{left_out}, because {lacks} the label"
        elif pairs.n_target_oov:
            yield (
                f"characters of targets of the {name} part that are not in the vocabulary and were left out: "
                f"{pairs.n_target_oov:,}"
            )
    if "valid" not in encoded or not len(encoded["valid"].targets):
        yield "there is no pair to validate on: the last model is kept, not the best one"


def _units_of(source_tokenizer: Tokenizer) -> str:
    """What a vocabulary of sources covers or lacks."""
    return "words" if source_tokenizer.is_closed else "characters"


def _describe_reading(pairs: EncodedPairs) -> str:
    """How what the vocabulary of the sources lacks is read."""
    n_nearest = pairs.n_source_oov - pairs.n_source_unknown
    if not n_nearest:
        return "they are read as the unknown token"
    if not pairs.n_source_unknown:
        return "they are read as the nearest known forms"
    return f"{n_nearest:,} of them are read as the nearest known forms, and the others as the unknown token"


def require_known_pairs(pairs: Sequence[Pair], encoded: EncodedPairs, tokenizers: Tokenizers, *, name: str) -> None:
    """Check that the vocabularies of the model `name` cover the pairs of a training part.

    Raises:
        TokenizerError: they lack more than `LARGEST_UNKNOWN_SHARE` of what is in the sources or in the targets.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus import Pair, encode_pairs
    >>> from seqgen.corpus.encoded_pairs import train_on_texts
    >>> letters, pairs = train_on_texts(CharConfig(), ["ab"]), [Pair("abc", "ba")]
    >>> require_known_pairs(pairs, encode_pairs(pairs, letters, letters), (letters, letters), name="run")
    Traceback (most recent call last):
    seqgen.errors.TokenizerError: the vocabulary of run lacks 33.3% of the characters of the sources; ...
    """
    source_tokenizer, tokenizer = tokenizers
    units, labels = _units_of(source_tokenizer), tokenizer.is_of_labels
    n_in_sources = sum(len(pair.source.split() if source_tokenizer.is_closed else pair.source) for pair in pairs)
    n_targets = len(pairs) if labels else encoded.n_target_characters
    sides = [
        (f"{units} of the sources", "--tokenizer", encoded.n_source_oov, n_in_sources),
        ("labels" if labels else "characters of the targets", "--target-tokenizer", encoded.n_target_oov, n_targets),
    ]
    for what, option, n_unknown, n_all in sides:
        share = n_unknown / max(1, n_all)
        if share > LARGEST_UNKNOWN_SHARE:
            raise TokenizerError(
                f"the vocabulary of {name} lacks {share:.1%} of the {what}; at most {LARGEST_UNKNOWN_SHARE:.0%} may be "
                f"unknown: leave out --from" + ("" if labels else f", or name other tokens with {option}")
            )
