"""Which texts of a model are whole tunes, and where a tune ends in a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import SamplingConfig
from seqgen.music import read_tunes, writing
from seqgen.run import open_model
from seqgen.sampling import Ending, GeneratedText

TUNE = "X:1\nM:2/4\nL:1/8\nK:C\ncdef|"


@pytest.mark.parametrize(
    ("ending", "n_tunes"), [("end-of-text", 1), ("stop", 1), ("length", 0), ("stuck", 0), ("silence", 0)]
)
def test_a_tune_is_whole_only_if_the_model_ends_it(
    ending: Ending, n_tunes: int, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = iter([GeneratedText(TUNE, ending, nats=1.0)])
    whole = GeneratedText(TUNE, "end-of-text", nats=1.0)
    monkeypatch.setattr(writing, "write_texts", lambda *_, **__: [next(texts, whole)])
    written = writing.write_tunes(open_model(run_folder), config=SamplingConfig(), count=1)
    assert written.n_unended == 1 - n_tunes
    assert len(written.tunes) == 1


def test_a_blank_line_ends_a_tune_whatever_the_line_ends_are() -> None:
    text = f"{TUNE}\n\nA letter about music.\n\n{TUNE}\n"
    for line_end in ("\r\n", "\r"):
        assert list(read_tunes(text.replace("\n", line_end))) == list(read_tunes(text))


def test_a_blank_line_of_crlf_ends_a_tune_of_a_run_that_kept_its_line_ends(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[tuple[str, ...]] = []

    def write(*_: object, config: SamplingConfig, **__: object) -> list[GeneratedText]:
        stops.append(config.stop)
        return [GeneratedText(TUNE, "stop", nats=1.0)]

    monkeypatch.setattr(writing, "write_texts", write)
    writing.write_tunes(open_model(run_folder), config=SamplingConfig(), count=1)
    assert stops == [("\n\n", "\r\n\r\n")]
