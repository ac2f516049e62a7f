"""The run folder: which model a command means, what one file holds, what a damaged one costs."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from seqgen.config import (
    TOKENIZER_CONFIGS,
    Budget,
    CorpusConfig,
    ModelConfig,
    SamplingConfig,
    SamplingRequest,
    TokenizerConfig,
    TrainingConfig,
)
from seqgen.corpus import CorpusRecord, PartRecord
from seqgen.errors import RunError
from seqgen.run import (
    LAST_FILE,
    LOCK_FILE,
    MODEL_FILE,
    PREVIOUS_FILE,
    Progress,
    RunRecord,
    SavedModel,
    create_folder,
    default_folder,
    load_checkpoint,
    open_model,
    save_checkpoint,
    save_model,
)
from seqgen.sampling import TextStream, fit_prompt
from tests import tiny

TRAINING = TrainingConfig(
    n_streams=2,
    window=8,
    learning_rate=0.01,
    muon_rate=0.02,
    evaluate_every=5,
    clip_norm=None,
    weight_decay=0.0,
    patience=None,
)


def flip_last_byte(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def text_of(model: SavedModel) -> str:
    stream = TextStream(
        model, fit_prompt("", model.tokenizer), config=SamplingConfig(), request=SamplingRequest(length=200)
    )
    return "".join(piece.text for piece in stream)


def a_record(model: ModelConfig = tiny.MODEL_CONFIGS["lstm"], name: str = "run") -> RunRecord:
    return RunRecord(
        name=name,
        created="2026-01-02T03:04:05+00:00",
        version="0",
        model=model,
        training=TRAINING,
        budget=Budget(epochs=1.5),
        corpus=CorpusRecord(
            config=CorpusConfig(paths=("a.txt",)),
            separator="",
            parts={"train": PartRecord(sha256="0" * 64, start=0, end=9, n_tokens=9)},
        ),
        progress=Progress(step=3),
        notes=("one", "two"),
        parent="0" * 64,
        environment={"device": "cpu"},
    )


@pytest.fixture
def saved_at(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts a model of this name and time of creation under ./checkpoints, and tells of its race and its validation."""
    monkeypatch.chdir(tmp_path)
    model = open_model(run_folder)

    def save(
        name: str, created: str, *, race: str | None = None, nats: float | None = None, place: int | None = None
    ) -> Path:
        folder = Path("checkpoints", name)
        folder.mkdir(parents=True)
        progress = dataclasses.replace(model.record.progress, valid_nats_per_token=nats)
        record = dataclasses.replace(model.record, created=created, race=race, race_place=place, progress=progress)
        save_model(folder, record, tokenizer=model.tokenizer, weights=model.weights)
        return folder / MODEL_FILE

    return save


def test_a_run_folder_and_its_model_file_are_the_same_model(run_folder: Path) -> None:
    assert open_model(run_folder).sha256 == open_model(str(run_folder / MODEL_FILE)).sha256


def test_nothing_stands_for_the_run_created_last(saved_at: Callable[..., Path]) -> None:
    """Neither the name of the folder nor the time of the file decides."""
    saved_at("z", "2026-01-01T00:00:00+00:00")
    newest = saved_at("b", "2026-03-01T00:00:00+00:00")
    saved_at("a", "2026-02-01T00:00:00+00:00")
    assert open_model().path == newest


def test_nothing_passes_over_a_newer_run_that_is_still_being_trained(saved_at: Callable[..., Path]) -> None:
    finished = saved_at("finished", "2026-01-01T00:00:00+00:00")
    saved_at("training", "2026-02-01T00:00:00+00:00").with_name(LOCK_FILE).touch()
    assert open_model().path == finished


def test_nothing_stands_for_the_best_run_of_a_race_if_that_is_the_newest(
    saved_at: Callable[..., Path],
) -> None:
    saved_at("another", "2026-01-04T00:00:00+00:00")
    saved_at("first", "2026-01-03T00:00:00+00:00", race="r", nats=1.5)
    best = saved_at("best", "2026-01-05T00:00:00+00:00", race="r", nats=1.4)
    saved_at("without", "2026-01-06T00:00:00+00:00", race="r", nats=None)
    saved_at("last", "2026-01-07T00:00:00+00:00", race="r", nats=1.6)
    saved_at("older", "2026-01-02T00:00:00+00:00", race="q", nats=1.0)
    assert open_model().path == best
    newest = saved_at("newest", "2026-01-08T00:00:00+00:00", nats=9.0)
    assert open_model().path == newest


