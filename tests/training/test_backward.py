"""A run that reads backward is the run that reads forward on the text that was turned round by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import Budget, CorpusConfig
from seqgen.errors import ConfigError
from seqgen.run import SavedModel, load_checkpoint, open_model
from seqgen.training import Session, TrainingRequest
from tests import tiny
from tests.backward import lines_reversed
from tests.tiny import TEXT, metrics_lines

VALID = tiny.STORIES.read_text(encoding="utf-8")[6000:8500]
LINES = "".join(f"line {number} of a song, {'la' * (number % 5)}\n" for number in range(80))


def weights_of(model: SavedModel) -> dict[str, Any]:
    return {name: array.tobytes() for name, array in model.weights.items()}


def losses_of(folder: Path) -> list[Any]:
    return [line.get("loss_nats", line.get("nats_per_token")) for line in metrics_lines(folder)]


def test_one_document_is_read_from_its_end(tmp_path: Path) -> None:
    """The validation part too: both are files of their own here."""
    folders = []
    for name, turn, is_backward in (("backward", False, True), ("by-hand", True, False), ("forward", False, False)):
        train, valid = (text[::-1] if turn else text for text in (TEXT, VALID))
        path = tmp_path / f"{name}-valid.txt"
        path.write_text(valid, encoding="utf-8")
        options = {"valid_paths": (str(path),), "backward": is_backward, "budget": Budget(steps=6)}
        folders.append(tiny.trained(tmp_path / name, text=train, **options))
    backward, by_hand, forward = map(open_model, folders)
    assert weights_of(backward) == weights_of(by_hand) != weights_of(forward)
    assert losses_of(folders[0]) == losses_of(folders[1]) != losses_of(folders[2])
    scores = [model.record.progress.valid_bits_per_character for model in (backward, by_hand)]
    assert scores[0] == scores[1] is not None


def test_each_document_is_read_from_its_end_in_its_place(tmp_path: Path) -> None:
    backward = open_model(tiny.trained(tmp_path / "backward", text=LINES, documents="line", backward=True))
    by_hand = open_model(tiny.trained(tmp_path / "by-hand", text=lines_reversed(LINES), documents="line"))
    assert weights_of(backward) == weights_of(by_hand)


def test_a_resumed_run_reads_on_in_its_direction(tmp_path: Path) -> None:
    whole = tiny.trained(tmp_path / "whole", backward=True, budget=Budget(steps=6))
    halved = tmp_path / "halved"
    session = tiny.start(halved, backward=True, budget=Budget(steps=6))
    for report in session.reports():
        if report.step == 3:
            session.save()
            break
    session.close()
    resumed = Session.resume(halved)
    for _ in resumed.reports():
        pass
    assert weights_of(open_model(halved)) == weights_of(open_model(whole))
    first, second = (load_checkpoint(folder).tensors for folder in (halved, whole))
    assert all(np.array_equal(array, second[name]) for name, array in first.items() if name.startswith("model."))


def test_only_the_record_of_a_run_that_reads_backward_says_so(run_folder: Path, tmp_path: Path) -> None:
    forward = open_model(run_folder)
    assert "backward" not in forward.record.to_json()["corpus"]
    assert not forward.record.corpus.backward
    assert open_model(tiny.trained(tmp_path / "run", backward=True)).record.to_json()["corpus"]["backward"] is True


def test_a_run_begins_only_from_a_model_of_its_direction(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    forward, backward = open_model(run_folder), open_model(tiny.trained(tmp_path / "run", backward=True))
    request = TrainingRequest(
        corpus=CorpusConfig(paths=(str(tmp_path / "a.txt"),)),
        parent=backward,
        budget=Budget(steps=1),
        device="cpu",
        folder=tmp_path / "new",
    )
    with pytest.raises(ConfigError, match=r"^run reads from the end of a text: add --backward, or begin"):
        Session.start(request)
    turned = replace(request, corpus=replace(request.corpus, backward=True))
    Session.start(turned).close()
    with pytest.raises(ConfigError, match=r"^tiny reads from the beginning: leave out --backward, or begin"):
        Session.start(replace(turned, parent=forward, folder=tmp_path / "other"))


def test_pairs_are_not_read_backward() -> None:
    with pytest.raises(ConfigError, match="leave out --backward or --pairs"):
        CorpusConfig(paths=("a.tsv",), pairs=True, backward=True)
