"""Every option of `train`, `plan`, `race` and `sample` changes something."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.cli.sample.options import SampleOptions
from seqgen.cli.shared.options import (
    declarations,
)
from seqgen.cli.train.options import PlanOptions, RaceOptions, TrainOptions
from seqgen.cli.train.request import plan_request, race_request, train_request
from seqgen.errors import ConfigError
from seqgen.training import TrainingRequest
from tests.cli.parsing import parse

TRAIN = {
    "texts": "b.txt",
    "cell": "--cell gru",
    "backward": "--backward",
    "pairs": "--pairs",
    "columns": "--pairs --columns text,label",
    "targets": "--pairs --targets text",
    "encoder": "--pairs --encoder none",
    "attention": "--pairs --no-attention",
    "target_tokenizer": "--pairs --target-tokenizer word",
    "tokenizer": "--tokenizer byte",
    "vocab_size": "--tokenizer word --vocab-size 99",
    "word_split": "--tokenizer word --word-split whitespace",
    "layers": "--layers 2",
    "width": "--width 32",
    "dropout": "--dropout 0.3",
    "memory": "--memory 9",
    "minutes": "--minutes 2",
    "steps": "--steps 2",
    "epochs": "--epochs 2",
    "lr": "--lr 0.1",
    "window": "--window 9",
    "streams": "--streams 9",
    "clip": "--clip 2",
    "patience": "--patience 3",
    "precision": "--precision float32",
    "seed": "--seed 1",
    "documents": "--documents line",
    "field": "--field text",
    "include": "--include *.txt",
    "exclude": "--exclude *.md",
    "valid_fraction": "--valid-fraction 0.3",
    "test_fraction": "--test-fraction 0.3",
    "valid": "--valid v.txt",
    "test": "--test t.txt",
    "encoding": "--encoding latin-1",
    "out": "--out folder",
    "save_every": "--save-every 5m",
    "device": "--device cpu",
    "set_": "--set beta1=0.5",
}
"""An example of every option of `seqgen train` that describes a new run."""


def describe(request: TrainingRequest) -> str:
    return repr(dataclasses.replace(request, parent=None))


def test_every_option_of_train_changes_what_is_trained() -> None:
    """But for those that have tests of their own."""
    with_own_test = {"resume", "corpus", "from_", "log", "fields", "verbose", "seeds", "max_bytes"}
    assert TRAIN.keys() == declarations(TrainOptions).keys() - with_own_test
    requests = {
        name: describe(train_request(parse(TrainOptions, "a.txt", *text.split()))) for name, text in TRAIN.items()
    }
    plain = describe(train_request(parse(TrainOptions, "a.txt")))
    word = describe(train_request(parse(TrainOptions, "a.txt", "--tokenizer", "word")))
    assert len({plain, word, *requests.values()}) == len(TRAIN) + 2


@pytest.mark.parametrize("name", sorted(declarations(PlanOptions).keys() - {"as_json", "from_", "max_bytes"}))
def test_every_option_of_plan_means_the_same_as_in_train(name: str) -> None:
    arguments = ["a.txt", *TRAIN[name].split(), *(["--minutes", "5"] if name != "minutes" else [])]
    assert describe(plan_request(parse(PlanOptions, *arguments))) == describe(
        train_request(parse(TrainOptions, *arguments))
    )


@pytest.mark.parametrize("name", sorted(declarations(RaceOptions).keys() - {"as_json", "equal", "max_bytes", "seeds"}))
def test_every_option_of_race_means_the_same_as_in_train(name: str) -> None:
    arguments = ["a.txt", *TRAIN[name].split(), *(["--minutes", "5"] if name != "minutes" else [])]
    assert describe(race_request(parse(RaceOptions, *arguments))) == describe(
        train_request(parse(TrainOptions, *arguments))
    )


def test_from_goes_with_no_field_of_the_tokenizer(run_folder: Path) -> None:
    options = parse(TrainOptions, "a.txt", "--from", str(run_folder), "--set", "vocab_size=9")
    with pytest.raises(ConfigError, match=r"^--set vocab_size cannot be given with --from, which"):
        train_request(options)


SAMPLE = {
    "temp": "--temp 0",
    "prompt": "--prompt Mina",
    "prompt_file": "--prompt-file start.txt",
    "length": "--length 5",
    "count": "--count 2",
    "seed": "--seed 7",
    "stop": "--stop e",
    "best_of": "--best-of 20 --length 20",
    "beam": "--beam 2",
    "top_k": "--top-k 3",
    "top_p": "--top-p 0.3",
    "min_p": "--min-p 0.98",
    "typical": "--typical 0.3",
    "repetition_penalty": "--repetition-penalty 4",
    "presence_penalty": "--presence-penalty 4",
    "frequency_penalty": "--frequency-penalty 2",
    "penalty_window": "--presence-penalty 4 --penalty-window 1",
    "ban": "--ban e",
    "bias": "--bias e=5",
    "match": "--match [a-z]+[.]",
    "words": "--words known",
    "hold": "--hold 0:3=5",
    "odds": "--odds",
    "as_json": "--json",
}
"""An example of every option of `seqgen sample` that changes what is printed, on its own."""


def sample(run: Path, *arguments: str) -> Result:
    seed = [] if {"--seed", "--odds", "--beam"} & set(arguments) else ["--seed", "0"]
    result = CliRunner().invoke(app, ["sample", str(run), *arguments, *seed])
    assert result.exit_code == 0, result.stderr
    return result


def test_every_option_of_sample_changes_what_is_printed(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for those that have tests of their own."""
    with_own_test = {
        *("run", "source", "until_end_of_text", "color", "raw", "follow", "no_copy", "new", "exact", "device", "replay")
    }
    assert SAMPLE.keys() == declarations(SampleOptions).keys() - with_own_test
    monkeypatch.chdir(tmp_path)
    Path("start.txt").write_text("She sat", encoding="utf-8")
    printed = [sample(run_folder, *text.split()).stdout for text in ("", *SAMPLE.values())]
    assert len(set(printed)) == len(SAMPLE) + 1
