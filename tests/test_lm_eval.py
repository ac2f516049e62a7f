"""The plug-in for lm-evaluation-harness, in the harness itself: the same numbers as `seqgen eval`."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from lm_eval.evaluator import simple_evaluate
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import Budget, SentencePieceConfig, WordConfig
from seqgen.errors import ConfigError
from seqgen.lm_eval import SeqgenLM
from tests import tiny

TEXT = tiny.TEXT[3000:4200]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run over characters and one over pieces."""
    folder = tmp_path_factory.mktemp("runs")
    tokenizers = {"char": None, "sentencepiece": SentencePieceConfig(vocab_size=320)}
    return {
        name: tiny.trained(folder / name, tokenizer=tokenizer, budget=Budget(steps=20), documents="blank-line")
        for name, tokenizer in tokenizers.items()
    }


@pytest.fixture
def run(runs: dict[str, Path]) -> Path:
    return runs["char"]


@pytest.fixture
def model(run: Path) -> SeqgenLM:
    return SeqgenLM(str(run))


every_tokenizer = pytest.mark.parametrize("name", ["char", "sentencepiece"])


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "datasets"))


def ask(*arguments: Any) -> list[Instance]:
    return [Instance(request_type="loglikelihood", doc={}, arguments=arguments, idx=0)]


def likelihood(model: SeqgenLM, context: str, continuation: str) -> float:
    return model.loglikelihood(ask(context, continuation))[0][0]


def task(folder: Path, docs: list[dict[str, Any]], **config: Any) -> dict[str, Any]:
    """A local task over a file of its own."""
    path = folder / "docs.jsonl"
    path.write_text("".join(json.dumps(doc) + "\n" for doc in docs), encoding="utf-8")
    return {
        "task": "local",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(path)}},
        "test_split": "test",
        **config,
    }


ROLLING = {
    "output_type": "loglikelihood_rolling",
    "doc_to_text": "",
    "doc_to_target": "{{text}}",
    "metric_list": [{"metric": "bits_per_byte"}],
}


@every_tokenizer
def test_bits_per_byte_are_those_of_eval(name: str, runs: dict[str, Path], tmp_path: Path) -> None:
    """Characters that the vocabulary lacks included."""
    run, model = runs[name], SeqgenLM(str(runs[name]))
    text = TEXT + "漢字\n"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8", newline="")
    shown = CliRunner().invoke(app, ["eval", str(run), "--on", str(tmp_path / "text.txt"), "--json"])
    (score,) = json.loads(shown.stdout)
    results = simple_evaluate(model=model, tasks=[task(tmp_path, [{"text": text}], **ROLLING)], bootstrap_iters=0)
    found = results["results"]["local"]["bits_per_byte,none"]
    assert found == pytest.approx(score["bits_per_byte"], rel=1e-6)


@every_tokenizer
def test_likelihoods_of_parts_multiply_to_that_of_the_whole(name: str, runs: dict[str, Path]) -> None:
    """Cut before a space, where a token ends too."""
    model = SeqgenLM(str(runs[name]))
    cut = TEXT.index(" ", 400)
    head, tail = TEXT[:cut], TEXT[cut:]
    (whole,) = model.loglikelihood_rolling(ask(TEXT))
    assert likelihood(model, "", head) + likelihood(model, head, tail) == pytest.approx(whole, rel=1e-5)
    assert likelihood(model, "", TEXT) == pytest.approx(whole, rel=1e-5)


@every_tokenizer
def test_wherever_a_text_is_cut_no_token_is_counted_twice_or_left_out(name: str, runs: dict[str, Path]) -> None:
    """A token of both parts belongs to the second, so that the parts together cost no less than the whole."""
    model = SeqgenLM(str(runs[name]))
    text = TEXT[:60]
    (whole,) = model.loglikelihood_rolling(ask(text))
    for cut in range(60):
        after = likelihood(model, text[:cut], text[cut:])
        assert after <= 0
        assert after >= whole - 1e-6
    assert likelihood(model, text, "") == 0


def test_what_it_writes_greedily_is_the_likeliest_continuation(model: SeqgenLM) -> None:
    (written,) = model.generate_until(ask("Mina ", {"max_gen_toks": 12}))
    assert 0 < len(written) <= 12
    assert not model.loglikelihood(ask("Mina ", "zqzq"))[0][1]
    assert model.loglikelihood(ask("Mina ", written))[0][1]


def test_it_stops_before_a_stop_and_draws_when_asked(model: SeqgenLM) -> None:
    (whole,) = model.generate_until(ask("Mina ", {"max_gen_toks": 40}))
    stop = whole[3:5]
    assert model.generate_until(ask("Mina ", {"max_gen_toks": 40, "until": [stop]})) == [whole.partition(stop)[0]]
    (drawn,) = model.generate_until(ask("Mina ", {"do_sample": True, "temperature": 2.0, "max_gen_toks": 40}))
    assert drawn != whole


def test_a_context_of_unknown_characters_is_none(model: SeqgenLM) -> None:
    options = {"max_gen_toks": 20}
    assert model.generate_until(ask("漢字" * 9, options)) == model.generate_until(ask("", options))


def test_the_harness_runs_choices_and_generation(model: SeqgenLM, tmp_path: Path) -> None:
    docs = [{"question": "Mina", "choices": [" had a boat", "zzzz!zz"], "answer": 0}]
    choice = {
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
        "target_delimiter": "",
        "metric_list": [{"metric": "acc"}],
    }
    results = simple_evaluate(model=model, tasks=[task(tmp_path, docs, **choice)], bootstrap_iters=0)
    assert results["results"]["local"]["acc,none"] == 1.0
    (written,) = model.generate_until(ask("Mina", {"until": ["\n"], "max_gen_toks": 30}))
    generated = {
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 30, "do_sample": False},
        "metric_list": [{"metric": "exact_match"}],
    }
    docs = [{"question": "Mina", "answer": written}]
    results = simple_evaluate(model=model, tasks=[task(tmp_path, docs, **generated)], bootstrap_iters=0)
    assert results["results"]["local"]["exact_match,none"] == 1.0


def test_the_harness_finds_it_by_its_entry_point() -> None:
    (found,) = entry_points(group="lm_eval.models", name="seqgen")
    assert found.load() is SeqgenLM


def test_closed_vocabularies_are_refused(tmp_path: Path) -> None:
    closed = tiny.trained(
        tmp_path / "run", text="a b a b c <unk>\n" * 300, tokenizer=WordConfig(word_split="whitespace")
    )
    with pytest.raises(ConfigError, match="do not give texts back"):
        SeqgenLM(str(closed))


def test_its_own_command_is_that_of_the_harness(run: Path, tmp_path: Path) -> None:
    """As a real process, with the task in a file."""
    config = task(tmp_path, [{"text": TEXT}], **ROLLING)
    (tmp_path / "local.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "seqgen.lm_eval", "run", "--model", "seqgen", "--model_args", f"run={run}"]
    command += ["--tasks", "local", "--include_path", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=None, timeout=100)
    assert result.returncode == 0, result.stderr
    assert "bits_per_byte" in result.stdout
