"""A Transformer in transformers: Qwen3 computes what seqgen computes, within its memory and beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seqgen.config import TransformerConfig
from tests.export.transformers_format.exported import (
    exported,
    greedy,
    logits_of,
    opened,
    random_ids,
    random_model,
    read_step_by_step,
    stepped,
)
from tests.tiny import MODEL_CONFIGS

CONFIG = MODEL_CONFIGS["transformer"]
assert isinstance(CONFIG, TransformerConfig)
VARIANTS: dict[str, TransformerConfig] = {
    "memory-9": CONFIG,
    "memory-128": replace(CONFIG, memory=128),
    "memory-beyond-the-text": replace(CONFIG, memory=500),
    "heads-wider-than-the-model": replace(CONFIG, n_head=3, d_head=10),
    "tied": replace(CONFIG, tie_weights=True),
    "memory-1": replace(CONFIG, memory=1),
    "other-constants": replace(CONFIG, rope_base=500.0, norm_epsilon=1e-3),
    "ngrams": replace(CONFIG, ngram_order=4, ngram_rows=50, ngram_width=3),
}
every_variant = pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())


@every_variant
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_logits_are_those_of_seqgen(
    config: TransformerConfig, attention: str, run_folder: Path, tmp_path: Path
) -> None:
    saved, ids = random_model(run_folder, config), random_ids(400)
    model = opened(exported(saved, tmp_path / "out"), attn_implementation=attention)
    np.testing.assert_allclose(logits_of(model, ids), stepped(saved, ids), rtol=0, atol=1e-4)


@every_variant
def test_reading_on_with_the_cache_gives_the_same_logits(
    config: TransformerConfig, run_folder: Path, tmp_path: Path
) -> None:
    """One id at a time. A window of 1 needs no cache, and the one of transformers would be wrong there."""
    if config.memory == 1:
        pytest.skip("its configuration turns the cache off")
    saved, ids = random_model(run_folder, config), random_ids(200)
    model = opened(exported(saved, tmp_path / "out"))
    np.testing.assert_allclose(read_step_by_step(model, ids), stepped(saved, ids), rtol=0, atol=1e-4)


@every_variant
def test_the_likeliest_text_is_that_of_seqgen(config: TransformerConfig, run_folder: Path, tmp_path: Path) -> None:
    saved = random_model(run_folder, config)
    model = opened(exported(saved, tmp_path / "out"))
    prompt = random_ids(5)
    written = model.generate(torch.from_numpy(prompt)[None], do_sample=False, max_new_tokens=200)
    assert written[0].tolist() == greedy(saved, prompt, n_new=200)


def test_a_text_may_begin_beyond_the_greatest_length_in_the_configuration(run_folder: Path, tmp_path: Path) -> None:
    """Only distances count. transformers computes angles in float32, so they are less exact far from the beginning."""
    saved, ids = random_model(run_folder, CONFIG), random_ids(100)
    model = opened(exported(saved, tmp_path / "out"))
    for first, most in ((40_000, 1e-3), (200_000, 1e-2)):
        position_ids = torch.arange(first, first + len(ids))[None]
        found = logits_of(model, ids, position_ids=position_ids)
        np.testing.assert_allclose(found, stepped(saved, ids), rtol=0, atol=most)


def test_it_is_plain_qwen3_without_ngrams_alone(run_folder: Path, tmp_path: Path) -> None:
    for name, is_plain in (("memory-9", True), ("ngrams", False)):
        folder = exported(random_model(run_folder, VARIANTS[name]), tmp_path / name)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        assert (config["model_type"] == "qwen3") is is_plain
        assert (folder / "modeling_seqgen.py").exists() is not is_plain


def test_ngrams_refuse_to_read_on_without_the_ids_before(run_folder: Path, tmp_path: Path) -> None:
    model = opened(exported(random_model(run_folder, VARIANTS["ngrams"]), tmp_path / "out"))
    ids = torch.from_numpy(random_ids(6))[None]
    cache = model(ids[:, :4]).cache
    with pytest.raises(ValueError, match="past_ids holds 0 ids, but the cache has read 4"):
        model(ids[:, 4:], cache=cache)
