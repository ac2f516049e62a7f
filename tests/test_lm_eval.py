"""The plug-in for lm-evaluation-harness, in the harness itself: the same numbers as `seqgen eval`."""

from __future__ import annotations

import json
import math
import sys
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lm_eval.api.instance import Instance
from lm_eval.evaluator import simple_evaluate
from lm_eval.tasks import TaskManager
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import Budget, ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WhitespaceConfig
from seqgen.config.tokenizers import WordConfig
from seqgen.corpus import encode_text
from seqgen.errors import ConfigError
from seqgen.evaluation import Context, restore_decoder
from seqgen.lm_eval import SeqgenLM, main
from seqgen.run import open_model
from tests import tiny

TEXT = tiny.TEXT[3000:4200]
TOKENIZERS: dict[str, TokenizerConfig] = {
    "char": CharConfig(),
    "byte": ByteConfig(),
    "word": WordConfig(),
    "sentencepiece": SentencePieceConfig(vocab_size=320),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run on documents for each tokenizer, a run on a text without documents, and a Transformer."""
    folder = tmp_path_factory.mktemp("runs")
    runs = {
        name: tiny.trained(folder / name, tokenizer=tokenizer, budget=Budget(steps=20), documents="blank-line")
        for name, tokenizer in TOKENIZERS.items()
    }
    runs["one-text"] = tiny.trained(folder / "one-text")
    runs["transformer"] = tiny.trained(folder / "transformer", cell="transformer")
    return runs


@pytest.fixture
def run(runs: dict[str, Path]) -> Path:
    return runs["char"]


@pytest.fixture
def model(run: Path) -> SeqgenLM:
    return SeqgenLM(str(run))


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
    """A local task over a new file."""
    path = folder / "docs.jsonl"
    path.write_text("".join(json.dumps(doc) + "\n" for doc in docs), encoding="utf-8")
    return {
        "task": "local",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(path)}},
        "test_split": "test",
        **config,
    }


def evaluate(model: SeqgenLM, local_task: dict[str, Any]) -> dict[str, float]:
    """What the harness finds in a local task, without an index of the thousands that it brings along."""
    manager = TaskManager(include_defaults=False)
    found = simple_evaluate(model=model, tasks=[local_task], task_manager=manager, bootstrap_iters=0)
    return dict(found["results"]["local"])


ROLLING = {
    **{"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{text}}"},
    "metric_list": [{"metric": "bits_per_byte"}],
}


@pytest.mark.parametrize("name", ["char", "sentencepiece"])
def test_bits_per_byte_are_those_of_eval(name: str, runs: dict[str, Path], tmp_path: Path) -> None:
    """Also on a text with out-of-vocabulary characters."""
    run, model = runs[name], SeqgenLM(str(runs[name]))
    text = TEXT + "漢字\n"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8", newline="")
    shown = CliRunner().invoke(app, ["eval", str(run), "--on", str(tmp_path / "text.txt"), "--json"])
    (score,) = json.loads(shown.stdout)
    found = evaluate(model, task(tmp_path, [{"text": text}], **ROLLING))
    assert found["bits_per_byte,none"] == pytest.approx(score["bits_per_byte"], rel=1e-6)


@pytest.mark.parametrize("name", [*TOKENIZERS, "one-text", "transformer"])
def test_a_continuation_pays_for_its_tokens_wherever_the_text_is_cut(name: str, runs: dict[str, Path]) -> None:
    """A token that spans both parts is the continuation's. The expected nats are those of the whole text, read once."""
    saved, model = open_model(runs[name]), SeqgenLM(str(runs[name]))
    text = TEXT[:300] + "\n\n" + TEXT[300:400]
    ids = encode_text([saved.tokenizer.mark(text)], saved.tokenizer).ids
    nats = np.concatenate(list(Context().nats(restore_decoder(saved), ids)))
    lengths = [len(saved.tokenizer.decode(ids[:number])) for number in range(len(ids) + 1)]
    for cut in range(0, len(text), 7):
        n_before = max(number for number, length in enumerate(lengths) if length <= cut)
        (found,) = model.loglikelihood(ask(text[:cut], text[cut:]))
        assert found[0] == pytest.approx(-nats[n_before:].sum(), rel=1e-4)
    (rolling,) = model.loglikelihood_rolling(ask(text))
    assert rolling == pytest.approx(-nats.sum(), rel=1e-5)
    assert likelihood(model, text, "") == 0


def test_contexts_and_continuations_of_any_length_are_read_whole(runs: dict[str, Path]) -> None:
    model, text = SeqgenLM(str(runs["one-text"])), tiny.TEXT[:3000]
    (whole,) = model.loglikelihood_rolling(ask(text))
    for cut in (100, 1500, 2900):
        parts = likelihood(model, "", text[:cut]) + likelihood(model, text[:cut], text[cut:])
        assert parts == pytest.approx(whole, rel=1e-5)


def test_out_of_vocabulary_characters_are_charged_and_never_greedy(model: SeqgenLM) -> None:
    (known,) = model.loglikelihood(ask("Mina ", "sat"))
    (unknown,) = model.loglikelihood(ask("Mina ", "sat漢"))
    assert unknown[0] < known[0] - math.log(1_000_000)
    (likely,) = model.generate_until(ask("Mina ", {"max_gen_toks": 5}))
    assert [model.loglikelihood(ask("Mina ", likely + end))[0][1] for end in ("", "漢")] == [True, False]
    assert likelihood(model, "漢 Mina ", "sat") == pytest.approx(likelihood(model, " Mina ", "sat"))


def test_a_probability_is_below_one_where_a_separator_is_cut(tmp_path: Path) -> None:
    """With one-line documents, whose vocabulary has no newline."""
    text = "\n\n".join(tiny.TEXT.replace("\n", " ")[start : start + 60] for start in range(0, 5000, 60))
    model = SeqgenLM(str(tiny.trained(tmp_path / "run", text=text, documents="blank-line")))
    assert likelihood(model, "Mina\n", "\nOro") < 0


def test_a_text_that_it_writes_greedily_is_the_greedy_continuation(model: SeqgenLM) -> None:
    (written,) = model.generate_until(ask("Mina ", {"max_gen_toks": 12}))
    assert 0 < len(written) <= 12
    assert not model.loglikelihood(ask("Mina ", "zqzq"))[0][1]
    assert model.loglikelihood(ask("Mina ", written))[0][1]


def test_it_stops_before_a_stop_string_and_samples_when_asked_to(model: SeqgenLM) -> None:
    (whole,) = model.generate_until(ask("Mina ", {"max_gen_toks": 40}))
    stop = whole[3:5]
    assert model.generate_until(ask("Mina ", {"max_gen_toks": 40, "until": [stop]})) == [whole.partition(stop)[0]]
    options = {"do_sample": True, "temperature": 2.0, "max_gen_toks": 40, "top_k": 0, "min_p": 0.0}
    sampled = model.generate_until(ask("Mina ", options) * 3)
    assert len({whole, *sampled}) == 4
    assert SeqgenLM(str(model._saved.path)).generate_until(ask("Mina ", {"max_gen_toks": 40}) * 2) == [whole] * 2


def test_a_model_without_documents_writes_too(runs: dict[str, Path]) -> None:
    (written,) = SeqgenLM(str(runs["one-text"])).generate_until(ask("Mina ", {"max_gen_toks": 40}))
    assert len(written) == 40


def test_a_context_of_unknown_characters_is_an_empty_one(model: SeqgenLM) -> None:
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
    assert evaluate(model, task(tmp_path, docs, **choice))["acc,none"] == 1.0
    (written,) = model.generate_until(ask("Mina", {"until": ["\n"], "max_gen_toks": 30}))
    generated = {
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 30, "do_sample": False},
        "metric_list": [{"metric": "exact_match"}],
    }
    docs = [{"question": "Mina", "answer": written}]
    assert evaluate(model, task(tmp_path, docs, **generated))["exact_match,none"] == 1.0


