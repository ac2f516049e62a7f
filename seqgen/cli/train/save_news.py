"""What the user is told about saves: that they fail and are tried again, or that they take long and become rarer."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from seqgen.cli.shared.render import duration

if TYPE_CHECKING:
    from pathlib import Path

    from seqgen.training import Session


@final
class SaveNews:
    """Gives one message when the saves of a session begin to fail, and one when they work again.

    Another one says, once, that saves are rarer than they were to be.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: str | None = None
        """The problem that the user was told about."""
        self._instead: Path | None = None
        """The folder that the run was saved in as long as there was a problem."""
        self._is_told_of_rarity = False

    def next(self) -> str | None:
        """The message, if there is news; None otherwise."""
        problem, schedule = self._session.save_problem, self._session.save_schedule
        if problem and self._session.saved_in != self._session.folder:
            self._instead = self._session.saved_in
        if problem != self._told:
            self._told = problem
            return problem or self._good_news()
        if schedule.is_stretched and not self._is_told_of_rarity:
            from seqgen.training.save_schedule import MOST_SHARE

            self._is_told_of_rarity = True
            return (
                f"a save takes {_precise(schedule.took_s)}, so there is one every {_precise(schedule.interval_s)} and "
                f"not every {_precise(schedule.every_s)}: otherwise saving would take more than "
                f"{MOST_SHARE:.0%} of the time"
            )
        return None

    def _good_news(self) -> str:
        instead, self._instead = self._instead, None
        return f"saved in {self._session.folder} again" + (f"; {instead} was removed" if instead else "")


def _precise(seconds: float) -> str:
    """A duration that may be less than a second."""
    return f"{seconds:.2g}s" if seconds < 10 else duration(seconds)
