"""The nats of targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.corpus import EncodedPairs, Pair, read_pairs, reopen_part
from seqgen.evaluation.pair_runs.loss import score_targets
from seqgen.run import SavedModel, open_model
from seqgen.sampling.sources import source_reader
from seqgen.training import prepared
from tests import tiny_pairs
from tests.sampling.pair_models import KINDS, encode_target, torch_log_probability

PAIRS = [Pair("abc", "cba"), Pair("", "d"), Pair("d", ""), Pair("abcdabcd", "a"), Pair("a", "dcbadcba")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_costs_the_same_alone_and_among_others(texts: dict[str, SavedModel], kind: str) -> None:
    together = score_targets(texts[kind], PAIRS).nats
    alone = [score_targets(texts[kind], [pair]).nats[0] for pair in PAIRS]
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_nats_are_those_of_the_tokens_and_of_the_end(texts: dict[str, SavedModel], kind: str) -> None:
    loss = score_targets(texts[kind], PAIRS)
    expected = [
        -torch_log_probability(texts[kind], pair.source, encode_target(texts[kind], pair.target)) for pair in PAIRS
    ]
    np.testing.assert_allclose(loss.nats, expected, atol=1e-4)
    assert (loss.n_tokens, loss.n_characters) == (13 + 5, 13)


def test_the_loss_of_the_validation_part_is_that_of_training(trained: SavedModel) -> None:
    loss = score_targets(trained, read_pairs(reopen_part(trained.record.corpus, "valid")))
    progress = trained.record.progress
    assert loss.nats_per_token == pytest.approx(progress.valid_nats_per_token)
    assert loss.bits_per_character == pytest.approx(progress.valid_bits_per_character)


@pytest.mark.parametrize("kind", KINDS)
def test_training_validates_on_the_ids_that_scores_and_predictions_read(tmp_path: Path, kind: str) -> None:
    unknown = [Pair("Ábc", "cb"), Pair("a漢b", "ba"), Pair("DCBA", "abcd")]
    (tmp_path / "valid.tsv").write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in unknown))
    folder = tiny_pairs.trained(tmp_path / "run", valid_paths=(str(tmp_path / "valid.tsv"),), **KINDS[kind])
    model = open_model(folder)
    pairs = read_pairs(reopen_part(model.record.corpus, "valid"))
    assert sorted(pairs) == sorted(unknown)
    assert score_targets(model, pairs).nats_per_token == pytest.approx(model.record.progress.valid_nats_per_token)
    encoded = prepared.reopen(model).parts["valid"]
    assert isinstance(encoded, EncodedPairs)
    for number, ids in enumerate(source_reader(model).read([pair.source for pair in pairs])):
        assert encoded.source(number).tolist() == ids.tolist()


def test_a_character_that_the_vocabulary_lacks_is_charged_for(texts: dict[str, SavedModel]) -> None:
    known, unknown = (score_targets(texts["gru"], [Pair("abc", target)]) for target in ("cb", "cbж"))
    assert unknown.total > known.total + 10
    assert (unknown.n_tokens, unknown.n_characters) == (4, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_sources_are_read_as_predictions_read_them(texts: dict[str, SavedModel], kind: str) -> None:
    loss = score_targets(texts[kind], [Pair("Ábc", "cb"), Pair("abc", "cb"), Pair("漢bc", "cb")])
    assert loss.nats[0] == pytest.approx(loss.nats[1], abs=1e-5)
    assert loss.nats[2] != pytest.approx(loss.nats[1], abs=1e-3)


def test_empty_targets_have_no_bits_per_character(texts: dict[str, SavedModel]) -> None:
    loss = score_targets(texts["gru"], [Pair("abc", "")])
    assert loss.bits_per_character is None
    assert loss.nats_per_target == pytest.approx(loss.total)
