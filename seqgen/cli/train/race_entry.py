"""One cell in a race: its training, and what it has reached so far."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.picture_files import picture_run
from seqgen.cli.shared.render import note
from seqgen.cli.train.closing import close, judge_session
from seqgen.cli.train.last_words import LastWords
from seqgen.cli.train.pause_news import PauseNews
from seqgen.cli.train.save_news import SaveNews
from seqgen.cli.train.score_unit import ScoreUnit

if TYPE_CHECKING:
    from seqgen.cli.shared.signals import StopRequest
    from seqgen.run import History, Report
    from seqgen.training import Session, TrainingRequest, Verdict

_SMOOTHED_STEPS = 20


@final
class RaceEntry:
    """A cell that is still to be trained, is being trained, or has been.

    With several seeds, a cell has several entries. The others are trained like the first one, but for the seed.
    """

    def __init__(self, request: TrainingRequest, *, first: RaceEntry | None = None, n: int = 0) -> None:
        self.cell = str(request.cell)
        self.name = f"{self.cell}, seed +{n}" if n else self.cell
        """What tells the entry from the others."""
        self.session: Session | None = None
        """None until the training begins."""
        self.verdict: Verdict | None = None
        """None until the training has ended."""
        self._request = request
        self._first, self._n = first, n
        self._reports: list[Report] = []
        self._losses: deque[float] = deque(maxlen=_SMOOTHED_STEPS)

    def train(self, after_report: Callable[[], None], stop: StopRequest, *, said: set[str]) -> None:
        """Train to the end of the time or to the next signal to stop. Everything is saved either way, and whoever stops
        it is told how to continue.

        `said` has the remarks on the text that another entry has made; they are not made again.
        """
        from seqgen.training import Session, another_seed

        request = self._request
        if self._first is not None and self._first.session is not None:
            first = self._first.session
            request = another_seed(request, first.record, folder=first.folder, n=self._n)
        self.session = Session.start(request)
        self._remark(said)
        with LastWords(self.session) as last_words:
            self._train_until_stopped(self.session, after_report, stop=stop, last_words=last_words)
            if not stop:
                self.verdict = judge_session(self.session, self._history)
                with stop.interrupting():
                    picture_run(self.session.folder, self.session.record)
                    close(self.session)
            if stop:
                last_words.say()

    def _train_until_stopped(
        self, session: Session, after_report: Callable[[], None], *, stop: StopRequest, last_words: LastWords
    ) -> None:
        from seqgen.training import EndReport, StepReport

        save_news, pause_news = SaveNews(session), PauseNews(session)
        for report in session.reports():
            self._reports.append(report)
            last_words.is_saved = isinstance(report, EndReport) and report.reason != "diverged"
            if isinstance(report, StepReport):
                self._losses.append(report.loss_nats)
            after_report()
            for sentence in filter(None, (pause_news.next(), save_news.next())):
                note(f"{self.name}: {sentence}")
            if stop:
                session.save()
                last_words.is_saved = True
                return

    def _remark(self, said: set[str]) -> None:
        """Say what there is to say about the text, once for all entries, and about this cell."""
        assert self.session is not None
        about_text = self.session.corpus_notes
        for line in about_text:
            if line not in said:
                note(line)
        said.update(about_text)
        for line in self.session.record.notes:
            if line not in about_text:
                note(f"{self.name}: {line}")

    @property
    def unit(self) -> ScoreUnit:
        """What the losses are counted in."""
        return ScoreUnit.of(self.session)

    @property
    def best_nats(self) -> float:
        """The best validation loss so far, in nats per token."""
        return self.session.best_nats if self.session else math.inf

    @property
    def best_bits(self) -> float:
        """The best validation so far, in bits per character or label; infinite before the first."""
        exact = self.session.best_bits if self.session else None
        return self.unit.bits(self.best_nats) if exact is None else exact

    @property
    def loss_bits(self) -> float:
        """The mean training loss of the last steps, in bits per character or label."""
        return self.unit.bits(sum(self._losses) / len(self._losses)) if self._losses else math.nan

    @property
    def n_validated_tokens(self) -> int | None:
        """How many tokens the cell was validated on; None if it was not."""
        validations = self._history.validations
        return validations[-1].n_tokens if validations else None

    @property
    def losses(self) -> LossHistory:
        """What can be drawn of the training."""
        assert self.session is not None
        return LossHistory(self._history, self.session.record)

    def to_json(self) -> dict[str, Any]:
        """What the race found out about this cell."""
        assert self.session is not None
        session = self.session
        return {
            "cell": self.cell,
            "seed": session.record.training.seed,
            "run": str(session.folder),
            "d_model": session.record.model.d_model,
            "n_parameters": session.n_parameters,
            "steps": session.step,
            "epochs": session.epoch,
            "tokens_per_s": session.tokens_per_s,
            "valid_nats_per_token": session.best_nats if math.isfinite(session.best_nats) else None,
            "valid_bits_per_character": session.best_bits,
            "train_bits_per_character": self.loss_bits if math.isfinite(self.loss_bits) else None,
            "verdict": self.verdict and self.verdict.text,
        }

    @property
    def _history(self) -> History:
        from seqgen.run import History

        return History(tuple(self._reports))
