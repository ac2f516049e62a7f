"""How often 95 % intervals made from passages of a text contain the figure of the whole text.

    python benchmarks/intervals.py DATA RUNS [TEXT...]

DATA holds english/, tinyshakespeare/, ptb_char/, abc/irish/ and unicode/. For each text, three small models learn from
another text or from its beginning, and score the rest once. RUNS is the folder where their runs and scores are kept; a
run that is already there is not trained again. Then the rest is cut into passages that overlap by half. Each passage
gives an interval for the bits per byte of each model, and for the difference of every two, by several methods. The last
table says how far a difference in a passage is from that in the whole text.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from interval_methods import METHODS, independent
from numpy.typing import NDArray
from protocols import seqgen

from seqgen.corpus import Streams
from seqgen.evaluation import restore_decoder
from seqgen.run import open_model
from seqgen.scoring import token_nats

Array = NDArray[np.float64]

_BLOCK = 500
"""Bytes."""
_SIZES = (10_000, 20_000, 50_000, 100_000)
"""Bytes of a passage."""
_MODELS = {"lstm": ("lstm", 128, 200), "gru": ("gru", 96, 200), "rnn": ("rnn", 128, 200), "longer": ("lstm", 128, 250)}
"""Name -> cell, width, and steps; all have one layer. The last stands for a later state of the first."""
_LATER = list(_MODELS)[-1]


@dataclass(frozen=True)
class Text:
    """What is scored, and what the models learn from: other files, or the first bytes of the same."""

    scored: Sequence[str]
    """Patterns of file names in the data folder."""
    learned: Sequence[str] = ()
    n_learned: int = 0
    thin: bool = False
    """Whether there is a space after every symbol, which is removed."""

    def parts(self, data: Path) -> tuple[bytes, bytes]:
        """The text that is learned and the text that is scored, in UTF-8."""
        scored, learned = (
            b"".join(path.read_bytes() for name in names for path in sorted(data.glob(name)))
            for names in (self.scored, self.learned)
        )
        if self.thin:
            scored = scored.decode()[0::2].encode()[:2_400_000]
        cut = scored.index(b"\n", self.n_learned) + 1 if self.n_learned else 0
        return learned or scored[:cut], scored[cut:]


TEXTS = {
    "Alcott": Text(["english/little-women.txt", "english/little-men.txt"], ["english/anne-of-green-gables.txt"]),
    "Doyle": Text(
        [f"english/{name}*" for name in ("the-adventure-of-", "a-scandal", "silver-blaze", "a-study", "the-hound")],
        ["english/the-innocence-of-father*"],
    ),
    "Kipling": Text(
        ["english/kim.txt", "english/captains-courageous.txt", "english/the-jungle-book.txt"],
        ["english/treasure-island.txt"],
    ),
    "tinyshakespeare": Text(["tinyshakespeare/input.txt"], n_learned=200_000),
    "Hindi epic": Text(["unicode/hi/ramcharitmanas.txt"], n_learned=300_000),
    "Chinese poems": Text(["unicode/zh/tang_poems.txt"], n_learned=200_000),
    "news": Text(["ptb_char/ptb.char.train.txt"], n_learned=400_000, thin=True),
    "Irish tunes": Text(["abc/irish/irish.abc"], n_learned=60_000),
}


def block_bits(text: Text, data: Path, folder: Path) -> dict[str, Array]:
    """Bits per byte of every block of the scored text, by the name of the model."""
    folder.mkdir(parents=True, exist_ok=True)
    learned, scored = text.parts(data)
    (folder / "learned.txt").write_bytes(learned)
    bits = {}
    for name, (cell, width, steps) in _MODELS.items():
        run, kept = folder / name, folder / f"{name}.npy"
        if not run.exists():
            shape = ["--cell", cell, "--layers", "1", "--width", str(width), "--tokenizer", "byte"]
            seqgen("train", str(folder / "learned.txt"), *shape, "--steps", str(steps), "--out", str(run))
        if not kept.exists():
            np.save(kept, _score(run, scored))
        bits[name] = np.load(kept)
    return bits


def _score(run: Path, scored: bytes) -> Array:
    """Bits per byte of every block under one model, which reads the text as 16 streams side by side."""
    saved = open_model(run)
    ids = saved.tokenizer.encode(scored.decode()).ids
    parts = list(token_nats(restore_decoder(saved), Streams(ids, n_streams=16, window=512)))
    in_streams = np.concatenate([part for part in parts if len(part) > 1], axis=1)
    nats = np.concatenate([in_streams.ravel(), *(part.ravel() for part in parts if len(part) == 1)])
    n_blocks = len(nats) // _BLOCK
    bits: Array = nats[: n_blocks * _BLOCK].reshape(n_blocks, _BLOCK).mean(axis=1) / np.log(2)
    return bits


def passages(values: Array, n: int) -> Array:
    """All passages of n blocks, each of which starts in the middle of the one before. (P, n)"""
    return np.lib.stride_tricks.sliding_window_view(values, n)[:: n // 2]


def coverage(series: Iterable[Array], n: int, method: Callable[[Array], Array]) -> float:
    """How often the interval of a passage of n blocks contains the mean of the whole series."""
    covered = []
    for values in series:
        cut = passages(values, n)
        covered.append(np.abs(cut.mean(axis=1) - values.mean()) <= method(cut))
    return float(np.concatenate(covered).mean())


def print_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table: first column left-aligned, the others right-aligned."""
    for cells in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        print(f"| {' | '.join(cells)} |", flush=True)
    print()


