"""What a user is told about saves that fail and are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from seqgen.training import Session


@final
class SaveNews:
    """Has a sentence once when the saves of a session begin to fail, and once when they succeed again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: str | None = None
        """The problem that the user knows of."""

    def next(self) -> str | None:
        """The sentence, if there is something new to tell."""
        problem = self._session.save_problem
        if problem == self._told:
            return None
        self._told = problem
        return f"not saved, but training continues: {problem}" if problem else "saved: the problem is over"
