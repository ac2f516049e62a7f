"""Texts with gaps: what is known around each, one or several, in every kind of token."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import Budget, ByteConfig, FillConfig, TokenizerConfig
from seqgen.errors import ConfigError, RunError
from seqgen.run import open_model
from seqgen.sampling.filling import FillModels, GappedText, Surroundings, fill_text
from tests import tiny
from tests.backward import planted, planted_in, turned

MIDDLES = {(left, right): "xyz"[(i + j) % 3] for i, left in enumerate("abc") for j, right in enumerate("pqr")}
"""The letter between two others: neither of them alone tells which it is."""
TABLE = "".join(f"{left}{middle}{right}\n" for (left, right), middle in MIDDLES.items()) * 12
SURE = FillConfig(temperature=0, draws=30, max_length=3)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> FillModels:
    folder = tmp_path_factory.mktemp("table")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return planted(folder, TABLE, order=3)


@pytest.mark.parametrize("ends", MIDDLES, ids="".join)
def test_a_gap_that_both_sides_decide_together_is_filled_rightly(ends: tuple[str, str], table: FillModels) -> None:
    left, right = ends
    (filled,) = fill_text(table, GappedText.parse(f"{left}__{right}").fitted(table), SURE)
    assert filled.text == f"{left}{MIDDLES[ends]}{right}"


def test_a_gap_at_either_end_of_a_text_ends_with_its_document(table: FillModels) -> None:
    texts = [fill_text(table, GappedText.parse(text).fitted(table), SURE)[0].text for text in ("ax__", "__yq", "__")]
    assert texts[0] == "axp"
    assert texts[1] in TABLE.splitlines()
    assert texts[2] in TABLE.splitlines()


def test_several_gaps_agree_with_each_other(table: FillModels) -> None:
    config = FillConfig(draws=30, max_length=3, count=12, temperature=0.5)
    texts = [filled.text for filled in fill_text(table, GappedText.parse("__y__").fitted(table), config)]
    right = [text for text in texts if text in TABLE.splitlines()]
    assert len(right) >= 11
    assert len(set(right)) > 1


def test_the_same_seed_gives_the_same_texts(table: FillModels) -> None:
    gapped = GappedText.parse("a__").fitted(table)
    texts = [
        [filled.text for filled in fill_text(table, gapped, FillConfig(count=9, draws=20, temperature=2, seed=seed))]
        for seed in (0, 0, 5)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_a_gap_is_not_filled_twice_with_the_same(table: FillModels) -> None:
    gapped, config = GappedText.parse("a__").fitted(table), FillConfig(count=500, draws=10)
    texts = [filled.text for filled in fill_text(table, gapped, config)]
    assert len(set(texts)) == len(texts) < 500


def test_what_is_known_around_a_gap() -> None:
    gapped = GappedText.parse("1__2__3__4")
    assert gapped.around(0, []) == Surroundings(before="1", after="2", is_whole=False)
    assert gapped.around(1, ["A"]) == Surroundings(before="1A2", after="3", is_whole=False)
    assert gapped.around(2, ["A", "B"]) == Surroundings(before="1A2B3", after="4", is_whole=True)
    assert gapped.around(0, ["A", "B", "C"]) == Surroundings(before="1", after="2B3C4", is_whole=True)
    assert gapped.around(1, ["A", "B", "C"]) == Surroundings(before="1A2", after="3C4", is_whole=True)
    assert gapped.join(["A", "B", "C"]) == "1A2B3C4"


def test_the_mark_of_a_gap_can_be_another_one() -> None:
    assert GappedText.parse("a __ b [?] c", "[?]").parts == ("a __ b ", " c")
    with pytest.raises(ConfigError, match=r"^there is no gap in 'a b': mark each with __, or"):
        GappedText.parse("a b")
    with pytest.raises(ConfigError, match="is empty"):
        GappedText.parse("a b", "")


def test_a_length_that_no_draw_has_is_told(table: FillModels) -> None:
    with pytest.raises(RunError, match=r"^the models drew no fill of 9 characters: raise --draws"):
        fill_text(table, GappedText.parse("a__p").fitted(table), FillConfig(length=9, draws=2))


@pytest.mark.parametrize("config", tiny.LOSSLESS.values(), ids=list(tiny.LOSSLESS))
def test_every_tokenizer_keeps_the_text_around_a_gap(config: TokenizerConfig, tmp_path: Path) -> None:
    text = "the cat sat on the mat. Zoë had a café.\n" * 60
    model = open_model(tiny.trained(tmp_path / "run", text=text, tokenizer=config, budget=Budget(steps=30)))
    models = FillModels(model, turned(model))
    for gapped in ("the cat __ on the mat.", "Zoë h__d a café."):
        filled = fill_text(models, GappedText.parse(gapped).fitted(models), FillConfig(draws=12, count=2))
        before, after = gapped.split("__")
        for each in filled:
            assert each.text.startswith(before)
            assert each.text.endswith(after)
            assert each.text == before + each.fills[0].text + after
            assert "\ufffd" not in each.text


def test_the_last_character_of_a_fill_has_all_its_bytes(tmp_path: Path) -> None:
    """A draw must not end between the bytes of the last character that there is room for."""
    text = "ab漢d\n" * 60
    saved = open_model(
        tiny.trained(tmp_path / "planted", text=text, documents="line", tokenizer=ByteConfig(), budget=Budget(steps=1))
    )
    models = planted_in(saved, text, order=6)
    (filled,) = fill_text(models, GappedText.parse("ab__d").fitted(models), FillConfig(length=1, temperature=0))
    assert filled.text == "ab漢d"
