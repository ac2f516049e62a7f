"""Texts written, opened and read back in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqgen.config import CorpusConfig, Part
from seqgen.corpus import Corpus, CorpusPart, open_corpus

PARTS: tuple[Part, ...] = ("train", "valid", "test")


def write(path: Path, text: str) -> str:
    path.write_bytes(text.encode())
    return str(path)


def open_text(folder: Path, text: str, **options: Any) -> Corpus:
    return open_corpus(CorpusConfig(paths=(write(folder / "text", text),), **options))


def text_of(part: CorpusPart) -> str:
    return "".join(part.chunks())


def texts_of(corpus: Corpus) -> dict[Part, str]:
    return {name: text_of(part) for name, part in corpus.parts.items()}
