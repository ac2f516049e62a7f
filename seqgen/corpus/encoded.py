"""A text as ids, kept on disk and mapped into memory: each text is encoded only once for each tokenizer."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.cache import UNFINISHED_S, cache_folder, cannot_keep
from seqgen.corpus.mapped_ids import map_values, release
from seqgen.corpus.parts import CorpusPart, ExternalText
from seqgen.corpus.record import PartSizes
from seqgen.durable import remove_unfinished, written_whole
from seqgen.tokenizers import MARK, Encoding, RoundTrip, Tokenizer
from seqgen.tokenizers.alphabet import code_points
from seqgen.waiting import counted

_CACHE_VERSION = 5
"""Raise it when a tokenizer gives a text other ids than before, or when the facts beside the ids change."""

_FACT_TYPES: dict[str, type] = {
    "dtype": str,
    "n_tokens": int,
    "n_characters": int,
    "n_bytes": int,
    "n_words": int,
    "oov": dict,
    "is_lossless": bool,
}
"""What the file beside the ids holds."""

_ID_TYPES = ("uint16", "int32")
"""The data types of ids: two bytes each where the vocabulary is small enough."""

_OOV_TYPE = np.dtype([("after", "<i8"), ("code", "<u4")])
"""What is kept of each out-of-vocabulary character: how many ids stand before it, and its code point."""


@dataclass(frozen=True, kw_only=True)
class EncodedText:
    """The ids of a text, and what they stand for.

    >>> from seqgen.config import ByteConfig
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.tokenizers import train_tokenizer
    >>> text = encode_text(["né"], train_tokenizer(ByteConfig(), [], n_bytes=0))
    >>> len(text.ids), text.n_characters, text.n_bytes, text.n_oov
    (3, 2, 3, 0)

    `n_characters`, `n_bytes` and `n_words` count the text itself, including characters that have no id. Words are what
    stands between white space.
    """

    ids: NDArray[Any]
    n_characters: int
    n_bytes: int
    n_words: int
    oov: Mapping[str, int]
    """How often each character occurs that has no id."""
    is_lossless: bool
    """Whether the ids decode to the text again, apart from characters that have no id."""
    oov_places: NDArray[Any]
    """The characters that have no id, in order: how many ids stand before each ("after"), and its code point ("code").
    (n_oov,)"""

    @property
    def n_oov(self) -> int:
        """Number of characters that have no id."""
        return sum(self.oov.values())

    @property
    def sizes(self) -> PartSizes:
        """What the record of a corpus keeps of a part."""
        return PartSizes(n_tokens=len(self.ids), n_characters=self.n_characters, n_bytes=self.n_bytes, n_oov=self.n_oov)

    def release(self) -> None:
        """Give back the memory of ids that were read from disk. They are read again when they are used again."""
        release(self.ids)
        release(self.oov_places)


class _CountingEncoder:
    """Encodes one text chunk by chunk, and counts what the ids stand for."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._round_trip = None if tokenizer.is_lossless else RoundTrip(tokenizer)
        self._n_characters = self._n_bytes = self._n_words = 0
        self._oov: Counter[str] = Counter()
        self._ends_in_word = False

    def encode(self, chunks: Iterable[str]) -> Iterator[Encoding]:
        """The encodings of a text with marks."""
        for encoding in self._tokenizer.encode_stream(self._count(chunks)):
            self._oov.update(encoding.oov)
            if self._round_trip is not None:
                self._round_trip.add_ids(encoding.ids)
            yield encoding

    def _count(self, chunks: Iterable[str]) -> Iterator[str]:
        for chunk in chunks:
            text = chunk.replace(MARK, self._tokenizer.separator)
            self._n_characters += len(text)
            self._n_bytes += len(text.encode())
            self._count_words(text)
            if self._round_trip is not None:
                self._round_trip.add_text(text)
            yield chunk

    def _count_words(self, text: str) -> None:
        if text:
            continues_word = self._ends_in_word and not text[0].isspace()  # the chunk before has counted that word
            self._n_words += len(text.split()) - continues_word
            self._ends_in_word = not text[-1].isspace()

    def facts(self) -> dict[str, Any]:
        """The fields of `EncodedText` beside the ids. Ask once, when the text has been read to its end."""
        return {
            "n_characters": self._n_characters,
            "n_bytes": self._n_bytes,
            "n_words": self._n_words,
            "oov": dict(self._oov.most_common()),
            "is_lossless": self._round_trip is None or self._round_trip.is_exact(),
        }


