"""Trains on public texts, each with the options of its protocol, and scores the runs beside a 5-gram and xz.

    python benchmarks/protocols.py DATA [NAME...] [--seed N] [--set FIELD=VALUE]... [--keep FOLDER]

DATA holds tinyshakespeare/input.txt, ptb/, ptb_char/, abc/irish/, names/by_language/ and unicode/zh/. Without a NAME,
the protocols are listed. "network alone" is the loss without the n-gram expert. `--keep` keeps the texts and the runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqgen.corpus import encode_part, reopen_part
from seqgen.evaluation import Context, NgramModel, compress_text, read_whole, restore_decoder, score_text
from seqgen.run import SavedModel, open_model
from seqgen.training.planning.recipes import RECIPES

_COLD = Context.parse("cold:256")
_HEADER = (
    "| protocol | model | steps | tokens/s | time | nats/token | network alone | cold 256 | bits/char | perplexity "
    "| 5-gram | xz bits |"
)


@dataclass(frozen=True)
class Protocol:
    """A text, the options it is trained with, and the part that is scored."""

    text: str
    """A path in the data folder. If it is a folder, its files are joined into one text."""
    options: Sequence[str]
    part: str = "valid"
    others: dict[str, str] = field(default_factory=dict)
    """Option -> path of a validation or test file."""
    thin: bool = False
    """Whether the files have a space after every symbol, which is removed."""


_SHAKESPEARE = "tinyshakespeare/input.txt"
_PTB = {"--valid": "ptb/ptb.valid.txt", "--test": "ptb/ptb.test.txt"}
_PTB_CHAR = {"--valid": "ptb_char/ptb.char.valid.txt", "--test": "ptb_char/ptb.char.test.txt"}
_WORDS = ["--tokenizer", "word", "--word-split", "whitespace", "--minutes", "15"]

PROTOCOLS: dict[str, Protocol] = {
    **{cell: Protocol(_SHAKESPEARE, ["--cell", cell, "--minutes", "1.8"]) for cell in RECIPES},
    "lstm-10": Protocol(_SHAKESPEARE, ["--cell", "lstm", "--minutes", "10"]),
    "ptb-char": Protocol("ptb_char/ptb.char.train.txt", ["--minutes", "15"], "test", _PTB_CHAR, thin=True),
    "ptb-words": Protocol("ptb/ptb.train.txt", _WORDS, "test", _PTB),
    "irish": Protocol("abc/irish", ["--minutes", "2"]),
    "chinese": Protocol("unicode/zh", ["--minutes", "5"]),
    "names": Protocol("names/by_language", ["--documents", "line", "--minutes", "1"]),
}


def seqgen(*arguments: str) -> str:
    """Run one command; returns its standard output."""
    command = [sys.executable, "-m", "seqgen", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def gather(source: Path, target: Path, *, thin: bool) -> str:
    """Copy a file, or all files of a folder in the order of their names, into one file; returns its path."""
    paths = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    target.write_text(text[0::2] if thin else text, encoding="utf-8")
    return str(target)


def measure(name: str, data: Path, folder: Path, *, more: Sequence[str]) -> str:
    """Train and score one protocol; returns its row of the table."""
    protocol = PROTOCOLS[name]
    text = gather(data / protocol.text, folder / "text.txt", thin=protocol.thin)
    options = [*protocol.options, *more]
    for option, path in protocol.others.items():
        options += [option, gather(data / path, folder / f"{option}.txt", thin=protocol.thin)]
    run = str(folder / "run")
    seqgen("train", text, *options, "--out", run)
    (score,) = json.loads(seqgen("eval", run, "--part", protocol.part, "--json"))
    (alone,) = json.loads(seqgen("eval", run, "--part", protocol.part, "--no-expert", "--json"))
    model = open_model(run)
    return row(name, model, score, alone=alone, baselines=describe_baselines(model, protocol.part))


def row(name: str, model: SavedModel, score: dict[str, Any], *, alone: dict[str, Any], baselines: list[str]) -> str:
    """One row of the table."""
    record = model.record
    history = model.history()
    steps, elapsed_s = history.steps, history.reports[-1].elapsed_s
    shape = f"{record.model.cell} {record.model.n_layer}x{record.model.d_model}, {model.n_parameters / 1e6:.2f}M"
    speed = sum(step.n_tokens for step in steps) / elapsed_s
    bits = score["bits_per_character"]
    cells = [
        name,
        shape,
        f"{len(steps):,}",
        f"{speed:,.0f}",
        f"{elapsed_s:.1f} s",
        f"{score['nats_per_token']:.4f}",
        f"{alone['nats_per_token']:.4f}",
        f"{cold_nats(model, score['part']):.4f}",
        "-" if bits is None else f"{bits:.4f}",
        f"{score['perplexity']:.2f}",
        *baselines,
    ]
    return f"| {' | '.join(cells)} |"


def part_ids(model: SavedModel, part: Any) -> Any:
    """Token ids of a part of the run's corpus."""
    return encode_part(reopen_part(model.record.corpus, part), model.tokenizer).ids


def cold_nats(model: SavedModel, part: Any) -> float:
    """Nats per token in windows of 256, each read from an empty state."""
    text = encode_part(reopen_part(model.record.corpus, part), model.tokenizer)
    return score_text(restore_decoder(model), text, tokenizer=model.tokenizer, mode=_COLD).nats_per_token


def describe_baselines(model: SavedModel, part: Any) -> list[str]:
    """Nats per token of a Kneser-Ney 5-gram model, and bits per character of xz after the training part."""
    train, scored = part_ids(model, "train"), part_ids(model, part)
    ngram = NgramModel(train, order=5, vocab_size=model.tokenizer.vocab_size).nats(scored).mean()
    before, text = (read_whole(reopen_part(model.record.corpus, name), model.tokenizer) for name in ("train", part))
    compressed = dict(compress_text(text, after=before))["xz -9e"].after
    return [f"{ngram:.4f}", f"{compressed.bits_per_character:.4f}"]


@contextlib.contextmanager
def kept_folder(parent: Path | None, name: str) -> Iterator[Path]:
    """A new folder in `parent`; without a parent, one that is removed afterwards."""
    if parent is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder = parent / name
    folder.mkdir(parents=True)
    yield folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="of every training run")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the texts and the runs there")
    options = parser.parse_args()
    if not options.names:
        print(
            "\n".join(f"{name}: {protocol.text} {' '.join(protocol.options)}" for name, protocol in PROTOCOLS.items())
        )
        return
    more = ["--seed", options.seed, *(word for setting in options.set for word in ("--set", setting))]
    print(_HEADER)
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in options.names:
        with kept_folder(options.keep, name) as folder:
            print(measure(name, options.data, folder, more=more), flush=True)


if __name__ == "__main__":
    main()
