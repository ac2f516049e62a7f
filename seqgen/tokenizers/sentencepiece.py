"""Subword tokens by the sentencepiece library (Kudo & Richardson 2018), set so that nothing is lost."""

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
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_text
from seqgen.tokenizers.segments import regroup_segments, split_segments
from seqgen.tokenizers.sentencepiece_model import SPACE_MARK, read_pieces, require_own

SAMPLE_BYTES = 20_000_000
"""Training reads at most this much of the text, spread evenly over all of it."""

_SPLIT_TRAINING = re.compile(f"[{SPACE_MARK}\u2585]")  # U+2585 too: the library would drop the whole line that holds it
_SPLIT_SPACE_MARK = re.compile(f"({SPACE_MARK})")
_FIRST_BYTE_ID = 1
_SPACE_MARK_IDS = [_FIRST_BYTE_ID + byte for byte in SPACE_MARK.encode()]

_CHARACTER_COVERAGE = 0.9995
"""Share of the text's characters that the pieces are learned from. The rarest characters are spelled in bytes."""

_BYTES_PER_PIECE = 250
_SMALLEST_DEFAULT = 512
_LARGEST_DEFAULT = 8000
"""A vocabulary whose size is not set has one piece for so many bytes of text, within these two limits."""

_LEAST_TEXT = ["a"]
_LEAST_SIZE = 259  # the end-of-text token, 256 bytes, the letter of `_LEAST_TEXT` and the space

_AT_MOST = re.compile(r"<= (\d+)")
_AT_LEAST = re.compile(r"required_chars\. \d+ vs (\d+)")
"""How the library's messages name the largest and the smallest size that it can train."""


@final
class SentencePieceTokenizer(Tokenizer):
    """Byte-pair or unigram pieces. What has no piece is spelled in byte tokens, so every text is covered."""

    kind = "sentencepiece"

    def __init__(self, model: bytes, *, separator: str = "") -> None:
        self._model = model
        self.separator = separator

    @classmethod
    def train(
        cls, chunks: Iterable[str], config: SentencePieceConfig, *, n_bytes: int, separator: str = ""
    ) -> SentencePieceTokenizer:
        """Train the library's model on a sample of the text.

        Without a `vocab_size`, its size is one that suits the text.

        Raises:
            TokenizerError: the text has no character, or `vocab_size` is too small or too large for it.
        """
        segments = list(_sample_segments(chunks, n_bytes))
        if not segments:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        parts = (part for segment in segments for part in _SPLIT_TRAINING.split(segment))
        lines = [part for part in parts if part.strip("\r\n\0")] or _LEAST_TEXT
        model = _train_with_space(lines, config, n_bytes=n_bytes)
        return cls(model, separator=separator)

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> SentencePieceTokenizer:
        if not bulk:  # the library would take it for a model without tokens
            raise ValueError("the model of the library is missing")
        require_own(bulk)
        return cls(bulk, separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    def bulk(self) -> bytes:
        return self._model

    @cached_property
    def _processor(self) -> Any:
        import sentencepiece  # here, because it takes long to import and few runs need it

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
        for segment in split_segments(document):
            for part in _SPLIT_SPACE_MARK.split(segment):
                yield from _SPACE_MARK_IDS if part == SPACE_MARK else self._processor.encode(part)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self._bytes_of[token]


def _sample_segments(chunks: Iterable[str], n_bytes: int) -> Iterator[str]:
    """Segments of about SAMPLE_BYTES together, at even distances in the text; all of them if the text is shorter."""
    share = min(1.0, SAMPLE_BYTES / max(1, n_bytes))
    n_read = n_taken = 0.0
    for chunk in regroup_segments(chunks):
        for document in chunk.split(MARK):
            for segment in split_segments(document):
                n_read += len(segment)
                if n_taken <= n_read * share:
                    n_taken += len(segment)
                    yield segment


def _train_with_space(lines: list[str], config: SentencePieceConfig, *, n_bytes: int) -> bytes:
    """The library's model of some lines, with a piece for the space even where they have few or none.

    Without such a piece, the library spells a space in the bytes of its mark, which stand for the mark itself.

    Raises:
        TokenizerError: `vocab_size` is too small or too large for the lines.
    """
    size = config.vocab_size or min(max(n_bytes // _BYTES_PER_PIECE, _SMALLEST_DEFAULT), _LARGEST_DEFAULT)
    needs_space = not any(" " in line for line in lines)
    while True:
        try:
            model = _train_model(lines, size, model=config.sentencepiece_model, needs_space=needs_space)
        except RuntimeError as error:
            limit, side = _read_limit(error)
            if not limit:  # the library can learn nothing from this text, and the bytes alone cover it
                return _train_model(_LEAST_TEXT, _LEAST_SIZE, model=config.sentencepiece_model, needs_space=True)
            if config.vocab_size is not None:
                raise TokenizerError(
                    f"the text does not support a vocabulary of {size} pieces: use --vocab-size {limit} or {side}"
                ) from None
            size = limit
            continue
        if needs_space or " " in read_pieces(model).texts:
            return model
        needs_space = True


def _read_limit(error: RuntimeError) -> tuple[int, str]:
    """The limit on vocabulary sizes in the library's message, and the side of it to stay on. 0 if there is none."""
    for pattern, side in ((_AT_MOST, "less"), (_AT_LEAST, "more")):
        match = pattern.search(str(error))
        if match:
            return int(match[1]), side
    return 0, ""


def _train_model(lines: list[str], vocab_size: int, *, model: SentencePieceModel, needs_space: bool = False) -> bytes:
    """The library's model, serialised. Its ids: 0 the end-of-text token, 1 to 256 the bytes, then the pieces."""
    import sentencepiece

    out = io.BytesIO()
    # an option that is given stands in the model, even an empty one, and makes it another vocabulary
    required: dict[str, Any] = {"required_chars": SPACE_MARK} if needs_space else {}
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
        unk_id=END_OF_TEXT,  # the library insists on an unknown token; with bytes to fall back on, it is never used
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        max_sentence_length=1 << 20,
        num_threads=1,  # the same pieces on every machine
        minloglevel=2,
        **required,
    )
    return out.getvalue()
