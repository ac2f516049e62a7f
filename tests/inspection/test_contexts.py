"""Reading with a given context: the same tokens, whatever its length, and nothing else is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from seqgen.corpus import encode_text
from seqgen.evaluation import Context, restore_decoder
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import NgramExpert
from seqgen.inspection import contexts
from seqgen.inspection.contexts import Passages, ids_before, nats_given, read_state, shuffle_words
from seqgen.models import Decoder, build_model
from seqgen.restored import MixedDecoder
from seqgen.run import open_model
from tests import tiny
from tests.tiny import MODEL_CONFIGS, V

IDS = np.random.default_rng(0).integers(1, V, 600)
PASSAGES = Passages(np.array([200, 331, 500]), 32)


def decoder_of(name: str) -> Decoder:
    torch.manual_seed(0)
    model = build_model(MODEL_CONFIGS[name]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def mixed(name: str) -> Decoder:
    tables = NgramModel(IDS, order=5, vocab_size=V).tables()
    return MixedDecoder(decoder_of(name), NgramExpert(tables, vocab_size=V, weight=0.4)).eval()


@pytest.mark.parametrize("n_given", [1, 2, 8, 64, 128])
def test_a_context_is_that_of_a_sliding_window(n_given: int) -> None:
    """`sliding:64/8` scores the last 8 of 64 tokens, and so does a context of 64: here the same windows are read."""
    model, stride = decoder_of("lstm"), max(1, n_given // 8)
    found = nats_given(model, IDS, PASSAGES, n_given=n_given)
    for start, nats in zip(PASSAGES.starts, found, strict=True):
        aligned = IDS[start % stride : start + 32]  # so that windows begin where those of the passage do
        window = np.concatenate(list(Context(n_given, stride).nats(model, aligned)))
        assert nats == pytest.approx(window[-32:].sum(), rel=1e-5)


@pytest.mark.parametrize("name", ["rnn", "gru-ngrams", "transformer"])
def test_nothing_before_the_context_is_seen(name: str) -> None:
    model, changed = decoder_of(name), IDS.copy()
    changed[: 200 - 16] = 1
    only_first = Passages(PASSAGES.starts[:1], 32)
    np.testing.assert_array_equal(
        nats_given(model, IDS, only_first, n_given=16), nats_given(model, changed, only_first, n_given=16)
    )
    assert nats_given(model, IDS, only_first, n_given=64) != nats_given(model, changed, only_first, n_given=64)


@pytest.mark.parametrize("n_given", [4, 128])
def test_how_many_windows_and_tokens_are_read_at_once_changes_nothing(
    n_given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = mixed("gru")
    before = nats_given(model, IDS, PASSAGES, n_given=n_given)
    for limit, value in (("_CHUNK", 7), ("_TOKENS_AT_ONCE", 30), ("_LOGITS_AT_ONCE", 5 * V)):
        monkeypatch.setattr(contexts, limit, value)
    np.testing.assert_allclose(nats_given(model, IDS, PASSAGES, n_given=n_given), before, rtol=1e-5)


@pytest.mark.parametrize("name", ["transformer", "transformer-ngrams"])
def test_beyond_its_reach_a_transformer_is_the_same_whatever_it_is_given(name: str) -> None:
    model = decoder_of(name)
    reach = model.reach
    assert reach is not None and reach < 32
    inputs = torch.from_numpy(IDS[None, :60])
    changed = inputs.clone()
    changed[0, 59 - reach] += 1  # the last logits see `reach` ids, so this is the first that they do not see
    assert torch.allclose(model(inputs)[0][0, -1], model(changed)[0][0, -1], atol=1e-5)
    changed[0, 60 - reach] = inputs[0, 60 - reach] % (V - 1) + 1
    assert not torch.allclose(model(inputs)[0][0, -1], model(changed)[0][0, -1], atol=1e-5)
    far = [nats_given(model, IDS, PASSAGES, n_given=n) for n in (64, 128)]
    np.testing.assert_allclose(far[0], far[1], rtol=1e-4)
    whole = np.concatenate(list(Context(64, 8).nats(model, IDS[200 - 56 - 64 : 232])))
    assert far[0][0] == pytest.approx(whole[-32:].sum(), rel=1e-4)  # though much less is read


def test_a_recurrent_model_has_no_limit_and_an_expert_is_part_of_a_limit() -> None:
    assert mixed("lstm").reach is None
    assert mixed("transformer-tied").reach == 4  # two layers that see themselves only, and 5-grams


def test_advancing_gives_the_state_that_predicting_gives() -> None:
    for model in (mixed("transformer"), decoder_of("mingru")):
        ids = torch.from_numpy(IDS[None, :20])
        for first, second in zip(model.advance(ids, None), model(ids, None)[1], strict=True):
            torch.testing.assert_close(first, second)


def test_what_is_beyond_comes_before_the_context() -> None:
    model = decoder_of("lstm")
    before = ids_before(IDS, PASSAGES, 150)
    first = Passages(PASSAGES.starts[:1], 1)  # one token, so that its context is exactly that long
    state = read_state(model, before[:1, :-9])
    whole = nats_given(model, IDS, first, n_given=9, beyond=read_state(model, before[:1, :-9]))
    assert whole == pytest.approx(nats_given(model, IDS, first, n_given=150), rel=1e-5)
    assert len(state[0]) == 1


def test_passages_are_spread_over_what_follows_the_longest_context() -> None:
    passages = Passages.of(10_000, after=4096, n_tokens=6144)
    assert passages is not None
    assert (passages.length, passages.n_tokens) == (128, 24 * 128)
    assert passages.starts[0] == 4096
    assert passages.starts[-1] + passages.length == 10_000
    assert (np.diff(passages.starts) >= passages.length).all()
    assert Passages.of(4150, after=4096, n_tokens=6144) is None


def test_shuffled_words_are_the_same_words_in_another_order(run_folder: Path) -> None:
    tokenizer = open_model(str(run_folder)).tokenizer
    words = tiny.TEXT[:500].rpartition(" ")[0] + " "
    ids = encode_text([words], tokenizer).ids.astype(np.int64)
    shuffled = shuffle_words(ids[None], tokenizer, seed=1)[0]
    assert sorted(tokenizer.decode(shuffled).split()) == sorted(tokenizer.decode(ids).split())
    assert shuffled.tolist() != ids.tolist()
    assert shuffle_words(ids[None], tokenizer, seed=1)[0].tolist() == shuffled.tolist()


def test_tokens_are_shuffled_where_there_are_no_words(run_folder: Path) -> None:
    tokenizer = open_model(str(run_folder)).tokenizer
    ids = encode_text(["abcdefgh" * 30], tokenizer).ids.astype(np.int64)
    shuffled = shuffle_words(ids[None], tokenizer, seed=1)[0]
    assert sorted(shuffled.tolist()) == sorted(ids.tolist())
    assert shuffled.tolist() != ids.tolist()


def test_a_restored_decoder_is_read_without_dropout(run_folder: Path) -> None:
    model = restore_decoder(open_model(str(run_folder)))
    ids = open_model(str(run_folder)).tokenizer.encode(tiny.TEXT).ids
    found = [nats_given(model, ids, Passages(np.array([300]), 16), n_given=8) for _ in range(2)]
    assert found[0] == found[1]
