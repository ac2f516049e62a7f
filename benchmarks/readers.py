"""Small runs of many kinds, and what opens a model file: `info`, `sample`, `eval`, `export` and `serve`."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from seqgen.api import LanguageModel
from seqgen.cli.evaluate.info import facts_of
from seqgen.config import ExportConfig, ExportFormat, ServingConfig
from seqgen.errors import SeqgenError
from seqgen.evaluation import TextSelection, readings
from seqgen.export import export_model
from seqgen.run import SavedModel, load_model
from seqgen.server.models import ServedModels

CORPORA = Path(__file__).resolve().parent.parent / "corpora"
LINES = {"stories.txt": 120, "plurals.tsv": 150, "moods.tsv": 150}
"""So many of each corpus are learned from, so that scoring them takes milliseconds."""
SHAPE = ["--width", "12", "--streams", "4", "--window", "16", "--steps", "3", "--device", "cpu", "--set", "dropout=0"]
FLAT, SMALL_HEADS = ["--layers", "1"], ["--layers", "1", "--memory", "16", "--set", "d_head=4"]
NGRAMS = ["--set", "ngram_order=3", "--set", "ngram_rows=64", "--set", "ngram_width=4"]
RUNS: dict[str, list[str]] = {
    "documents": ["stories.txt", "--cell", "lstm", "--documents", "blank-line", *FLAT],
    "bytes": ["stories.txt", "--cell", "rnn", "--tokenizer", "byte", "--set", "ngram_expert=false", *FLAT],
    "words": ["stories.txt", "--cell", "gru", "--tokenizer", "word", "--vocab-size", "200", *FLAT],
    "closed words": ["stories.txt", "--valid", "stories.txt", "--cell", "gru", "--tokenizer", "whitespace", *FLAT],
    "SentencePiece": [
        "stories.txt", "--cell", "transformer", "--tokenizer", "sentencepiece", "--vocab-size", "330", *SMALL_HEADS,
    ],
    "hashed n-grams": ["stories.txt", "--cell", "mingru", *NGRAMS, *FLAT],
    "backward": ["stories.txt", "--cell", "gru", "--backward", "--documents", "starts:^[A-Z]", *FLAT],
    "pairs": ["plurals.tsv", "--pairs", "--cell", "gru", *FLAT],
    "pairs without encoder": ["plurals.tsv", "--pairs", "--cell", "transformer", "--encoder", "none", *SMALL_HEADS],
    "labels": ["moods.tsv", "--pairs", "--cell", "lstm", *FLAT],
}  # fmt: skip
FORMATS: tuple[ExportFormat, ...] = ("html", "transformers", "onnx", "gguf")


def train_all(folder: Path) -> dict[str, Path]:
    """The model file of each run in a folder. Those that are there already are not trained again."""
    paths = {}
    for name, (corpus, *options) in RUNS.items():
        paths[name] = folder / name / "model.safetensors"
        if paths[name].exists():
            continue
        text = folder / corpus
        with (CORPORA / corpus).open(encoding="utf-8") as file:
            text.write_text("".join(itertools.islice(file, LINES[corpus])), encoding="utf-8")
        command = [sys.executable, "-m", "seqgen", "train", str(text), *options, *SHAPE, "--out", str(folder / name)]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return paths


def use(path: Path, draw: random.Random) -> str:
    """Open a model file with everything that reads one, and say what refused it.

    Raises:
        SeqgenError: it cannot be opened.
        Exception: anything else is a fault.
    """
    saved = load_model(path)
    refused = []
    for name, read in READERS.items():
        try:
            read(saved, draw)
        except SeqgenError as error:
            if "\n" in str(error):
                raise AssertionError(f"{name} says several lines: {error}") from error
            refused.append(name)
    return ", ".join(refused)


def _info(saved: SavedModel, draw: random.Random) -> None:
    "".join(f"{name}{value}" for name, value in facts_of(saved)).encode("utf-8", "surrogatepass")
    json.dumps(saved.record.to_json(), allow_nan=False)


def _sample(saved: SavedModel, draw: random.Random) -> None:
    if saved.source_tokenizer is None:
        LanguageModel(saved).write("Mina ", length=20, seed=1)
    else:
        LanguageModel(saved).predict(["the food"])


def _eval(saved: SavedModel, draw: random.Random) -> None:
    if saved.source_tokenizer is None:
        LanguageModel(saved).score("Mina sat by the river, and the river was wide.")
        for reading in readings(saved, TextSelection()):
            reading.score()
    else:
        LanguageModel(saved).evaluate([("cat", "cats"), ("the food was good", "kind")])


def _export(saved: SavedModel, draw: random.Random) -> None:
    out = saved.path.parent / "exported" / str(draw.random())
    export_model(saved, ExportConfig(format=draw.choice(FORMATS)), out=out)


def _serve(saved: SavedModel, draw: random.Random) -> None:
    with ServedModels.open([saved], ServingConfig()) as models:
        for model in models:
            json.dumps(model.description(), allow_nan=False)
            if model.engine is not None:
                model.fresh_stepper.step  # noqa: B018 -- made when it is asked for


READERS: dict[str, Callable[[SavedModel, random.Random], None]] = {
    "info": _info,
    "sample": _sample,
    "eval": _eval,
    "export": _export,
    "serve": _serve,
}
