"""How far back an RNN and an LSTM look on the texts in corpora/, and what the identity start does for adding.

    python benchmarks/looking_back.py texts [TEXT...] [--steps 400] [--seed 0]
    python benchmarks/looking_back.py adding [--steps 1000] [--seeds 3]

texts: one layer each, with about as many parameters, trained for so many steps; a fifth of each text is the validation
part, on which memory is measured as `seqgen inspect memory --no-expert` does. Without a text, all those in corpora/.

adding: right answers at length 100, trained at that length alone, of a tanh RNN, of one with relu and the identity
start (Le, Jaitly & Hinton 2015) and of an LSTM, as `seqgen inspect probe adding --at 100` counts them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from seqgen.config import Budget, Cell, CharConfig, CorpusConfig, FieldValue
from seqgen.evaluation import TextSelection, readings
from seqgen.inspection.memory import Memory, measure_memory
from seqgen.inspection.probes import PROBES
from seqgen.inspection.probes.contenders import parse_contenders
from seqgen.inspection.probing import run_probe
from seqgen.run import open_model
from seqgen.training import Session, TrainingRequest

_CORPORA = Path(__file__).parent.parent / "corpora"
_WIDTHS: dict[Cell, int] = {"rnn": 256, "lstm": 128}
"""With them, both have about 100,000 parameters."""
_LENGTH = 100
_CONTENDERS = ("rnn", "rnn,recurrent_init=identity,nonlinearity=relu", "lstm")


def memory_of(cell: Cell, text: Path, *, steps: int, seed: int) -> Memory:
    """How far back a cell looks in the validation part of a text, after a training run on the rest."""
    settings: dict[str, FieldValue] = {
        "n_layer": 1,
        "d_model": _WIDTHS[cell],
        "n_streams": 16,
        "window": 128,
        "precision": "float32",
        "ngram_expert": False,
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(str(text),), valid_fraction=0.2),
            cell=cell,
            tokenizer=CharConfig(),
            settings=settings,
            budget=Budget(steps=steps),
            device="cpu",
            folder=Path(folder) / "run",
        )
        for _ in Session.start(request).reports():
            pass
        (reading,) = readings(open_model(folder + "/run"), TextSelection())
        return measure_memory(reading)


def print_texts(texts: list[Path], *, steps: int, seed: int) -> None:
    print("| text | cell | bits per character given 1, 4, 16, 64, ... | looks back, characters |")
    print("| --- | --- | --- | --- |")
    for text in texts:
        for cell in _WIDTHS:
            memory = memory_of(cell, text, steps=steps, seed=seed)
            found = memory.looks_back
            back = "-" if found is None else f"{found.tokens:.1f} ({found.low:.0f} to {found.high:.0f})"
            bits = " ".join(f"{mean:.3f}" for mean in memory.nothing.means[::2])
            print(f"| {text.name} | {cell} | {bits} | {back} |", flush=True)


def print_adding(*, steps: int, n_seeds: int) -> None:
    print("| seed | model | right at length 100 | loss, nats |")
    print("| --- | --- | --- | --- |")
    for seed in range(n_seeds):
        for result in run_probe(PROBES["adding"], parse_contenders(_CONTENDERS), n_steps=steps, at=_LENGTH, seed=seed):
            print(f"| {seed} | {result.name} | {result.accuracy[_LENGTH]} | {result.loss_nats:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["texts", "adding"])
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.what == "texts":
        texts = arguments.texts or sorted(path for path in _CORPORA.iterdir() if path.suffix != ".md")
        print_texts(texts, steps=arguments.steps or 400, seed=arguments.seed)
    else:
        print_adding(steps=arguments.steps or 1000, n_seeds=arguments.seeds)


if __name__ == "__main__":
    main()
