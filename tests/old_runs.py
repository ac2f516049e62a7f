"""Runs that earlier versions wrote, in `fixtures/`: how to make more of them, and what a version makes of them.

    python -m tests.old_runs NAME

makes the runs below with the present version, in the new folder `fixtures/NAME`. Those that are there stay as they were
written: a version that cannot read them any more is broken.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from seqgen import load
from seqgen.cli import app
from seqgen.config import Budget
from seqgen.run import LAST_FILE, METRICS_FILE, MODEL_FILE, StepReport
from seqgen.training import Session
from tests import tiny, tiny_pairs

FIXTURES = Path(__file__).parent / "fixtures"
_SHAPE = (
    "--width 12 --layers 1 --streams 4 --window 16 --device cpu --precision float32 --lr 0.05 --set evaluate_every=4"
)
_SHORT, _LONGER = "--steps 8", "--steps 40"
_PLAIN = "--set ngram_order=none --set ngram_expert=false"
_N_MORE = 3
"""Steps of a run that goes on."""


@dataclass(frozen=True)
class Recipe:
    """What a run learns from, and the options of its training."""

    text: str
    options: str
    is_resumed: bool = False
    """Whether its `last.safetensors` is kept."""


STORY = tiny.TEXT[:3000]
RECIPES: dict[str, Recipe] = {
    "gru-attention": Recipe(
        tiny_pairs.KINDS["text"], f"--pairs --cell gru --encoder bidirectional --attention {_LONGER}", is_resumed=True
    ),
    "transformer-pairs": Recipe(
        tiny_pairs.KINDS["text"], f"--pairs --cell transformer --encoder none --memory 24 --set d_head=6 {_LONGER}"
    ),
    "lstm-labels": Recipe(tiny_pairs.labelled_words(500), "--pairs --cell lstm --valid-fraction 0.3", is_resumed=True),
    "mingru-documents": Recipe(STORY, f"--cell mingru --documents blank-line {_PLAIN}", is_resumed=True),
    "lstm-dropout-average": Recipe(
        STORY, f"--cell lstm --dropout 0.2 --set average=16 --set weight_drop=0.2 {_PLAIN}", is_resumed=True
    ),
    "rnn-hashed-ngrams": Recipe(
        STORY,
        "--cell rnn --set ngram_order=3 --set ngram_rows=64 --set ngram_width=4 --set ngram_expert=false",
        is_resumed=True,
    ),
    "gru-expert": Recipe(tiny.TEXT, "--cell gru --set ngram_order=none --valid-fraction 0.2"),
    "transformer-unigram": Recipe(
        STORY,
        "--cell transformer --memory 24 --set d_head=6 --tokenizer sentencepiece --vocab-size 320 "
        f"--set sentencepiece_model=unigram {_PLAIN}",
    ),
    "lstm-byte-fallback": Recipe(STORY, f"--cell lstm --tokenizer sentencepiece --vocab-size 380 {_PLAIN}"),
    "gru-backward": Recipe(STORY, f"--cell gru --backward --documents line {_PLAIN}"),
}


def scored_text(name: str) -> str:
    """What a run scores: its own pairs, or a text, with characters that only bytes stand for where there are bytes."""
    recipe = RECIPES[name]
    if "--pairs" in recipe.options:
        return recipe.text
    return tiny.TEXT[:1500] + ("漢字 and žluť\n" if "sentencepiece" in recipe.options else "")


def describe(run: Path, *, scored: str) -> dict[str, Any]:
    """What this version makes of a run: its facts, what it writes or predicts, and its score of a text or of pairs."""
    model = load(run)
    progress = model.saved.record.progress
    facts: dict[str, Any] = {
        "sha256": model.saved.sha256,
        "n_parameters": model.saved.n_parameters,
        "epoch": progress.epoch,
        "valid_nats_per_token": progress.valid_nats_per_token,
    }
    if model.saved.source_tokenizer is None:
        score = model.score(scored)
        return {**facts, "sample": _sampled(run), "nats": score.nats, "tokens": score.n_charged}
    pairs = [tuple(line.split("\t")) for line in scored.splitlines()[:20]]
    loss = model.evaluate(pairs).loss  # type: ignore[arg-type]
    predicted = [found[0] for found in model.predict([source for source, _ in pairs[::3]])]
    return {
        **facts,
        "predicted": [found.target for found in predicted],
        "probabilities": [found.probability for found in predicted],
        "nats": float(sum(loss.nats)),
    }


def losses_from_here(run: Path, text: Path) -> list[float]:
    """The losses of the next steps of a run, which is changed."""
    n_steps = load(run).saved.record.budget.steps
    assert n_steps is not None
    session = Session.resume(run, budget=Budget(steps=n_steps + _N_MORE), device="cpu", corpus_paths=(str(text),))
    return [report.loss_nats for report in session.reports() if isinstance(report, StepReport)]


def _sampled(run: Path) -> str:
    return CliRunner().invoke(app, ["sample", str(run), "--length", "80", "--seed", "5"]).stdout


def _make(run: Path, recipe: Recipe) -> dict[str, Any]:
    """Train a run and return what it is described by. Its text comes from standard input, so it names no path."""
    command = [sys.executable, "-m", "seqgen", "train", "-", *_SHAPE.split(), *_SHORT.split(), *recipe.options.split()]
    subprocess.run([*command, "--out", str(run)], input=recipe.text.encode(), check=True)
    kept = {MODEL_FILE, METRICS_FILE, *([LAST_FILE] if recipe.is_resumed else [])}
    for path in run.iterdir():
        if path.name not in kept:
            path.unlink()
    found = describe(run, scored=scored_text(run.name))
    if recipe.is_resumed:
        copy, text = run.with_name("copy"), run.with_name("text")
        shutil.copytree(run, copy)
        text.write_bytes(recipe.text.encode())
        found["losses"] = losses_from_here(copy, text)
        shutil.rmtree(copy)
        text.unlink()
    return found


def main() -> None:
    folder = FIXTURES / sys.argv[1]
    folder.mkdir()
    expected = {name: _make(folder / name, recipe) for name, recipe in RECIPES.items()}
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
