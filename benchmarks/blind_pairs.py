"""Whether the measure that chooses a temperature agrees with a reader: pairs of texts to rank without knowing more.

    python benchmarks/blind_pairs.py draw FOLDER RUN... [--pairs 10] [--seed 0] [--temperatures 0.3 0.5 ...]
    python benchmarks/blind_pairs.py check FOLDER ABBA...

`draw` writes pairs of texts into FOLDER/pairs.txt. Both texts of a pair are by the same run, at two temperatures that
are 0.2 or more apart; which is which stands in FOLDER/key.json. The reader writes down one letter a pair, the better
text, before `check` measures both temperatures of every pair and says where the measure prefers the same one. The last
column is how far apart their faults are.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.evaluation import measure_quality
from seqgen.run import open_model
from seqgen.sampling import fit_prompt, write_texts

_TEMPERATURES = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
_LEAST_GAP = 0.2
_LENGTH = 600
_ALL = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
_N_SAMPLES, _MEASURED_LENGTH = 16, 400


def draw(folder: Path, runs: list[str], *, n_pairs: int, seed: int, temperatures: list[float]) -> None:
    """Write the pairs and, in another file, their key."""
    dice = random.Random(seed)
    folder.mkdir(parents=True)
    key, passages = [], []
    apart = [(a, b) for a in temperatures for b in temperatures if abs(a - b) > _LEAST_GAP - 0.01]
    for number in range(1, n_pairs + 1):
        run = runs[(number - 1) % len(runs)]
        pair = dice.choice(apart)
        key.append({"run": str(Path(run).resolve()), "temperatures": pair})
        for letter, temperature in zip("AB", pair, strict=True):
            passages.append(f"==== {number}{letter}\n{write(run, temperature, seed=dice.randrange(1_000_000))}\n")
    (folder / "key.json").write_text(json.dumps(key), encoding="utf-8")
    (folder / "pairs.txt").write_text("\n".join(passages), encoding="utf-8")


def write(run: str, temperature: float, *, seed: int) -> str:
    """A text by a run."""
    model = open_model(run)
    config = SamplingConfig(temperature=temperature, seed=seed)
    prompt, request = fit_prompt("", model.tokenizer), SamplingRequest(length=_LENGTH)
    return write_texts(model, prompt, config=config, request=request)[0].text


def check(folder: Path, choices: str) -> None:
    """Print every pair, the temperature that the reader chose, and the one that the measure prefers."""
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    faults = {run: faults_of(run) for run in {pair["run"] for pair in key}}
    print("| pair | run | temperatures | the reader chose | the measure prefers | difference |")
    print("| ---: | --- | --- | ---: | ---: | ---: |")
    n_equal = 0
    for number, (pair, choice) in enumerate(zip(key, choices, strict=True), start=1):
        found, (a, b) = faults[pair["run"]], pair["temperatures"]
        chosen, preferred = (a if choice == "A" else b), min(a, b, key=lambda each: found[each])
        n_equal += chosen == preferred
        cells = [number, Path(pair["run"]).name, f"{a:g}, {b:g}", f"{chosen:g}", f"{preferred:g}"]
        print(f"| {' | '.join(map(str, cells))} | {abs(found[a] - found[b]):.3f} |")
    print(f"\n{n_equal} of {len(key)} pairs agree")


def faults_of(run: str) -> dict[float, float]:
    """The faults of samples at every temperature."""
    report = measure_quality(open_model(run), n_samples=_N_SAMPLES, length=_MEASURED_LENGTH, temperatures=_ALL)
    return {
        temperature: quality.faults(report.human) for temperature, quality in zip(_ALL, report.samples, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["draw", "check"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("values", nargs="+", metavar="RUN or CHOICES")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperatures", type=float, nargs="+", default=_TEMPERATURES)
    options = parser.parse_args()
    if options.action == "check":
        check(options.folder, "".join(options.values))
    else:
        seed, temperatures = options.seed, options.temperatures
        draw(options.folder, options.values, n_pairs=options.pairs, seed=seed, temperatures=temperatures)


if __name__ == "__main__":
    main()
