"""What `seqgen music` prints: a row for each tune, the bars that are wrong, and the shares of tunes that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import note, print_left_out, print_prose, print_table
from seqgen.cli.shared.shortening import shortened
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.music import AddingUp, Tune, WrongBar

_MOST_ROWS = 20
"""Tunes in the table; a measurement may write hundreds."""
_MOST_WRONG = 3
"""Wrong bars of a tune that are described."""
_TITLE_LENGTH = 32
_FIELD_LENGTH = 8


@dataclass(frozen=True)
class MusicReport:
    """The tunes of a model, beside those that it learned from."""

    model: str
    tunes: tuple[Tune, ...]
    written: AddingUp
    training: AddingUp | None
    reason: str
    """Why there are no tunes to compare with; empty if there are."""

    @property
    def rows(self) -> list[tuple[str, AddingUp]]:
        """The texts that have tunes with a metre, by their names."""
        texts = {"written": self.written, "training part": self.training}
        return [(name, text) for name, text in texts.items() if text is not None and text.n_tunes]


def print_report(report: MusicReport) -> None:
    """Print the tables, and a sentence for each of the first wrong bars of every tune."""
    from seqgen.music import check_bars

    rows, sentences = [], []
    for number, tune in enumerate(report.tunes[:_MOST_ROWS], start=1):
        check = check_bars(tune)
        cells = [
            shortened(cell, length)
            for cell, length in zip(
                (tune.title, tune.metre, tune.key), (_TITLE_LENGTH, _FIELD_LENGTH, _FIELD_LENGTH), strict=True
            )
        ]
        right = str(check.n_right) if check.has_metre else "no metre"
        rows.append([str(number), *cells, str(check.n_bars), right])
        sentences += [f"tune {number}: {sentence}" for sentence in describe_wrong(check.wrong)]
    left_out = print_table(["tune", "title", "metre", "key", "bars", "add up"], rows, n_left=4, droppable=("key",))
    print_left_out(left_out)
    if len(report.tunes) > _MOST_ROWS:
        print_prose(f"and {count_of(len(report.tunes) - _MOST_ROWS, 'more tune')}; --json has all of them")
    for sentence in sentences:
        print_prose(sentence)
    print()
    _print_shares(report)


def describe_wrong(wrong: Sequence[WrongBar]) -> list[str]:
    """What is wrong with the first bars that do not add up, and how many others there are."""
    n_more = len(wrong) - _MOST_WRONG
    others = [f"{count_of(n_more, 'other bar')} wrong"] if n_more > 0 else []
    return [bar.describe() for bar in wrong[:_MOST_WRONG]] + others


def _print_shares(report: MusicReport) -> None:
    rows = [
        [name, str(text.n_tunes), str(text.n_right), str(text.share), f"{text.n_bars_right:,} of {text.n_bars:,}"]
        for name, text in report.rows
    ]
    if rows:
        header = ["text", "tunes", "add up", "share, 95 % interval", "bars that add up"]
        print_left_out(print_table(header, rows, n_left=1, droppable=("bars that add up",)))
    for name, text in (("written", report.written), ("of the training part", report.training)):
        if text is not None and text.n_free:
            note(f"not counted, because bars in them have no metre: {count_of(text.n_free, 'tune')} {name}")
    if report.training is None:
        note(f"nothing to compare with: {report.reason}")
    elif not report.training.n_tunes:
        note("nothing to compare with: the training part has no tunes in ABC with a metre")


def report_as_json(report: MusicReport, files: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The report for programs. Lengths are fractions of a whole note."""
    from seqgen.music import check_bars

    tunes = []
    for number, tune in enumerate(report.tunes):
        check = check_bars(tune)
        tunes.append(
            {
                "title": tune.title,
                "metre": tune.metre,
                "key": tune.key,
                "bars": check.n_bars,
                "bars_that_add_up": check.n_right if check.has_metre else None,
                "adds_up": check.adds_up if check.has_metre else None,
                "wrong": [
                    {
                        "bar": wrong.bar.number,
                        "text": wrong.bar.text,
                        "excess": None if wrong.excess is None else str(wrong.excess),
                        "unread": wrong.bar.unread,
                    }
                    for wrong in check.wrong
                ],
                "abc": tune.text,
                "files": dict(files[number]) if files else {},
            }
        )
    training = None if report.training is None else _numbers(report.training)
    return {"tunes": tunes, "written": _numbers(report.written), "training": training, "no_training": report.reason}


def _numbers(text: AddingUp) -> dict[str, Any]:
    return {
        "tunes": text.n_tunes,
        "add_up": text.n_right,
        **(text.share.to_json("share") if text.share is not None else {"share": None}),
        "bars": text.n_bars,
        "bars_that_add_up": text.n_bars_right,
        "without_metre": text.n_free,
    }
