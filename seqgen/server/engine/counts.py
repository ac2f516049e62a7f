"""What an engine counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EngineCounts:
    """The counts of an engine since it was started.

    >>> from seqgen.server.engine import EngineCounts
    >>> EngineCounts(n_steps=4, step_s=0.02).step_s
    0.02
    """

    n_finished: int = 0
    """Texts that came to their end."""
    n_failed: int = 0
    n_cancelled: int = 0
    n_tokens_read: int = 0
    """Of prompts. A prompt that several texts share counts once."""
    n_tokens: int = 0
    """That were written."""
    n_steps: int = 0
    """Steps of all texts together."""
    step_s: float = 0.0
    """How long these took in all, with sampling."""
    longest_step_s: float = 0.0
