"""Gives the sentencepiece library thousands of damaged models, and counts whether its C++ ends the process.

    python benchmarks/sentencepiece_damage.py --count 15000              # as seqgen opens them
    python benchmarks/sentencepiece_damage.py --count 15000 --unchecked  # the library alone, without seqgen's check

One model of each algorithm is trained first. Half of the copies have damaged bytes. The other half is built by protobuf
with wrong values: types, texts and scores of pieces, compiled rules, the algorithm. Each copy that is accepted encodes
a text, and every token of its vocabulary is decoded. A process does this until it dies, and another one goes on behind
that copy.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from damage import change_bytes
from sentencepiece import sentencepiece_model_pb2

from seqgen.config import SentencePieceConfig
from seqgen.tokenizers import train_tokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer

PROTOBUF: Any = sentencepiece_model_pb2
"""Its classes are made when it is imported."""
STORIES = Path(__file__).resolve().parent.parent / "corpora" / "stories.txt"
PROBE = "Mina sat by the river. É ▁x\n 日本 \0 \x1b " + "a" * 3000
TEXTS = ["", "▁", "a", "a" * 100_000, "\0", "<0x41>", "<0xZZ>", "<unk>", "é" * 50, "\ufffd"]
SCORES = [float("nan"), float("inf"), -float("inf"), 1e38, -1e38, 0.0]
SECONDS = 1.0
STATE = {"separator": ""}


def change_values(model: bytes, draw: random.Random) -> bytes:
    """The model with wrong values in the right form."""
    changed = PROTOBUF.ModelProto.FromString(model)
    for _ in range(draw.choice([1, 1, 2, 6])):
        piece = draw.choice(changed.pieces)
        kind = draw.choice(["type", "text", "score", "drop", "algorithm", "rules", "spaces", "bytes"])
        if kind == "type":
            piece.type = draw.randint(1, 6)
        elif kind == "text":
            piece.piece = draw.choice(TEXTS)
        elif kind == "score":
            piece.score = draw.choice(SCORES)
        elif kind == "drop":
            del changed.pieces[draw.randrange(len(changed.pieces))]
        elif kind == "algorithm":
            changed.trainer_spec.model_type = draw.randint(1, 4)
        elif kind == "bytes":
            changed.trainer_spec.byte_fallback = draw.random() < 0.5
        else:
            change_rules(changed, draw, of_spaces=kind == "spaces")
    return bytes(changed.SerializeToString())


def change_rules(model: Any, draw: random.Random, *, of_spaces: bool) -> None:
    """Other rules for spaces, or a table of compiled rules that leads nowhere."""
    if of_spaces:
        model.normalizer_spec.add_dummy_prefix = draw.random() < 0.5
        model.normalizer_spec.remove_extra_whitespaces = draw.random() < 0.5
        model.trainer_spec.treat_whitespace_as_suffix = draw.random() < 0.5
        return
    size = draw.choice([0, 4, 16, 256, 1024])
    table = size.to_bytes(4, "little") + draw.randbytes(draw.choice([4, 256, 1024, 2000]))
    draw.choice([model.normalizer_spec, model.denormalizer_spec]).precompiled_charsmap = table


def outcome_of(model: bytes, *, unchecked: bool) -> str:
    """What came of opening and using a model."""
    started = time.process_time()
    try:
        tokenizer = SentencePieceTokenizer(model) if unchecked else SentencePieceTokenizer.restore(STATE, model)
        ids = tokenizer.encode(PROBE).ids.tolist()
        for token in range(tokenizer.vocab_size):
            tokenizer.token_bytes(token, 0)
        outcome = "accepted" if all(0 <= token < tokenizer.vocab_size for token in ids) else "wrong id"
    except (ValueError, RuntimeError):
        outcome = "refused"
    return "hang" if time.process_time() - started > SECONDS else outcome


def examine(models: list[bytes], numbers: range, *, unchecked: bool, results: Path) -> None:
    """Use damaged copies one after another, and write down what came of each."""
    with results.open("a", buffering=1, encoding="utf-8") as out:
        for number in numbers:
            draw = random.Random(number)
            try:
                damaged = (change_bytes if number % 2 else change_values)(draw.choice(models), draw)
            except (ValueError, IndexError):  # protobuf holds no such value, or there is no piece left
                continue
            out.write(json.dumps([number, "death"]) + "\n")
            out.write(json.dumps([number, outcome_of(damaged, unchecked=unchecked)]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=15_000)
    parser.add_argument("--unchecked", action="store_true", help="give the library every copy")
    arguments = parser.parse_args()
    text = STORIES.read_text(encoding="utf-8")[:20_000]
    configs = [SentencePieceConfig(sentencepiece_model=name, vocab_size=330) for name in ("bpe", "unigram")]
    models = [train_tokenizer(config, [text], n_bytes=len(text)).bulk() for config in configs]
    context, numbers = multiprocessing.get_context("spawn"), range(arguments.count)
    with tempfile.TemporaryDirectory() as name:
        results = Path(name) / "results"
        results.touch()
        while numbers:
            settings = {"unchecked": arguments.unchecked, "results": results}
            process = context.Process(target=examine, args=(models, numbers), kwargs=settings)
            process.start()
            process.join()
            done = dict(map(json.loads, results.read_text(encoding="utf-8").splitlines()))
            numbers = range(max(done, default=numbers[0]) + 1, numbers.stop) if process.exitcode else range(0)
    print(", ".join(f"{n:,} {outcome}" for outcome, n in Counter(done.values()).most_common()))


if __name__ == "__main__":
    main()
