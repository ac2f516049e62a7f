"""What the user is told about saves that fail and are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from seqgen.training import Session


@final
class SaveNews:
    """Gives one message when the saves of a session begin to fail, and one when they work again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: str | None = None
        """The problem that the user was told about."""

    def next(self) -> str | None:
        """The message, if there is news; None otherwise."""
        problem = self._session.save_problem
        if problem == self._told:
            return None
        self._told = problem
        return f"not saved, but training continues: {problem}" if problem else "saved: the problem is over"
