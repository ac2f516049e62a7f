"""Where the nats go: units that sum to the whole, and the tokens with the highest loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.config import ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import HighestLosses, Unit, UnitLoss, UnitLosses, restore_decoder, score_text
from seqgen.run import open_model
from tests import tiny


@pytest.mark.parametrize("unit", ["token", "line", "document"])
@pytest.mark.parametrize(
    "tokenizer", [CharConfig(), ByteConfig(), WordConfig(), SentencePieceConfig()], ids=lambda config: config.name
)
def test_units_together_are_the_text_and_its_nats(unit: Unit, tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, documents="line"))
    text = tiny.TEXT[:400]
    encoded = encode_text([model.tokenizer.mark(text)], model.tokenizer)
    losses: list[UnitLoss] = []
    observer = UnitLosses(model.tokenizer, unit, write=losses.append)
    score = score_text(restore_decoder(model), encoded, tokenizer=model.tokenizer, observers=[observer])
    observer.finish()
    assert "".join(loss.text for loss in losses) == text
    assert sum(loss.nats for loss in losses) == pytest.approx(score.nats, rel=1e-9)
    assert sum(loss.tokens for loss in losses) == score.n_tokens
    assert [loss.number for loss in losses] == list(range(1, len(losses) + 1))
    if unit == "token":
        assert all(loss.tokens == 1 for loss in losses)
    else:
        assert all(loss.text.endswith("\n") for loss in losses[:-1])
        assert [loss.text for loss in losses] == text.splitlines(keepends=True)


def test_the_tokens_with_the_highest_loss_come_with_the_text_around_them(run_folder: Path) -> None:
    model = open_model(run_folder)
    ids = encode_text([tiny.TEXT[:500]], model.tokenizer).ids
    nats = np.random.default_rng(0).random(len(ids))
    observer = HighestLosses(12)
    for first in range(0, len(ids), 70):
        observer.take(ids[first : first + 70], nats[first : first + 70])
    losses = observer.tokens(model.tokenizer, ids, n_around=10)
    assert [loss.number for loss in losses] == np.argsort(-nats)[:12].tolist()
    for loss in losses:
        assert loss.nats == nats[loss.number]
        start = max(0, loss.number - 10)
        assert loss.before + loss.token + loss.after == tiny.TEXT[: len(ids)][start : loss.number + 11]
