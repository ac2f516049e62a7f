"""Whether there is memory for the texts that are asked for, before any of them begins."""

from __future__ import annotations

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.free_memory import describe_bytes, free_bytes
from seqgen.run import SavedModel
from seqgen.wording import count_of

_BYTES_OF_TEXT = 500
"""What a text takes before its first character, at least."""
_ROWS_OF_LOGITS = 2
_NUMBER = 4
"""Bytes of a float32."""


def require_room_for_streams(model: SavedModel, n_streams: int, *, field: str, n_rows: int = _ROWS_OF_LOGITS) -> None:
    """Refuse more texts side by side than there is memory for. Each keeps so many rows of logits.

    Raises:
        ConfigError: naming the field that asks for so many, what they need and what is free.

    >>> from seqgen.run import open_model
    >>> require_room_for_streams(open_model("checkpoints/story"), 10**12, field="count")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: count asks for 1,000,000,000,000 texts side by side, which need ... free: give fewer
    """
    config = model.record.model
    n_bytes = n_streams * (_BYTES_OF_TEXT + _NUMBER * (config.n_carried + n_rows * config.vocab_size))
    free = free_bytes()
    if free is not None and n_bytes > free:
        raise ConfigError(
            f"asks for {count_of(n_streams, 'text')} side by side, which need {describe_bytes(n_bytes)} of memory, and "
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
