"""Scores of a model that reads backward: those of the text turned round by hand, in the order of the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from seqgen.api import LanguageModel
from seqgen.config import Budget, Part
from seqgen.corpus import reopen_part
from seqgen.evaluation import Context, FromEnd, TextSelection, compare, readings, restore_decoder
from seqgen.evaluation.breakdown import HighestLosses
from seqgen.evaluation.learned_expert import weigh_expert
from seqgen.run import SavedModel, open_model
from tests import tiny
from tests.backward import turned

TEXT = tiny.TEXT[:1200]


@pytest.fixture
def forward(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


@pytest.mark.parametrize("mode", [Context(), Context.parse("cold:7"), Context.parse("sliding:9/4")], ids=str)
def test_every_context_reads_from_the_end(mode: Context, forward: SavedModel) -> None:
    ids, decoder = forward.tokenizer.encode(TEXT).ids, restore_decoder(forward)
    (backward,) = FromEnd(mode).nats(decoder, ids)
    by_hand = np.concatenate(list(mode.nats(decoder, ids[::-1])))
    assert backward.tolist() == by_hand[::-1].tolist()


def test_the_score_is_that_of_the_reversed_text(forward: SavedModel) -> None:
    score = LanguageModel(turned(forward)).score(TEXT)
    by_hand = LanguageModel(forward).score(TEXT[::-1])
    assert score.nats == pytest.approx(by_hand.nats, rel=1e-12)
    assert score.nats != pytest.approx(LanguageModel(forward).score(TEXT).nats, rel=1e-6)
    assert (score.n_tokens, score.n_bytes, score.n_words) == (len(TEXT), len(TEXT.encode()), len(TEXT.split()))


def test_a_palindrome_has_the_same_score_in_both_directions(forward: SavedModel) -> None:
    text = TEXT + TEXT[::-1]
    assert LanguageModel(turned(forward)).score(text).nats == LanguageModel(forward).score(text).nats


def test_losses_stand_where_the_text_has_them(forward: SavedModel, tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text(TEXT, encoding="utf-8")
    (reading,) = readings(turned(forward), TextSelection.of([str(path)]))
    losses = HighestLosses(1)
    reading.score([losses])
    (highest,) = losses.tokens(forward.tokenizer, reading.encoded)
    decoder, ids = restore_decoder(forward), reading.encoded.ids
    by_hand = np.concatenate(list(Context().nats(decoder, ids[::-1])))[::-1]
    assert highest.number == int(by_hand.argmax())


def test_a_model_is_compared_with_itself_from_the_other_end(forward: SavedModel) -> None:
    text = tiny.READABLE[:12_000]
    first, second = (LanguageModel(model).score_in_blocks(text) for model in (forward, turned(forward)))
    difference = compare(first, second, names=("forward", "backward"))
    assert difference is not None
    assert first.blocks.nats.sum() == pytest.approx(first.score.nats)


def test_an_expert_counts_what_the_model_reads(tmp_path: Path) -> None:
    text = tiny.STORIES.read_text(encoding="utf-8")[:20_000]
    model = turned(open_model(tiny.trained(tmp_path / "run", text=text, budget=Budget(steps=1))))
    parts = {name: reopen_part(model.record.corpus, name) for name in get_args(Part)[:2]}
    found = weigh_expert(model, parts)
    assert found is not None
    (before, _), *_ = LanguageModel(replace(model, expert=found[0])).next_odds("he ")
    assert before == "t"
