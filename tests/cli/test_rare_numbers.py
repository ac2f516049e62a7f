"""Numbers and sources of a size that few people have."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from seqgen.cli.evaluate.pairs.tables import TEXT_COLUMNS, Line
from seqgen.cli.music.music import _note_other_texts
from seqgen.cli.music.output import MusicReport, print_report
from seqgen.cli.predict.attention import draw_alignment
from seqgen.cli.sample.options import SampleOptions
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import rounded, size
from seqgen.errors import ConfigError
from seqgen.music import AddingUp, Tune, WrittenTunes, read_tune

MEASURED = "X:1\nT:A tune\nM:2/4\nL:1/4\nK:C\ncd|ef|]"
TUNE, FREE = filter(None, map(read_tune, (MEASURED, MEASURED.replace("2/4", "none"))))


def told(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("number", "shown"), [(999.4e9, "999G"), (999.6e9, "1T"), (1.2e15, "1.2e+03T")])
def test_a_number_beyond_a_thousand_billions_is_in_trillions(number: float, shown: str) -> None:
    assert rounded(number) == shown


@pytest.mark.parametrize(("n_bytes", "shown"), [(999, "999 bytes"), (2.5e6, "2.5 MB"), (3.25e9, "3.2 GB")])
def test_bytes_are_in_the_largest_unit(n_bytes: float, shown: str) -> None:
    assert size(n_bytes) == shown


def test_a_number_that_no_computer_counts_to_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^--length is 1000000000000000001: it must be 10\^18 or less$"):
        require_at_least(replace(SampleOptions(), length=10**18 + 1), 0, "length")


def test_a_measure_without_a_figure_is_a_dash() -> None:
    exact = TEXT_COLUMNS[0]
    line = Line("gru", {"exact_match": 0.5, "bleu": 12.34}, {"exact_match": 0.1})
    cells = [line.cell(column, is_main=column is exact) for column in TEXT_COLUMNS]
    assert cells == ["50.0 % ± 10.0", "-", "-", "-", "12.3"]


def test_long_tokens_of_a_source_stand_from_top_to_bottom() -> None:
    alignment: Any = SimpleNamespace(source=["river", "a"], target=["x"], weights=_Weights())
    lines = draw_alignment(alignment, width=40).splitlines()
    columns = [line[2:].ljust(3) for line in lines[:5]]
    assert "".join(line[0] for line in columns) == "river"
    assert "".join(line[2] for line in columns).strip() == "a"


class _Weights:
    """Stands for a matrix of one row, both of whose weights are 1."""

    def __getitem__(self, _: object) -> _Weights:
        return self

    def tolist(self) -> list[list[float]]:
        return [[1.0, 1.0]]


def report(tunes: list[Tune], training: AddingUp | None) -> MusicReport:
    return MusicReport("m", tuple(tunes), AddingUp.of(tunes), training, "it is gone")


def test_only_the_first_of_many_tunes_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report([TUNE] * 23, AddingUp.of([TUNE])))
    shown = capsys.readouterr()
    assert "and 3 more tunes; --json has all of them" in shown.out
    assert "nothing to compare with" not in shown.err


def test_tunes_without_a_metre_are_no_part_of_the_shares(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report([FREE], AddingUp.of([FREE, FREE])))
    shown = capsys.readouterr()
    assert "95 % interval" not in shown.out
    said = told(shown.err)
    assert "no metre: 1 tune written" in said
    assert "no metre: 2 tunes of the training part" in said
    assert "the training part has no tunes in ABC with a metre" in said


def test_tunes_that_are_missing_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    options: Any = SimpleNamespace(count=3, length=900)
    _note_other_texts(WrittenTunes((TUNE,), n_texts=7, n_unended=4, n_other=2), options)
    said = told(capsys.readouterr().err)
    assert said.startswith("1 tune instead of 3")
    assert "left out: 4 texts of 7" in said
    assert "no tune, so left out: 2 texts of 7" in said