def test_a_place_in_a_race_counts_more_than_the_loss_if_every_run_of_the_race_has_one(
    saved_at: Callable[..., Path],
) -> None:
    second = saved_at("second", "2026-01-02T00:00:00+00:00", race="r", nats=1.0, place=2)
    first = saved_at("first", "2026-01-01T00:00:00+00:00", race="r", nats=2.0, place=1)
    assert open_model().path == first
    saved_at("resumed", "2026-01-03T00:00:00+00:00", race="r", nats=1.5)
    assert open_model().path == second


def test_nothing_passes_over_a_newer_run_that_does_not_load(saved_at: Callable[..., Path]) -> None:
    whole = saved_at("whole", "2026-01-01T00:00:00+00:00")
    flip_last_byte(saved_at("flipped", "2026-02-01T00:00:00+00:00"))
    saved_at("empty", "2026-03-01T00:00:00+00:00").write_bytes(b"")
    Path("checkpoints", "no-run").mkdir()
    assert open_model().path == whole


def test_nothing_where_no_run_is_says_how_to_train_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="seqgen train"):
        open_model()


@pytest.mark.parametrize(
    "tokenizer",
    [config() for config in TOKENIZER_CONFIGS.values()],
    ids=TOKENIZER_CONFIGS,
)
def test_one_copied_file_is_the_whole_model(
    tokenizer: TokenizerConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "the cat sat on the mat .\n" * 100
    folder = tiny.trained(tmp_path / "run", tokenizer=tokenizer, text=text)
    before = text_of(open_model(folder))
    copy = tmp_path / "elsewhere" / "mine.safetensors"
    copy.parent.mkdir()
    shutil.copy(folder / MODEL_FILE, copy)
    shutil.rmtree(folder)
    (tmp_path / "run.txt").unlink()
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "no-cache"))
    assert text_of(open_model(copy)) == before


def test_a_folder_without_a_model_and_a_checkpoint_are_refused(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"is not a run folder: there is no {MODEL_FILE} in it"):
        open_model(tmp_path)
    with pytest.raises(RunError, match="holds a checkpoint, not a model"):
        open_model(run_folder / LAST_FILE)


@pytest.mark.parametrize("model", tiny.MODEL_CONFIGS.values(), ids=tiny.MODEL_CONFIGS.keys())
def test_a_record_comes_back_from_json(model: ModelConfig) -> None:
    record = a_record(model)
    assert RunRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize(
    "change",
    [{"cell": "perceptron"}, {"training": {}}, {"budget": {"steps": -1}}, {"surprise": 1}],
    ids=["cell", "missing", "impossible", "unknown"],
)
def test_a_record_that_cannot_be_says_so(change: dict[str, object]) -> None:
    with pytest.raises(RunError, match="record of the run cannot be read"):
        RunRecord.from_json({**a_record().to_json(), **change})


def test_a_run_is_named_after_corpus_cell_and_time() -> None:
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    names = [
        default_folder(path, "gru", created=created).as_posix() for path in ("some/story.v2.txt.gz", "-", ".hidden")
    ]
    assert names == [f"checkpoints/{stem}-gru-20260102-030405" for stem in ("story", "stdin", "text")]


def test_the_checkpoint_before_is_read_where_the_last_is_damaged_or_absent(tmp_path: Path) -> None:
    for name in ("first", "second"):
        save_checkpoint(tmp_path, a_record(name=name), tensors={})
    assert load_checkpoint(tmp_path).record.name == "second"
    flip_last_byte(tmp_path / LAST_FILE)
    assert load_checkpoint(tmp_path).record.name == "first"
    (tmp_path / LAST_FILE).unlink()
    assert load_checkpoint(tmp_path).record.name == "first"


def test_no_checkpoint_that_loads_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"there is no run folder at {tmp_path}/nowhere"):
        load_checkpoint(tmp_path / "nowhere")
    with pytest.raises(RunError, match=f"{tmp_path} cannot be resumed"):
        load_checkpoint(tmp_path)
    for file in (LAST_FILE, PREVIOUS_FILE):
        (tmp_path / file).write_bytes(b"half")
    with pytest.raises(RunError, match="is incomplete or not a model file"):
        load_checkpoint(tmp_path)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    create_folder(tmp_path / "new" / "run")
    create_folder(tmp_path / "new" / "run")
    with pytest.raises(RunError, match=r"not empty.*--out.*--resume"):
        create_folder(tmp_path / "new")
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file cannot be made"):
        create_folder(tmp_path / "file")
