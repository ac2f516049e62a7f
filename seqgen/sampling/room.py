"""Whether there is memory for the texts that are asked for, before any of them begins."""

from __future__ import annotations

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.free_memory import describe_bytes, free_bytes
from seqgen.run import SavedModel
from seqgen.sampling.noise import BYTES_OF_NOISE
from seqgen.wording import count_of

_BYTES_OF_TEXT = 1000
"""What a text takes beside its characters, as measured: 700, and what it is returned or printed in."""
_BYTES_BESIDE = 200_000_000
"""What the threads and the rows of an expert take beside many texts, as addresses."""
_ROWS_OF_STREAM = 2
_ROWS_OF_SEARCH = 12
"""Rows of four bytes a token, for logits, nats, costs and their order: of a text that is sampled, and in a beam."""
_NUMBER = 4
"""Bytes of a float32."""
MOST_STREAMS = 1024
"""Texts that are under way at the same time, however many there will be. A few more may be."""
WIDEST_BEAM = 10_000
"""Time and memory grow with the width, and a text hardly gets likelier from a few hundred on."""


def require_room_for_streams(model: SavedModel, n_texts: int, *, field: str) -> None:
    """Refuse more texts than there is memory for.

    Raises:
        ConfigError: naming the field that asks for so many, what they need and what is free.

    >>> from seqgen.run import open_model
    >>> require_room_for_streams(open_model("checkpoints/story"), 10**12, field="count")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: count asks for 1,000,000,000,000 texts, which need ... of memory, and ...: give fewer
    """
    n_streams = min(n_texts, MOST_STREAMS)
    of_streams = n_streams * (_stream_bytes(model, _ROWS_OF_STREAM) + BYTES_OF_NOISE)
    beside = _BYTES_BESIDE if n_texts > MOST_STREAMS else 0
    _require(n_texts, n_texts * _BYTES_OF_TEXT + of_streams + beside, field=field)


def require_room_for_request(model: SavedModel, request: SamplingRequest) -> None:
    """The same for the texts of a request, if the processor writes them.

    >>> from seqgen.config import SamplingRequest
    >>> from seqgen.run import open_model
    >>> require_room_for_request(open_model("checkpoints/story"), SamplingRequest(count=2))
    """
    if request.device == "cpu":
        require_room_for_streams(model, request.n_texts, field="count" if request.count > 1 else "best_of")


def require_room_for_search(model: SavedModel, width: int) -> None:
    """Refuse a beam that is too wide for any use, or for the memory: its texts are all under way.

    Raises:
        ConfigError: naming the width that is possible, or what this one needs and what is free.

    >>> from seqgen.run import open_model
    >>> require_room_for_search(open_model("checkpoints/story"), 10**12)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: beam is 1000000000000: it must be from 1 to 10,000
    """
    if not 1 <= width <= WIDEST_BEAM:
        raise ConfigError(f"is {width}: it must be from 1 to {WIDEST_BEAM:,}", field="beam")
    _require(width, width * (_BYTES_OF_TEXT + _stream_bytes(model, _ROWS_OF_SEARCH)), field="beam")


def _stream_bytes(model: SavedModel, n_rows: int) -> int:
    config = model.record.model
    return _NUMBER * (config.n_carried + n_rows * config.vocab_size)


def _require(n_texts: int, n_bytes: int, *, field: str) -> None:
    free = free_bytes()
    if free is not None and n_bytes > free:
        raise ConfigError(
            f"asks for {count_of(n_texts, 'text')}, which need {describe_bytes(n_bytes)} of memory, and "
            f"{describe_bytes(free)} are free: give fewer",
            field=field,
        )


def require_room_for_texts(
    config: SamplingConfig, request: SamplingRequest, *, n_kept: int | None = None, n_bytes_each: float = 2
) -> None:
    """Refuse texts that are kept until they have ended, if they cannot be kept.

    Only texts that surely get their whole length count. `n_kept` of them are kept, or all. `n_bytes_each` is what a
    character takes: one in the text that is gathered, and one in the text that is returned.

    Raises:
        ConfigError: naming what they need and what is free.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> require_room_for_texts(SamplingConfig(), SamplingRequest(count=2, length=10**15))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: to keep 2 texts of 1,000,000,000,000,000 characters takes 4,000 TB of memory, and ...
    """
    may_end = config.stop or config.until_end_of_text or config.match is not None or request.new
    if request.length is None or may_end:
        return
    n_kept = request.n_texts if n_kept is None else n_kept
    n_bytes, free = n_kept * (_BYTES_OF_TEXT + n_bytes_each * request.length), free_bytes()
    if free is not None and n_bytes > free:
        texts = f"{count_of(request.n_texts, 'text')} of {count_of(request.length, 'character')}"
        raise ConfigError(
            f"to keep {texts} takes {describe_bytes(n_bytes)} of memory, and {describe_bytes(free)} are free: give "
            "fewer or shorter texts"
        )