def test_the_harness_finds_it_by_its_entry_point() -> None:
    (found,) = entry_points(group="lm_eval.models", name="seqgen")
    assert found.load() is SeqgenLM


def test_closed_vocabularies_are_refused(tmp_path: Path) -> None:
    closed = tiny.trained(tmp_path / "run", text="a b a b c <unk>\n" * 300, tokenizer=WhitespaceConfig())
    with pytest.raises(ConfigError, match="does not give texts back"):
        SeqgenLM(str(closed))


def command(folder: Path, run: str) -> list[str]:
    """The command of the harness for a task that stands in a file."""
    (folder / "local.yaml").write_text(json.dumps(task(folder, [{"text": TEXT}], **ROLLING)), encoding="utf-8")
    arguments = ["run", "--model", "seqgen", "--model_args", f"run={run}"]
    return [*arguments, "--tasks", "local", "--include_path", str(folder)]


def test_its_command_is_the_command_of_the_harness(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["python -m seqgen.lm_eval", *command(tmp_path, str(run))])
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    main()
    printed = capsys.readouterr().out
    assert "bits_per_byte" in printed and "|Tasks|" in printed


def test_its_command_refuses_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["seqgen.lm_eval", *command(tmp_path, "nowhere")])
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    with pytest.raises(SystemExit, match=r"^seqgen: nowhere does not exist"):
        main()


def test_a_run_of_pairs_is_refused(pair_folder: Path) -> None:
    with pytest.raises(ConfigError, match="learned from pairs"):
        SeqgenLM(str(pair_folder))
