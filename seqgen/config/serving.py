"""How models are served over HTTP: where, to whom, and how much at once."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from seqgen.config.fields import require, require_at_most, require_finite, require_sizes
from seqgen.errors import ConfigError

_LOOPBACK_NAMES = ("localhost", "ip6-localhost")


@dataclass(frozen=True, kw_only=True)
class ServingConfig:
    """Where a server listens, who may use it, and its limits.

    >>> from seqgen.config import ServingConfig
    >>> ServingConfig().is_local
    True
    >>> ServingConfig(host="0.0.0.0")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: host 0.0.0.0 can be reached from other machines: ...
    """

    host: str = "127.0.0.1"
    """The address to listen at."""
    port: int = 8000
    """0 takes one that is free."""
    api_key: str | None = None
    """What clients must send; None: nothing."""
    open: bool = False
    """Whether other machines may use the server without a key."""
    allow_origin: tuple[str, ...] = ()
    """Pages of these origins may use the server, as in `https://example.org`; `*` allows all."""
    most_streams: int = 128
    """Texts of one model that are written at the same time."""
    queue: int = 256
    """Texts of one model that may wait for others to end. Further ones are refused."""
    most_texts: int = 64
    """Texts of one request, those included that `best_of` throws away."""
    longest_text: int = 20_000
    """Characters, or tokens, of one text."""
    longest_prompt: int = 100_000
    """Characters, or tokens, of the prompts of one request together."""
    most_body_bytes: int = 4_000_000
    """Of one request."""
    read_s: float = 10.0
    """How long a client may take to send the head of a request, and then its body."""
    write_s: float = 30.0
    """How long a client may take to receive what waits for it."""
    stop_s: float = 5.0
    """How long texts may go on after the server is asked to stop."""

    def __post_init__(self) -> None:
        require(self, "host", bool(self.host), "an address to listen at")
        require(self, "port", 0 <= self.port < 1 << 16, "from 0 to 65535")
        if self.api_key is not None and not _is_sendable(self.api_key):
            raise ConfigError("is empty or holds a blank or a letter beyond ASCII: no header can", field="api_key")
        for origin in self.allow_origin:
            is_origin = origin in ("*", "null") or ("://" in origin and not origin.endswith("/"))
            require(self, "allow_origin", is_origin, "*, null, or like https://example.org")
        require_sizes(self, "most_streams", "most_texts", "longest_text", "longest_prompt", "most_body_bytes")
        require(self, "queue", self.queue >= 0, "0 or more")
        require_at_most(self, "queue")
        require_finite(self, "read_s", "write_s", "stop_s")
        for seconds in ("read_s", "write_s", "stop_s"):
            require(self, seconds, getattr(self, seconds) > 0, "above 0")
        if not self.is_local and self.api_key is None and not self.open:
            raise ConfigError(
                f"{self.host} can be reached from other machines: set a key that clients must send, with --api-key or "
                "in SEQGEN_API_KEY, or allow everyone with --open",
                field="host",
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host in _LOOPBACK_NAMES:
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _is_sendable(key: str) -> bool:
    """Whether a key can stand in a header."""
    return bool(key) and all("!" <= character <= "~" for character in key)
