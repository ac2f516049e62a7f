"""What an n-gram expert brings a run, by the length of its n-grams: nats per token on the second half of validation.

    python benchmarks/expert.py RUN...

The weight is found on the first half, so the gain is not chosen on what it is measured on. "MB" is what the expert adds
to the model file.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation import Context, NgramModel, restore_decoder
from seqgen.evaluation.learned_expert import best_weight
from seqgen.inference import NgramExpert
from seqgen.run import SavedModel, open_model
from seqgen.run.stored_expert import pack_expert
from seqgen.training.data import reopen_corpus

_ORDERS = range(2, 9)


def rows(saved: SavedModel) -> list[str]:
    """The rows of one run."""
    parts = reopen_corpus(saved.record.corpus, saved.tokenizer).parts
    train, valid = np.asarray(parts["train"].ids), np.asarray(parts["valid"].ids)
    decoder = restore_decoder(replace(saved, expert=None))
    network = np.exp(-np.concatenate(list(Context().nats(decoder, valid))))
    return [
        row(saved, NgramModel(train, order=order, vocab_size=saved.tokenizer.vocab_size), valid=valid, network=network)
        for order in _ORDERS
    ]


def row(saved: SavedModel, ngram: NgramModel, *, valid: NDArray[Any], network: NDArray[np.float64]) -> str:
    """One length of n-grams."""
    half = len(valid) // 2
    counted = np.exp(-ngram.nats(valid))
    weight = best_weight(counted[:half], network[:half])
    mixed = weight * counted[half:] + (1 - weight) * network[half:]
    alone, together, of_counts = (-np.log(p).mean() for p in (network[half:], mixed, counted[half:]))
    tables = ngram.tables()
    _, packed = pack_expert(NgramExpert(tables, vocab_size=saved.tokenizer.vocab_size, weight=weight))
    n_ngrams = sum(len(table.ids) for table in tables)
    cells = [saved.name, str(len(tables)), f"{of_counts:.4f}", f"{alone:.4f}", f"{together:.4f}", f"{weight:.2f}"]
    return f"| {' | '.join([*cells, f'{n_ngrams:,}', f'{packed.nbytes / 1e6:.1f}'])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    print("| run | n-grams of up to | n-grams alone | network alone | both | weight | n-grams | MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in parser.parse_args().runs:
        for line in rows(open_model(run)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
