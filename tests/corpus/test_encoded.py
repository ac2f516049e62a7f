"""Ids on disk: the same as in memory, counted, and never those of another text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import (
    ByteConfig,
    CharConfig,
    CorpusConfig,
    Documents,
    ReadingConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.corpus import CorpusPart, EncodedText, ExternalText, encode_part, encode_text, open_corpus
from seqgen.corpus.documents import Division
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError, TokenizerError
from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer, train_tokenizer
from tests.tiny import TEXT

CONFIGS: tuple[TokenizerConfig, ...] = (
    CharConfig(),
    ByteConfig(),
    WordConfig(),
    WhitespaceConfig(),
    SentencePieceConfig(),
)
BLANK_LINE = "\n\n"


def open_part(path: Path, text: str = TEXT, *, documents: bool = False, seed: int = 0) -> CorpusPart:
    path.write_bytes(text.encode())
    kind: Documents | None = "blank-line" if documents else None
    config = CorpusConfig(paths=(str(path),), valid_fraction=0.0, documents=kind, split_seed=seed)
    return open_corpus(config).parts["train"]


def make(config: TokenizerConfig, *texts: str, separator: str = "") -> Tokenizer:
    return train_tokenizer(config, texts, n_bytes=sum(map(len, texts)), separator=separator)


def facts(text: EncodedText) -> tuple[int, int, int, bool]:
    return text.n_characters, text.n_bytes, text.n_oov, text.is_lossless


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "encoded").rglob("*") if path.is_file()]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
@pytest.mark.parametrize("documents", [False, True], ids=["whole", "documents"])
def test_ids_on_disk_are_those_of_the_text_and_mapped_into_memory(
    tmp_path: Path, config: TokenizerConfig, documents: bool
) -> None:
    part = open_part(tmp_path / "text", documents=documents)
    tokenizer = make(config, *part.chunks(), separator=part.separator)
    text = "".join(part.chunks())
    encoded = encode_part(part, tokenizer)
    assert encoded.ids.tolist() == tokenizer.encode(text).ids.tolist()
    assert isinstance(encoded.ids, np.memmap)
    in_memory = encode_text(part.chunks(), tokenizer)
    assert in_memory.ids.tolist() == encoded.ids.tolist()
    assert facts(in_memory) == facts(encoded)
    assert (END_OF_TEXT in encoded.ids) == documents


def test_the_places_of_oov_characters_are_the_same_in_memory_and_on_disk(tmp_path: Path) -> None:
    part, tokenizer = open_part(tmp_path / "text", "aéba!"), make(CharConfig(), "ab")
    for encoded in (encode_part(part, tokenizer), encode_text(part.chunks(), tokenizer)):
        assert encoded.oov_places.tolist() == [(1, ord("é")), (3, ord("!"))]


@pytest.mark.parametrize(
    "chunks", [["on", "e two"], ["one", " two"], ["one ", "two"], ["", " one\t", "", "tw", "o", "\n"], list("one two")]
)
def test_words_are_counted_once_however_the_text_is_cut(chunks: list[str]) -> None:
    assert encode_text(chunks, make(ByteConfig())).n_words == 2


def test_a_part_is_encoded_once(tmp_path: Path, own_cache: Path) -> None:
    part, tokenizer = open_part(tmp_path / "text"), make(CharConfig(), TEXT)
    encode_part(part, tokenizer)
    before = {path: path.stat().st_mtime_ns for path in kept(own_cache)}
    encode_part(open_part(tmp_path / "text"), make(CharConfig(), TEXT))
    assert before == {path: path.stat().st_mtime_ns for path in kept(own_cache)} != {}


def test_a_changed_file_is_never_served_stale(tmp_path: Path) -> None:
    tokenizer, path = make(CharConfig(), TEXT), tmp_path / "text"
    first = encode_part(open_part(path), tokenizer).ids.tolist()
    times = path.stat()
    changed = open_part(path, TEXT[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert encode_part(changed, tokenizer).ids.tolist() == first[::-1]


def test_each_tokenizer_split_and_order_has_ids_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "text"
    parts = [open_part(path), *(open_part(path, documents=True, seed=seed) for seed in (0, 1))]
    for part in parts:
        for tokenizer in (make(CharConfig(), TEXT), make(CharConfig(), TEXT + "ÿ"), make(ByteConfig())):
            assert encode_part(part, tokenizer).ids.tolist() == tokenizer.encode("".join(part.chunks())).ids.tolist()


def test_counts_are_those_of_the_text_with_its_separators_and_oov_characters(tmp_path: Path) -> None:
    part = open_part(tmp_path / "text", "aé\n\nbx\n\n", documents=True)
    encoded = encode_part(part, make(CharConfig(), "abé", separator=part.separator))
    assert facts(encoded) == (8, 9, 1, True)
    assert len(encoded.ids) == 5


@pytest.mark.parametrize(("text", "is_lossless"), [("a b\nc a\n", True), ("a b\nc  a\n", False), ("a b \nc", False)])
def test_the_closed_vocabulary_is_lossless_for_a_text_in_normal_form_only(text: str, is_lossless: bool) -> None:
    tokenizer = make(WhitespaceConfig(), "a b c")
    assert encode_text([text], tokenizer).is_lossless == is_lossless


def test_a_text_of_oov_characters_only_has_no_ids(tmp_path: Path) -> None:
    encoded = encode_part(open_part(tmp_path / "text", "éé"), make(CharConfig(), "abc"))
    assert len(encoded.ids) == 0
    assert facts(encoded) == (2, 4, 2, True)


def test_a_vocabulary_beyond_sixteen_bits_keeps_its_ids(tmp_path: Path) -> None:
    text = "".join(map(chr, range(0x10000, 0x10000 + 70_000)))
    encoded = encode_part(open_part(tmp_path / "text", text), make(CharConfig(), text))
    assert encoded.ids.tolist() == list(range(1, 70_001))


def test_a_whole_text_is_marked_by_its_separator(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"one\n\ntwo\n")
    tokenizer = make(CharConfig(), "one two\n", separator=BLANK_LINE)
    division = Division(documents="blank-line", separator=BLANK_LINE)
    text = ExternalText(text=store_text([str(tmp_path / "text")]), division=division)
    encoded = encode_part(text, tokenizer)
    assert encoded.ids.tolist() == tokenizer.encode(f"one{MARK}two\n").ids.tolist()
    assert facts(encoded) == (9, 9, 0, True)


def test_a_whole_text_of_separate_files_is_marked_after_each(tmp_path: Path) -> None:
    for name, text in (("a", "one"), ("b", "two")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    tokenizer = make(CharConfig(), "onetw")
    stored = store_text([str(tmp_path)], ReadingConfig(joins_files=False))
    encoded = encode_part(ExternalText(text=stored, division=Division(documents="file")), tokenizer)
    assert encoded.ids.tolist() == tokenizer.encode(f"one{MARK}two{MARK}").ids.tolist()


@pytest.mark.parametrize("suffix", [".ids", ".json", ".oov"])
def test_a_damaged_cache_is_made_again(suffix: str, tmp_path: Path, own_cache: Path) -> None:
    part = open_part(tmp_path / "text", "one two three éé")
    tokenizer = make(CharConfig(), "one two three")
    before = encode_part(part, tokenizer).ids.tolist()
    for path in (own_cache / "encoded").glob(f"*{suffix}"):
        path.write_bytes(path.read_bytes()[:4])
    assert encode_part(part, tokenizer).ids.tolist() == before


@pytest.mark.parametrize(
    "change",
    [
        {"n_words": None},
        {"colour": "red"},
        {"n_characters": "13"},
        {"is_lossless": 1},
        {"dtype": "int16"},
        {"oov": []},
        {"oov": {"é": 1}},
        {"oov": {"é": "1"}},
    ],
    ids=str,
)
def test_facts_of_another_version_are_made_again(change: dict[str, object], tmp_path: Path, own_cache: Path) -> None:
    """A key that is missing (None here) or unknown, or a value of another type."""
    part = open_part(tmp_path / "text", "one two three")
    tokenizer = make(CharConfig(), "one two three")
    before = encode_part(part, tokenizer)
    (path,) = (own_cache / "encoded").glob("*.json")
    kept_facts = path.read_bytes()
    changed = {**json.loads(kept_facts), **change}
    path.write_text(json.dumps({name: value for name, value in changed.items() if value is not None}), encoding="utf-8")
    again = encode_part(part, tokenizer)
    assert again.ids.tolist() == before.ids.tolist()
    assert facts(again) == facts(before)
    assert path.read_bytes() == kept_facts


@pytest.mark.parametrize("text", ["[]", "7", "null", '"text"', "{}"])
def test_facts_that_are_something_else_are_made_again(text: str, tmp_path: Path, own_cache: Path) -> None:
    part = open_part(tmp_path / "text", "one two three")
    tokenizer = make(CharConfig(), "one two three")
    before = encode_part(part, tokenizer)
    (path,) = (own_cache / "encoded").glob("*.json")
    path.write_text(text, encoding="utf-8")
    assert encode_part(part, tokenizer).ids.tolist() == before.ids.tolist()


def test_a_refused_text_leaves_nothing_in_the_cache(tmp_path: Path, own_cache: Path) -> None:
    with pytest.raises(TokenizerError, match="'c'"):
        encode_part(open_part(tmp_path / "text", "a b\nc\n"), make(WhitespaceConfig(), "a b"))
    assert kept(own_cache) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, own_cache: Path) -> None:
    part = open_part(tmp_path / "text")
    (own_cache / "encoded").touch()
    with pytest.raises(CorpusError, match="encoded"):
        encode_part(part, make(CharConfig(), TEXT))