def print_coverage(bits: dict[str, dict[str, Array]]) -> None:
    """Two tables: every method over all texts, and the program's own on each text."""
    series: dict[str, dict[str, list[Array]]] = {
        "one model": {name: [values for model, values in of.items() if model != _LATER] for name, of in bits.items()},
        "difference": {name: differences(of) for name, of in bits.items()},
    }
    columns = [(kind, size) for kind in series for size in _SIZES]
    shares: dict[tuple[str, str, int], dict[str, float]] = {}
    for (kind, size), (method, half_width) in itertools.product(columns, METHODS.items()):
        n = size // _BLOCK
        long_enough = {name: of for name, of in series[kind].items() if len(of[0]) >= 3 * n}
        shares[method, kind, size] = {name: coverage(of, n, half_width) for name, of in long_enough.items()}
    heading = [f"{kind}, {size // 1000} KB" for kind, size in columns]
    rows = [[method, *(_summary(shares[method, kind, size].values()) for kind, size in columns)] for method in METHODS]
    print_rows(["interval", *heading], rows)
    own = [shares[list(METHODS)[-1], kind, size] for kind, size in columns]
    print_rows(
        ["text", *heading],
        [[name, *(f"{of[name]:.0%}" if name in of else "-" for of in own)] for name in bits],
    )


def differences(of: dict[str, Array]) -> list[Array]:
    """The differences of every two models, as shares of the loss of the first; the later state is not among them."""
    pairs = itertools.combinations([values for model, values in of.items() if model != _LATER], 2)
    return [(a - b) / a.mean() for a, b in pairs]


def print_deviations(bits: dict[str, dict[str, Array]]) -> None:
    """A table of the share of the loss that 95 % of all passages keep to: how far a difference is from the whole's."""
    rows = []
    for name, of in bits.items():
        first, *_ = of.values()
        cells = []
        for series, size in itertools.product((differences(of), [(first - of[_LATER]) / first.mean()]), _SIZES):
            n = size // _BLOCK
            errors = [passages(values, n).mean(axis=1) - values.mean() for values in series if len(values) >= 3 * n]
            cells.append(f"{np.quantile(np.abs(np.concatenate(errors)), 0.95):.2%}" if errors else "-")
        rows.append([name, *cells])
    heading = [f"{kind}, {size // 1000} KB" for kind in ("two models", "later state") for size in _SIZES]
    print_rows(["text", *heading], rows)


def _summary(shares: Iterable[float]) -> str:
    """The mean and, in brackets, the lowest."""
    listed = list(shares)
    return f"{np.mean(listed):.0%} ({min(listed):.0%})"


def print_simulated(n: int, n_series: int = 2000) -> None:
    """A table of the coverage on simulated series of mean 0, and the width as a multiple of the first method's."""
    random = np.random.default_rng(0)
    simulated = {f"AR(1), {rho}": _autoregressive(random.normal(size=(n_series, n)), rho) for rho in (0.2, 0.5, 0.9)}
    for hurst in (0.65, 0.75, 0.85):
        simulated[f"long memory, H {hurst}"] = random.normal(size=(n_series, n)) @ _noise_factor(n, hurst).T
    simulated["noise + H 0.85"] = random.normal(size=(n_series, n)) + 0.5 * simulated["long memory, H 0.85"]
    rows = []
    for name, method in METHODS.items():
        cells = []
        for values in simulated.values():
            widths = method(values)
            covered = np.abs(values.mean(axis=1)) <= widths
            cells.append(f"{covered.mean():.0%} ({widths.mean() / independent(values).mean():.1f})")
        rows.append([name, *cells])
    print_rows([f"interval, {n} values", *simulated], rows)


def _autoregressive(noise: Array, rho: float) -> Array:
    """Series in which each value is rho times the one before, plus noise; their variance is 1."""
    values = noise.copy()
    for t in range(1, values.shape[1]):
        values[:, t] = rho * values[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return values


def _noise_factor(n: int, hurst: float) -> Array:
    """Times white noise, it gives fractional Gaussian noise of variance 1."""
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(np.float64)
    exponent = 2 * hurst
    factor: Any = np.linalg.cholesky(((lags + 1) ** exponent + np.abs(lags - 1) ** exponent) / 2 - lags**exponent)
    return np.asarray(factor, dtype=np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="*", metavar="TEXT", default=list(TEXTS))
    options = parser.parse_args()
    print_simulated(20)
    print_simulated(100)
    bits = {name: block_bits(TEXTS[name], options.data, options.runs / name) for name in options.names}
    print_coverage(bits)
    print_deviations(bits)


if __name__ == "__main__":
    main()
