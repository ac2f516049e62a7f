"""What the user is told about pauses of a training run, which its clock leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from seqgen.cli.shared.render import duration

if TYPE_CHECKING:
    from seqgen.training import Session


@final
class PauseNews:
    """Gives one message after each pause of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told_s = session.paused_s

    def next(self) -> str | None:
        """The message, if there was a pause since the last one; None otherwise."""
        pause_s = self._session.paused_s - self._told_s
        self._told_s = self._session.paused_s
        return f"paused for {duration(pause_s)}; not counted" if pause_s else None
