"""Where the nats go: units that sum to the whole, and the tokens with the highest loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.config import ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.corpus import encode_text
from seqgen.evaluation import HighestLosses, Unit, UnitLoss, UnitLosses, restore_decoder, score_text
from seqgen.evaluation.symbols import Symbols
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
    encoded = encode_text([tiny.TEXT[:500]], model.tokenizer)
    ids = encoded.ids
    nats = np.random.default_rng(0).random(len(ids))
    observer = HighestLosses(12)
    for first in range(0, len(ids), 70):
        observer.take(ids[first : first + 70], nats[first : first + 70])
    losses = observer.tokens(model.tokenizer, encoded, n_around=10)
    assert [loss.number for loss in losses] == np.argsort(-nats)[:12].tolist()
    for loss in losses:
        assert loss.nats == nats[loss.number]
        start = max(0, loss.number - 10)
        assert loss.before + loss.token + loss.after == tiny.TEXT[: len(ids)][start : loss.number + 11]


@pytest.mark.parametrize("tokenizer", [CharConfig(), WordConfig()], ids=lambda config: config.name)
@pytest.mark.parametrize("unit", ["token", "line"])
def test_oov_characters_stand_in_their_places_with_their_charge(
    unit: Unit, tokenizer: TokenizerConfig, tmp_path: Path
) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer))
    text = f"é{tiny.TEXT[:40]}éé{tiny.TEXT[40:90]}\n漢\n{tiny.TEXT[90:120]}漢"
    encoded = encode_text([text], model.tokenizer)
    losses: list[UnitLoss] = []
    observer = UnitLosses(model.tokenizer, unit, write=losses.append)
    score = score_text(restore_decoder(model), encoded, tokenizer=model.tokenizer, observers=[observer])
    observer.finish()
    assert "".join(loss.text for loss in losses) == text
    assert sum(loss.nats for loss in losses) == pytest.approx(score.nats, rel=1e-9)
    assert sum(loss.tokens for loss in losses) == score.n_charged
    if unit == "token":
        assert len({loss.nats for loss in losses if loss.text in "é漢"}) == 1
        assert sum(loss.text in "é漢" for loss in losses) == score.n_oov == 5


def test_oov_characters_are_among_the_highest_losses_and_around_them(run_folder: Path) -> None:
    tokenizer = open_model(run_folder).tokenizer
    known = tiny.TEXT[:200]
    text = f"漢{known[:100]}é漢{known[100:]}é"
    encoded = encode_text([text], tokenizer)
    symbols = Symbols(encoded, tokenizer)
    observer = HighestLosses(4)
    for first in range(0, len(encoded.ids), 64):
        observer.take(*symbols.charged(np.zeros(len(encoded.ids[first : first + 64])), first=first))
    losses = observer.tokens(tokenizer, encoded, n_around=5)
    assert [(loss.number, loss.token) for loss in losses] == [(0, "漢"), (101, "é"), (102, "漢"), (203, "é")]
    for loss in losses:
        start = max(0, loss.number - 5)
        assert loss.before + loss.token + loss.after == text[start : loss.number + 6]
