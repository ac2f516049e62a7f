"""Subword tokens by the sentencepiece library (Kudo & Richardson 2018), set up so that nothing is lost."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any, final

import numpy as np

from seqgen.config import SentencePieceConfig, SentencePieceModel
from seqgen.errors import TokenizerError
from seqgen.tokenizers.base import END_OF_TEXT, MARK, Encoding, Tokenizer, regroup_segments, split_segments

SAMPLE_BYTES = 20_000_000
"""Training reads at most this much text, spread evenly over the whole."""
SPACE_MARK = "\u2581"  # how the library writes a space; in a text it is spelled in byte tokens instead
_SPLIT_TRAINING = re.compile(f"[{SPACE_MARK}\u2585]")  # the library drops a whole line that holds U+2585
_SPLIT_SPACE_MARK = re.compile(f"({SPACE_MARK})")
_FIRST_BYTE_ID = 1
_SPACE_MARK_IDS = [_FIRST_BYTE_ID + byte for byte in SPACE_MARK.encode()]
_CHARACTER_COVERAGE = 0.9995
_BYTES_A_PIECE, _FEWEST, _MOST = 250, 512, 8000  # the vocabulary where none is asked for
_NOTHING_TO_LEARN, _SMALLEST = ["a"], 258
_AT_MOST = re.compile(r"<= (\d+)")
_AT_LEAST = re.compile(r"required_chars\. \d+ vs (\d+)")


@final
class SentencePieceTokenizer(Tokenizer):
    """Byte-pair or unigram pieces; what has no piece is spelled in byte tokens, so every text is covered."""

    kind = "sentencepiece"

    def __init__(self, model: bytes, *, separator: str = "") -> None:
        self._model = model
        self.separator = separator

    @classmethod
    def train(
        cls, chunks: Iterable[str], config: SentencePieceConfig, *, n_bytes: int, separator: str = ""
    ) -> SentencePieceTokenizer:
        """Train on a text of `n_bytes` bytes; without a `vocab_size` in `config`, one that it supports.

        Raises:
            TokenizerError: the text does not support `vocab_size` pieces, or needs more.
        """
        sampled = list(_sample_pieces(chunks, n_bytes))
        if not sampled:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        parts = (part for piece in sampled for part in _SPLIT_TRAINING.split(piece))
        pieces = [part for part in parts if part.strip("\r\n\0")] or _NOTHING_TO_LEARN
        wanted = config.vocab_size or min(max(n_bytes // _BYTES_A_PIECE, _FEWEST), _MOST)
        try:
            return cls(_train_model(pieces, wanted, config.sentencepiece_model), separator=separator)
        except RuntimeError as error:
            limit, words = _read_limit(error)
            if not limit:  # a text that the library can learn nothing from: bytes alone cover it
                return cls(_train_model(_NOTHING_TO_LEARN, _SMALLEST, config.sentencepiece_model), separator=separator)
            if config.vocab_size is not None:
                raise TokenizerError(
                    f"the text does not support a vocabulary of {wanted} pieces: use --vocab-size {limit} or {words}"
                ) from None
            return cls(_train_model(pieces, limit, config.sentencepiece_model), separator=separator)

    @cached_property
    def _processor(self) -> Any:
        import sentencepiece  # only where such a vocabulary is in use

        return sentencepiece.SentencePieceProcessor(model_proto=self._model)

    @cached_property
    def _bytes_of(self) -> list[bytes]:
        pieces = map(self._processor.id_to_piece, range(_FIRST_BYTE_ID + 256, self.vocab_size))
        texts = (piece.replace(SPACE_MARK, " ").encode() for piece in pieces)
        return [b"", *(bytes((byte,)) for byte in range(256)), *texts]

    @property
    def vocab_size(self) -> int:
        return int(self._processor.vocab_size())

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        for n_document, document in enumerate(text.split(MARK)):
            if n_document:
                ids.append(END_OF_TEXT)
            if SPACE_MARK in document:
                ids.extend(self._encode_with_space_marks(document))
            else:
                ids.extend(chain.from_iterable(self._processor.encode(split_segments(document))))
        return Encoding(np.array(ids, dtype=np.int32))

    def _encode_with_space_marks(self, document: str) -> Iterator[int]:
        for piece in split_segments(document):
            for part in _SPLIT_SPACE_MARK.split(piece):
                yield from _SPACE_MARK_IDS if part == SPACE_MARK else self._processor.encode(part)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self._bytes_of[token]

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    def bulk(self) -> bytes:
        return self._model

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> SentencePieceTokenizer:
        return cls(bulk, separator=state["separator"])


def _sample_pieces(chunks: Iterable[str], n_bytes: int) -> Iterator[str]:
    """Whole pieces, at most SAMPLE_BYTES of them, at even distances in the text."""
    share = min(1.0, SAMPLE_BYTES / max(1, n_bytes))
    n_seen = n_taken = 0.0
    for text in regroup_segments(chunks):
        for document in text.split(MARK):
            for piece in split_segments(document):
                n_seen += len(piece)
                if n_taken <= n_seen * share:
                    n_taken += len(piece)
                    yield piece


def _read_limit(error: RuntimeError) -> tuple[int, str]:
    """The nearest vocabulary size that the library's message allows, and on which side of it to stay; 0 if none."""
    for pattern, words in ((_AT_MOST, "less"), (_AT_LEAST, "more")):
        found = pattern.search(str(error))
        if found:
            return int(found[1]), words
    return 0, ""


def _train_model(lines: list[str], vocab_size: int, model: SentencePieceModel) -> bytes:
    """One serialised model: id 0 the library's unknown (here the end-of-text token), 1-256 the bytes, then pieces."""
    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=out,
        model_type=model,
        vocab_size=vocab_size,
        character_coverage=_CHARACTER_COVERAGE,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=False,
        allow_whitespace_only_pieces=True,
        byte_fallback=True,
        unk_id=END_OF_TEXT,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        max_sentence_length=1 << 20,
        num_threads=1,  # the same pieces on every machine
        minloglevel=2,
    )
    return out.getvalue()
