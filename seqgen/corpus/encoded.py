"""A part as ids on disk, mapped into memory: encoded once for every text and tokenizer."""

from __future__ import annotations

import hashlib
import json
import mmap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.cache import cache_folder
from seqgen.corpus.parts import CorpusPart, ExternalText
from seqgen.durable import written_whole
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK, Detokenizer, Encoding, Tokenizer

_RULE = 4  # to be raised when a tokenizer would give other ids for the same text, or the facts beside them change


@dataclass(frozen=True)
class EncodedText:
    """Ids of a text and what they stand for.

    `n_characters`, `n_bytes` and `n_words` count the text itself, characters without an id included; words are runs of
    characters between white space. `is_lossless` is whether decoding gives the text back, but for those characters.
    """

    ids: NDArray[Any]
    n_characters: int
    n_bytes: int
    n_words: int
    oov: Mapping[str, int]
    """How often each character occurs that has no id."""
    is_lossless: bool

    @property
    def n_oov(self) -> int:
        """Characters without an id."""
        return sum(self.oov.values())

    def release(self) -> None:
        """Give back the memory of the ids that were read from disk; they are read again when they are needed."""
        if isinstance(self.ids.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self.ids.base.madvise(mmap.MADV_DONTNEED)


class _CountingEncoder:
    """Encodes one text piece by piece and counts what the ids stand for."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._detokenizer = Detokenizer(tokenizer)
        self._of_text, self._of_decoded = hashlib.sha256(), hashlib.sha256()
        self._n_characters = self._n_bytes = self._n_words = 0
        self._oov: Counter[str] = Counter()
        self._is_within_word = False

    def encode(self, chunks: Iterable[str]) -> Iterator[Encoding]:
        """The encodings of a text with marks, piece by piece."""
        for encoding in self._tokenizer.encode_stream(self._counted(chunks)):
            self._oov.update(encoding.oov)
            if not self._tokenizer.is_lossless:
                self._compare(encoding)
            yield encoding

    def _counted(self, chunks: Iterable[str]) -> Iterator[str]:
        for chunk in chunks:
            text = chunk.replace(MARK, self._tokenizer.separator)
            data = text.encode()
            self._n_characters += len(text)
            self._n_bytes += len(data)
            self._count_words(text)
            if not self._tokenizer.is_lossless:
                self._of_text.update(data)
            yield chunk

    def _count_words(self, text: str) -> None:
        if text:
            self._n_words += len(text.split()) - (self._is_within_word and not text[0].isspace())
            self._is_within_word = not text[-1].isspace()

    def _compare(self, encoding: Encoding) -> None:
        for token in encoding.ids.tolist():
            self._of_decoded.update(self._detokenizer.write(token).encode())

    def facts(self) -> dict[str, Any]:
        """The fields of `EncodedText` beside the ids, once the text has been read to its end."""
        return {
            "n_characters": self._n_characters,
            "n_bytes": self._n_bytes,
            "n_words": self._n_words,
            "oov": dict(self._oov.most_common()),
            "is_lossless": self._of_text.digest() == self._of_decoded.digest(),
        }


def encode_text(chunks: Iterable[str], tokenizer: Tokenizer) -> EncodedText:
    """Encode a text in memory.

    Raises:
        TokenizerError: a closed vocabulary without one of the text's words.
    """
    encoder = _CountingEncoder(tokenizer)
    ids = [encoding.ids for encoding in encoder.encode(chunks)]
    return EncodedText(np.concatenate([*ids, np.empty(0, dtype=np.int32)]), **encoder.facts())


def encode_part(part: CorpusPart | ExternalText, tokenizer: Tokenizer) -> EncodedText:
    """The ids of a text: from the cache, or encoded into it, in constant memory.

    Raises:
        TokenizerError: a closed vocabulary without one of the text's words.
        CorpusError: the cache folder cannot be written.
    """
    rule = f"{_RULE} {unicodedata.unidata_version}"
    key = hashlib.sha256(f"{part.key} {tokenizer.fingerprint} {rule}".encode()).hexdigest()
    path = cache_folder() / "encoded" / f"{key}.ids"
    facts = _read_facts(path)
    if facts is None:
        try:
            facts = _write(path, part, tokenizer)
        except OSError as error:
            raise CorpusError(f"the ids cannot be kept in {path.parent}: {error.strerror or error}") from None
    dtype, n_tokens = np.dtype(facts.pop("dtype")), facts.pop("n_tokens")
    ids = np.memmap(path, dtype, mode="r") if n_tokens else np.empty(0, dtype)
    return EncodedText(ids, **facts)


def _read_facts(path: Path) -> dict[str, Any] | None:
    """What stands beside the ids, if both are there and whole."""
    try:
        facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
        is_whole = path.stat().st_size == facts["n_tokens"] * np.dtype(facts["dtype"]).itemsize
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return facts if is_whole else None


def _write(path: Path, part: CorpusPart | ExternalText, tokenizer: Tokenizer) -> dict[str, Any]:
    dtype = np.dtype(np.uint16 if tokenizer.vocab_size <= 1 << 16 else np.int32)
    encoder = _CountingEncoder(tokenizer)
    n_tokens = 0
    with written_whole(path) as out:
        for encoding in encoder.encode(part.chunks()):
            out.write(encoding.ids.astype(dtype).tobytes())
            n_tokens += len(encoding.ids)
    facts = {"dtype": dtype.name, "n_tokens": n_tokens, **encoder.facts()}
    with written_whole(path.with_suffix(".json")) as out:
        out.write(json.dumps(facts).encode())
    return facts
