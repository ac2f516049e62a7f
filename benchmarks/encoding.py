"""Measures every tokenizer on a text: its speed, its tokens per character, and whether decoding restores the text.

    python benchmarks/encoding.py TEXT [--folder FOLDER]

With `--folder`, every tokenizer also encodes and decodes each .txt file in that folder, which must not change the text.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from seqgen.config import (
    TOKENIZER_CONFIGS,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
)
from seqgen.tokenizers import Tokenizer, train_tokenizer

CHUNK = 1 << 20
"""Characters that are encoded at a time, as when a text is read from disk."""
LEAST_BYTES = 50_000_000
"""The fastest tokenizer repeats the text up to this size, so that its time can be measured."""


def chunks_of(text: str, *, times: int = 1) -> Iterator[str]:
    """The text in chunks, repeated `times` times."""
    for _ in range(times):
        for start in range(0, len(text), CHUNK):
            yield text[start : start + CHUNK]


def train(config: TokenizerConfig, text: str) -> Tokenizer:
    """A tokenizer whose vocabulary comes from this text."""
    return train_tokenizer(config, chunks_of(text), n_bytes=len(text.encode()))


def measure(config: TokenizerConfig, text: str) -> str:
    """One row of the table: train a tokenizer on the text, then time how it encodes the text as a stream."""
    tokenizer = train(config, text)
    tokenizer.encode(text[:100])  # the first call builds the tables, which must not be timed
    n_bytes = len(text.encode())
    times = -(-LEAST_BYTES // n_bytes) if isinstance(config, CharConfig) else 1
    started = time.perf_counter()
    n_tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_stream(chunks_of(text, times=times)))
    seconds = time.perf_counter() - started
    is_restored = tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text
    per_character = n_tokens / times / len(text)
    speed = n_bytes * times / seconds / 1e6
    cells = [
        tokenizer.kind,
        f"{tokenizer.vocab_size:,}",
        f"{per_character:.3f}",
        f"{speed:,.0f}",
        "yes" if is_restored else "NO",
    ]
    return f"| {' | '.join(cells)} |"


def check_folder(folder: Path, configs: list[TokenizerConfig]) -> None:
    """Encode and decode every file of a folder with every tokenizer, and print how many texts are restored."""
    files = sorted(folder.rglob("*.txt"))
    for config in configs:
        n_restored = 0
        for file in files:
            text = file.read_bytes().decode()
            tokenizer = train(config, text)
            n_restored += tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text
        print(f"{config}: {n_restored} of {len(files)} files decode to the same text", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    configs: list[TokenizerConfig] = [config() for config in TOKENIZER_CONFIGS.values()]
    configs.append(SentencePieceConfig(sentencepiece_model="unigram"))
    text = options.text.read_bytes().decode()
    print("| tokenizer | vocabulary | tokens/character | MB/s | decodes to the same text |")
    print("| --- | ---: | ---: | ---: | --- |")
    for config in configs:
        print(measure(config, text), flush=True)
    if options.folder:
        check_folder(options.folder, configs)


if __name__ == "__main__":
    main()
