"""Whether there is memory for the texts that are asked for, before any of them begins."""

from __future__ import annotations

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.free_memory import describe_bytes, free_bytes
from seqgen.run import SavedModel
from seqgen.sampling.noise import BYTES_OF_NOISE
from seqgen.wording import count_of

_BYTES_OF_TEXT = 1000
"""What a text takes before its first character, at least."""
_ROWS_OF_STREAM = 2
_ROWS_OF_SEARCH = 12
"""Rows of four bytes a token, for logits, nats, costs and their order: of a text that is sampled, and in a beam."""
_NUMBER = 4
"""Bytes of a float32."""
MOST_STREAMS = 1024
"""Texts that are under way at the same time, however many there will be. A few more may be."""


def require_room_for_streams(model: SavedModel, n_texts: int, *, field: str) -> None:
    """Refuse more texts than there is memory for.

    Raises:
        ConfigError: naming the field that asks for so many, what they need and what is free.

    >>> from seqgen.run import open_model
    >>> require_room_for_streams(open_model("checkpoints/story"), 10**12, field="count")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: count asks for 1,000,000,000,000 texts side by side, which need ... free: give fewer
    """
    n_streams = min(n_texts, MOST_STREAMS)
    of_streams = n_streams * (_stream_bytes(model, _ROWS_OF_STREAM) + BYTES_OF_NOISE)
    _require(n_texts, n_texts * _BYTES_OF_TEXT + of_streams, field=field)


def require_room_for_search(model: SavedModel, width: int) -> None:
    """The same for a beam, whose texts are all under way.

    >>> from seqgen.run import open_model
    >>> require_room_for_search(open_model("checkpoints/story"), 10**12)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: beam asks for 1,000,000,000,000 texts side by side, which need ... free: give fewer
    """
    _require(width, width * (_BYTES_OF_TEXT + _stream_bytes(model, _ROWS_OF_SEARCH)), field="beam")


def _stream_bytes(model: SavedModel, n_rows: int) -> int:
    config = model.record.model
    return _NUMBER * (config.n_carried + n_rows * config.vocab_size)


def _require(n_texts: int, n_bytes: int, *, field: str) -> None:
    free = free_bytes()
    if free is not None and n_bytes > free:
        raise ConfigError(
            f"asks for {count_of(n_texts, 'text')} side by side, which need {describe_bytes(n_bytes)} of memory, and "
            f"{describe_bytes(free)} are free: give fewer",
            field=field,
        )


def require_room_for_texts(config: SamplingConfig, request: SamplingRequest, *, n_bytes_each: int = 1) -> None:
    """Refuse texts that are kept until they have ended, if they cannot be kept.

    Only texts that surely get their whole length count. `n_bytes_each` is what a character takes, or more.

    Raises:
        ConfigError: naming what they need and what is free.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> require_room_for_texts(SamplingConfig(), SamplingRequest(count=2, length=10**15))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: length is 1,000,000,000,000,000: 2 texts of it need 2,000 TB of memory, and ... free: ...
    """
    may_end = config.stop or config.until_end_of_text or config.match is not None or request.new
    if request.length is None or may_end:
        return
    n_bytes, free = n_bytes_each * request.n_texts * request.length, free_bytes()
    if free is not None and n_bytes > free:
        raise ConfigError(
            f"is {request.length:,}: {count_of(request.n_texts, 'text')} of it need {describe_bytes(n_bytes)} of "
            f"memory, and {describe_bytes(free)} are free: give less",
            field="length",
        )
