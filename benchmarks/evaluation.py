"""Two checks of the evaluation: the n-gram model against a published result, and the cost of finding copies.

    python benchmarks/evaluation.py ngram TRAIN TEST
    python benchmarks/evaluation.py copies TEXT [--times 100]

`ngram` prints the perplexity of Kneser-Ney models of order 2 to 10 on the words of a test file. On the words of the
Penn Treebank, order 5 should come close to the published 141.2. `copies` makes a large text of a small one, and prints
how much time and memory it takes to look for copies in it.
"""

from __future__ import annotations

import argparse
import math
import resource
import time
from pathlib import Path

import numpy as np

from seqgen.evaluation import CopyIndex, NgramModel


def compare_orders(train: Path, test: Path) -> None:
    """Print the perplexity of each order. Tokens are the words between white space, and one for the end of a line."""
    train_words, test_words = (
        path.read_text(encoding="utf-8").replace("\n", " <eos> ").split() for path in (train, test)
    )
    ids = {word: number for number, word in enumerate(dict.fromkeys(train_words), start=1)}
    train_ids, test_ids = (np.array([ids[word] for word in words]) for words in (train_words, test_words))
    print("| order | perplexity |\n| ---: | ---: |")
    for order in range(2, 11):
        nats = NgramModel(train_ids, order=order, vocab_size=len(ids)).nats(test_ids).mean()
        print(f"| {order} | {math.exp(nats):.2f} |", flush=True)


def look_up(path: Path, times: int) -> None:
    """Look up the last tenth of a text in the rest of it. Both are repeated, with a few letters changed each time."""
    text = path.read_text(encoding="utf-8")
    cut = len(text) * 9 // 10
    train, held_out = (
        "".join(part.replace("e", chr(97 + number % 26), number * 37 % 5000) for number in range(times))
        for part in (text[:cut], text[cut:])
    )
    started = time.perf_counter()
    index = CopyIndex(train)
    built_s = time.perf_counter() - started
    started = time.perf_counter()
    index.novelty(held_out)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # kilobytes on Linux
    print(
        f"{len(train):,} characters indexed in {built_s:.1f} s; {len(held_out):,} looked up in "
        f"{time.perf_counter() - started:.1f} s; peak memory {peak_mb:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ngram", "copies"))
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    if options.what == "ngram":
        compare_orders(options.texts[0], options.texts[1])
    else:
        look_up(options.texts[0], options.times)


if __name__ == "__main__":
    main()
