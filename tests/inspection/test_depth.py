"""Depth: widths that make the numbers of parameters equal, and models that are trained alike."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from seqgen.config import Cell, CharConfig, CorpusConfig, FieldValue, WhitespaceConfig
from seqgen.errors import ConfigError, CorpusError
from seqgen.inspection.depth import DepthConfig, DepthResult, depth_request, measure_depth
from seqgen.inspection.equal_sizes import equal_widths, size_spread
from tests import tiny

SMALL: dict[str, FieldValue] = {"n_streams": 4, "window": 16}


@pytest.fixture
def story(tmp_path: Path) -> CorpusConfig:
    path = tmp_path / "story.txt"
    path.write_text(tiny.TEXT, encoding="utf-8")
    return CorpusConfig(paths=(str(path),))


def learned(corpus: CorpusConfig, config: DepthConfig, **settings: FieldValue) -> list[DepthResult]:
    request = depth_request(corpus, config, tokenizer=CharConfig(), settings={**SMALL, **settings})
    return list(measure_depth(request, config))


@pytest.mark.parametrize("cell", get_args(Cell))
def test_models_of_all_depths_have_the_same_number_of_parameters_within_1_per_cent(
    cell: Cell, story: CorpusConfig
) -> None:
    results = learned(story, DepthConfig(cell=cell, n_parameters=200_000, n_steps=1))
    sizes = [result.n_parameters for result in results]
    assert [result.n_layer for result in results] == [1, 2, 4]
    assert size_spread(sizes) <= 0.01
    assert all(size == pytest.approx(200_000, rel=0.2) for size in sizes)
    assert results[0].d_model > results[1].d_model > results[2].d_model


def test_widths_are_solved_for_whatever_counts() -> None:
    def count(n_layer: int, width: int) -> int:
        return 500 + 90 * width + 8 * n_layer * width**2

    widths = equal_widths(count, [4, 1, 3], wanted=60_000)
    assert list(widths) == [4, 1, 3]
    assert size_spread([count(*shape) for shape in widths.items()]) <= 0.01
    assert count(4, widths[4]) == pytest.approx(60_000, rel=0.1)


def test_models_too_small_for_equal_numbers_are_refused() -> None:
    with pytest.raises(ConfigError, match="params is 90: no widths give 1, 5 layers as many parameters within 1 %"):
        equal_widths(lambda n_layer, width: 97 * n_layer + 50 * width**3, [1, 5], wanted=90)


def test_the_same_seed_gives_the_same_result_and_every_seed_its_own(story: CorpusConfig) -> None:
    config = DepthConfig(layers=(1, 2), n_parameters=20_000, n_steps=3, n_seeds=2, seed=4)
    first, second = learned(story, config), learned(story, config)
    assert first == second
    for result in first:
        assert len(set(result.bits)) == len(set(result.train_bits)) == 2
        assert result.deviation > 0
    (alone,) = learned(story, DepthConfig(layers=(2,), n_parameters=first[1].n_parameters, n_steps=3, seed=5))
    assert alone.bits[0] == first[1].bits[1]


def test_training_lowers_the_loss(story: CorpusConfig) -> None:
    short, long = (
        learned(story, DepthConfig(layers=(2,), n_parameters=20_000, n_steps=n_steps))[0] for n_steps in (1, 60)
    )
    assert long.mean_bits < short.mean_bits - 0.5


def test_what_is_compared_cannot_be_set(story: CorpusConfig) -> None:
    for field in ("n_layer", "d_model"):
        with pytest.raises(ConfigError, match=f"^{field} is what is compared: leave it out of --set"):
            learned(story, DepthConfig(), **{field: 2})


def test_bits_per_character_need_a_validation_part_and_a_lossless_tokenizer(
    story: CorpusConfig, tmp_path: Path
) -> None:
    config = DepthConfig(n_steps=1)
    no_part = CorpusConfig(paths=story.paths, valid_fraction=0.0)
    with pytest.raises(CorpusError, match="there is nothing to validate on in characters"):
        learned(no_part, config)
    spaced = tmp_path / "spaced.txt"
    spaced.write_text("one  two three\n" * 400, encoding="utf-8")
    request = depth_request(CorpusConfig(paths=(str(spaced),)), config, tokenizer=WhitespaceConfig(), settings={})
    with pytest.raises(CorpusError, match="there is nothing to validate on in characters"):
        list(measure_depth(request, config))


@pytest.mark.parametrize("layers", [(), (0, 1), (2, 2)])
def test_layers_are_numbers_above_0_each_once(layers: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match=r"layers is .*: it must be numbers from 1 to 64, each once, such as 1,2,4"):
        DepthConfig(layers=layers)
