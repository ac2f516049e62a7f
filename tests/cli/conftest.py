"""What tests of several commands begin with."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from tqdm import tqdm

from tests.tiny import TEXT


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text beside which the test runs."""
    monkeypatch.chdir(tmp_path)
    path = Path("story.txt")
    path.write_text(TEXT, encoding="utf-8", newline="")
    return path


@pytest.fixture(autouse=True)
def curves_of_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs get a picture of nothing, because drawing takes longer than training. Tests of the picture draw it."""
    monkeypatch.setattr("seqgen.cli.shared.picture_files.draw_as_png", lambda *_, **__: b"\x89PNG\r\n\x1a\n")


@pytest.fixture(autouse=True)
def no_open_bars() -> None:
    """A bar that an interrupted command has left open would move the next one down by a line."""
    tqdm._instances.clear()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is saved while the test runs."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(figure: Figure, *args: object, **options: object) -> None:
        figures.append(figure)
        save(figure, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures
