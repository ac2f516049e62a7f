"""The n-gram on words beside the published figure; time and memory to find copies of a large text.

python benchmarks/evaluation.py ngram TRAIN TEST
python benchmarks/evaluation.py copies TEXT [--times 100]
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
    """Words between white space, and the end of each line one more."""
    known, scored = (path.read_text(encoding="utf-8").replace("\n", " <eos> ").split() for path in (train, test))
    ids = {word: number for number, word in enumerate(dict.fromkeys(known), start=1)}
    known_ids, scored_ids = (np.array([ids[word] for word in words]) for words in (known, scored))
    print("| order | perplexity |\n| ---: | ---: |")
    for order in range(2, 8):
        nats = NgramModel(known_ids, order=order, vocab_size=len(ids)).nats(scored_ids).mean()
        print(f"| {order} | {math.exp(nats):.2f} |", flush=True)


def look_up(path: Path, times: int) -> None:
    """The last tenth of a text in the rest, both as often as said, a letter changed here and there each time."""
    text = path.read_text(encoding="utf-8")
    cut = len(text) * 9 // 10
    known, held_out = (
        "".join(part.replace("e", chr(97 + number % 26), number * 37 % 5000) for number in range(times))
        for part in (text[:cut], text[cut:])
    )
    started = time.perf_counter()
    training = CopyIndex(known)
    built_s = time.perf_counter() - started
    started = time.perf_counter()
    training.novelty(held_out)
    most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # kilobytes on Linux
    print(
        f"{len(known):,} characters indexed in {built_s:.1f} s; {len(held_out):,} compared with them in "
        f"{time.perf_counter() - started:.1f} s; {most_mb:,.0f} MB at most"
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