def _places(encoding: Encoding) -> NDArray[Any]:
    """Where the characters without an id are, as `EncodedText.oov_places` has them."""
    places = np.empty(len(encoding.oov), _OOV_TYPE)
    places["after"], places["code"] = encoding.oov_after, code_points(encoding.oov)
    return places


def encode_text(chunks: Iterable[str], tokenizer: Tokenizer) -> EncodedText:
    """Encode a text with marks in memory.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.tokenizers import train_tokenizer
    >>> text = encode_text(["a cab", "bage"], train_tokenizer(CharConfig(), ["abc "], n_bytes=4))
    >>> text.ids.tolist()
    [2, 1, 4, 2, 3, 3, 2]
    >>> text.n_characters, text.n_words, text.oov
    (9, 2, {'g': 1, 'e': 1})

    Raises:
        TokenizerError: the vocabulary is closed and lacks a word of the text.
    """
    encoder = _CountingEncoder(tokenizer)
    ids, places = [np.empty(0, dtype=np.int32)], [np.empty(0, _OOV_TYPE)]
    for encoding in encoder.encode(chunks):
        ids.append(encoding.ids)
        places.append(_places(encoding))
    return EncodedText(ids=np.concatenate(ids), oov_places=np.concatenate(places), **encoder.facts())


def encode_part(part: CorpusPart | ExternalText, tokenizer: Tokenizer) -> EncodedText:
    """The ids of a text: from the cache, or encoded into it, in constant memory.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import encode_part, open_corpus
    >>> from seqgen.run import open_model
    >>> valid = open_corpus(CorpusConfig(paths=("story.txt",))).parts["valid"]
    >>> text = encode_part(valid, open_model("checkpoints/story").tokenizer)
    >>> len(text.ids), text.is_lossless
    (600, True)

    Raises:
        TokenizerError: the vocabulary is closed and lacks a word of the text.
        CorpusError: the cache folder cannot be written.
    """
    version = f"{_CACHE_VERSION} {unicodedata.unidata_version}"
    key = hashlib.sha256(f"{part.key} {tokenizer.fingerprint} {version}".encode()).hexdigest()
    path = cache_folder() / "encoded" / f"{key}.ids"
    facts = _read_facts(path)
    if facts is None:
        try:
            facts = _write(path, part, tokenizer=tokenizer)
        except OSError as error:
            raise cannot_keep("the ids", path.parent, error) from None
    dtype, n_tokens = np.dtype(facts.pop("dtype")), facts.pop("n_tokens")
    ids = map_values(path, dtype, n=n_tokens)
    places = map_values(path.with_suffix(".oov"), _OOV_TYPE, n=sum(facts["oov"].values()))
    return EncodedText(ids=ids, oov_places=places, **facts)


def _read_facts(path: Path) -> dict[str, Any] | None:
    """The facts beside the ids; None if they or the ids are missing, damaged or of another version."""
    try:
        facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
        has_all_facts = {name: type(value) for name, value in facts.items()} == _FACT_TYPES
        if not has_all_facts or facts["dtype"] not in _ID_TYPES:
            return None
        sizes = facts["n_tokens"] * np.dtype(facts["dtype"]).itemsize, sum(facts["oov"].values()) * _OOV_TYPE.itemsize
        is_whole = (path.stat().st_size, path.with_suffix(".oov").stat().st_size) == sizes
    except (OSError, ValueError, TypeError, AttributeError):  # the last two: JSON of other types
        return None
    return facts if is_whole else None


def _size_of(chunk: str) -> int:
    """Bytes of a chunk, which may have marks in it."""
    return len(chunk.encode(errors="surrogatepass"))


def _write(path: Path, part: CorpusPart | ExternalText, *, tokenizer: Tokenizer) -> dict[str, Any]:
    """Encode a text into the cache, and return the facts about it."""
    dtype = np.dtype(_ID_TYPES[tokenizer.vocab_size > 1 << 16])
    encoder = _CountingEncoder(tokenizer)
    n_tokens = 0
    remove_unfinished(path.parent, older_than_s=UNFINISHED_S)
    with written_whole(path) as out, written_whole(path.with_suffix(".oov")) as oov_out:
        n_bytes = part.n_bytes if isinstance(part, CorpusPart) else part.text.n_bytes
        chunks = counted(part.chunks(), "encoding the text", total=n_bytes, size=_size_of)
        for encoding in encoder.encode(chunks):
            out.write(encoding.ids.astype(dtype).tobytes())
            oov_out.write(_places(encoding).tobytes())
            n_tokens += len(encoding.ids)
    facts = {"dtype": dtype.name, "n_tokens": n_tokens, **encoder.facts()}
    with written_whole(path.with_suffix(".json")) as out:
        out.write(json.dumps(facts).encode())
    return facts
