"""Encodes a text with every tokenizer and prints MB/s, tokens per character, and whether it comes back.

    python benchmarks/encoding.py TEXT [--folder FOLDER]

With `--folder`, every text file below it is taken through every tokenizer as well, and must come back.
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
LEAST_BYTES = 50_000_000


def chunks_of(text: str, *, times: int = 1) -> Iterator[str]:
    for _ in range(times):
        for start in range(0, len(text), CHUNK):
            yield text[start : start + CHUNK]


def train(config: TokenizerConfig, text: str) -> Tokenizer:
    return train_tokenizer(config, chunks_of(text), n_bytes=len(text.encode()))


def measure(config: TokenizerConfig, text: str) -> str:
    """One row: a vocabulary from the text, and the text encoded as a stream."""
    tokenizer = train(config, text)
    tokenizer.encode(text[:100])  # builds its tables
    n_bytes = len(text.encode())
    times = -(-LEAST_BYTES // n_bytes) if isinstance(config, CharConfig) else 1
    started = time.perf_counter()
    n_tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_stream(chunks_of(text, times=times)))
    seconds = time.perf_counter() - started
    back = tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text
    per_character = n_tokens / times / len(text)
    speed = n_bytes * times / seconds / 1e6
    cells = [
        tokenizer.kind,
        f"{tokenizer.vocab_size:,}",
        f"{per_character:.3f}",
        f"{speed:,.0f}",
        "yes" if back else "NO",
    ]
    return f"| {' | '.join(cells)} |"


def check_folder(folder: Path, configs: list[TokenizerConfig]) -> None:
    """Every file of a folder through every tokenizer and back."""
    files = sorted(folder.rglob("*.txt"))
    for config in configs:
        same = 0
        for file in files:
            text = file.read_bytes().decode()
            tokenizer = train(config, text)
            same += tokenizer.decode(tokenizer.encode(text).ids.tolist()) == text
        print(f"{config}: {same} of {len(files)} files come back unchanged", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    configs: list[TokenizerConfig] = [config() for config in TOKENIZER_CONFIGS.values()]
    configs.append(SentencePieceConfig(sentencepiece_model="unigram"))
    text = options.text.read_bytes().decode()
    print("| tokenizer | vocabulary | tokens/character | MB/s | comes back |\n| --- | ---: | ---: | ---: | --- |")
    for config in configs:
        print(measure(config, text), flush=True)
    if options.folder:
        check_folder(options.folder, configs)


if __name__ == "__main__":
    main()
