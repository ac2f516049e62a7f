"""How much of a text occurs in the training text: exact for short texts, and estimated for long ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus, overlap
from seqgen.corpus.overlap import PASSAGE_LENGTH, PassageIndex, describe_overlap
from seqgen.tokenizers import MARK
from tests.corpus.parts import write

LETTERS = random.Random(0)


def passages_of(text: str) -> list[str]:
    """Every passage, found the slow way."""
    found = []
    for document in text.split(MARK):
        if 0 < len(document) < PASSAGE_LENGTH:
            found.append(document)
        found += [document[start : start + PASSAGE_LENGTH] for start in range(len(document) - PASSAGE_LENGTH + 1)]
    return found


def letters(n: int, alphabet: str = "abc") -> str:
    return "".join(LETTERS.choices(alphabet, k=n))


def in_pieces(text: str) -> list[str]:
    cuts = sorted(LETTERS.choices(range(len(text) + 1), k=4))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@pytest.mark.parametrize("block", [1, 49, 50, 51, 1000])
@pytest.mark.parametrize("documents", ["ab", "a" * 30 + MARK])
def test_the_share_is_that_of_all_passages(block: int, documents: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_BLOCK", block)
    for _ in range(4):
        text, shared = letters(400, documents), letters(150, documents)
        train = letters(100, documents) + shared + letters(100, documents)
        known, asked = set(passages_of(train)), passages_of(text + shared)
        expected = sum(passage in known for passage in asked) / len(asked)
        assert PassageIndex.of_text(in_pieces(train)).share_of(in_pieces(text + shared)) == pytest.approx(expected)


def test_short_documents_are_passages() -> None:
    index = PassageIndex.of_text(MARK.join(["Ann", "Bo", "Cy", ""]))
    assert index.share_of(MARK.join(["Bo", "Dee", ""])) == 0.5
    assert index.share_of(["Bo"]) == 1
    assert index.share_of(["B"]) == index.share_of(["Bo\0"]) == index.share_of(["BoCy"]) == 0


def test_a_document_one_character_short_of_a_passage_is_one_after_a_mark_too() -> None:
    document = "a" * (PASSAGE_LENGTH - 1)
    assert PassageIndex.of_text([MARK + document]).share_of([document]) == 1


def test_the_largest_hash_of_a_full_index_is_looked_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_MOST_KEPT", 1)
    assert PassageIndex.of_text(["Ann"]).share_of(["Ann"]) == 1


def test_a_text_that_repeats_itself_is_not_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_MOST_KEPT", 500)
    text, other = letters(300), letters(300)
    known, asked = set(passages_of(text)), passages_of(text + other)
    share = PassageIndex.of_text([(text + MARK) * 9]).share_of([text + other])
    assert share == pytest.approx(sum(passage in known for passage in asked) / len(asked))


def test_short_documents_are_a_fair_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_MOST_KEPT", 200)
    signs = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]
    index = PassageIndex.of_text([MARK.join(signs)])
    half_known = [*signs[1000:], *(sign * 2 for sign in signs[1000:])]
    assert index.share_of([MARK.join(half_known)]) == pytest.approx(0.5, abs=0.1)


def test_a_long_text_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "_MOST_KEPT", 500)
    train, other = letters(20_000), letters(5_000)
    index = PassageIndex.of_text(in_pieces(train))
    assert len(index._hashes) == 500
    assert index.share_of([train]) == 1
    assert index.share_of([other]) == 0
    assert index.share_of([train[:5_000] + other]) == pytest.approx(0.5, abs=0.15)


def test_a_text_without_passages_shares_nothing() -> None:
    assert PassageIndex.of_text(["a" * 60]).share_of([]) == 0
    assert PassageIndex.of_text([]).share_of(["a" * 60]) == 0


def test_the_index_is_kept_and_made_again_if_it_is_damaged(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = open_corpus(CorpusConfig(paths=(write(tmp_path / "text", letters(500)),))).parts["train"]
    text = "".join(train.chunks())
    assert PassageIndex.of_part(train).share_of([text]) == 1
    (path,) = (own_cache / "passages").iterdir()
    path.write_bytes(path.read_bytes()[:200])
    assert PassageIndex.of_part(train).share_of([text]) == 1
    assert PassageIndex.of_part(train).share_of([text.upper()]) == 0
    monkeypatch.setattr(PassageIndex, "of_text", lambda _: pytest.fail("the kept index is not read"))
    assert PassageIndex.of_part(train).share_of([text]) == 1


def test_each_part_has_an_index_of_its_own(tmp_path: Path) -> None:
    parts = open_corpus(CorpusConfig(paths=(write(tmp_path / "text", letters(2000)),))).parts
    texts = ["".join(parts[name].chunks()) for name in ("train", "valid")]
    assert [PassageIndex.of_part(parts["train"]).share_of([text]) for text in texts] == [1, 0]
    assert [PassageIndex.of_part(parts["valid"]).share_of([text]) for text in texts] == [0, 1]


def test_a_share_of_one_percent_is_not_worth_a_warning() -> None:
    assert describe_overlap(0.01, "a") is None
    assert str(describe_overlap(0.0123, "a")).startswith("1.2% of the passages of 50 characters in a also")
