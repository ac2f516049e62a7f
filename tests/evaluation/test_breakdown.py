"""Where the nats go: units that sum to the whole, and the highest_loss places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import By, HighestLoss, Units, restore_decoder, score_text
from seqgen.run import open_model
from tests import tiny


@pytest.mark.parametrize("by", ["token", "line", "document"])
@pytest.mark.parametrize(
    "tokenizer", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()], ids=lambda config: config.name
)
def test_units_together_are_the_text_and_its_nats(by: By, tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, documents="line"))
    text = tiny.TEXT[:400]
    encoded = encode_text([model.tokenizer.mark(text)], model.tokenizer)
    found: list[dict[str, Any]] = []
    units = Units(model.tokenizer, by, found.append)
    score = score_text(restore_decoder(model), model.tokenizer, encoded, observers=[units])
    units.finish()
    assert "".join(unit["text"] for unit in found) == text
    assert sum(unit["nats"] for unit in found) == pytest.approx(score.nats, rel=1e-9)
    assert sum(unit["tokens"] for unit in found) == score.tokens
    assert [unit["number"] for unit in found] == list(range(1, len(found) + 1))
    if by == "token":
        assert all(unit["tokens"] == 1 for unit in found)
    else:
        assert all(unit["text"].endswith("\n") for unit in found[:-1])
        assert [unit["text"] for unit in found] == text.splitlines(keepends=True)


def test_the_costliest_places_are_the_highest_nats_with_what_stands_around_them(run_folder: Path) -> None:
    model = open_model(run_folder)
    ids = encode_text([tiny.TEXT[:500]], model.tokenizer).ids
    nats = np.random.default_rng(0).random(len(ids))
    highest_loss = HighestLoss(12)
    for first in range(0, len(ids), 70):
        highest_loss.take(ids[first : first + 70], nats[first : first + 70])
    places = highest_loss.places(model.tokenizer, ids, n_around=10)
    assert [place.number for place in places] == np.argsort(-nats)[:12].tolist()
    for place in places:
        assert place.nats == nats[place.number]
        start = max(0, place.number - 10)
        assert place.before + place.token + place.after == tiny.TEXT[: len(ids)][start : place.number + 11]
