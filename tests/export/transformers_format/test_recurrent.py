"""A recurrent model in transformers: the code that comes with it computes what seqgen computes."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqgen.config import RecurrentConfig
from seqgen.run import SavedModel
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

CONFIGS = {name: config for name, config in MODEL_CONFIGS.items() if isinstance(config, RecurrentConfig)}
every_config = pytest.mark.parametrize("name", CONFIGS)
MOST_LINES, MOST_COLUMNS = 150, 120


@pytest.fixture
def saved(name: str, run_folder: Path) -> SavedModel:
    """A network with relu instead of tanh grows without bound unless its weights are small."""
    config = CONFIGS[name]
    return random_model(run_folder, config, size=0.1 if getattr(config, "nonlinearity", "") == "relu" else 0.4)


@pytest.fixture
def folder(saved: SavedModel, tmp_path: Path) -> Path:
    return exported(saved, tmp_path / "out")


@pytest.fixture
def model(folder: Path) -> Any:
    return opened(folder)


@every_config
def test_logits_are_those_of_seqgen(saved: SavedModel, model: Any) -> None:
    ids = random_ids(400)
    np.testing.assert_allclose(logits_of(model, ids), stepped(saved, ids), rtol=0, atol=1e-4)


@every_config
def test_reading_on_from_a_state_gives_the_same_logits(saved: SavedModel, model: Any) -> None:
    ids = random_ids(100)
    np.testing.assert_allclose(read_step_by_step(model, ids), stepped(saved, ids), rtol=0, atol=1e-4)


@every_config
@pytest.mark.parametrize("use_cache", [True, False])
def test_the_likeliest_text_is_that_of_seqgen(saved: SavedModel, model: Any, use_cache: bool) -> None:
    prompt, n_new = random_ids(5), 200 if use_cache else 30
    ids = torch.from_numpy(prompt)[None]
    written = model.generate(ids, do_sample=False, max_new_tokens=n_new, use_cache=use_cache)
    assert written[0].tolist() == greedy(saved, prompt, n_new=n_new)


@every_config
def test_padding_before_a_prompt_changes_nothing(saved: SavedModel, model: Any) -> None:
    prompts = [random_ids(7), random_ids(3, seed=1)]
    ids = torch.tensor([[0] * (7 - len(prompt)) + prompt.tolist() for prompt in prompts])
    mask = torch.tensor([[0] * (7 - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    written = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=40)
    for row, prompt in zip(written.tolist(), prompts, strict=True):
        assert row[7:] == greedy(saved, prompt, n_new=40)[len(prompt) :]


@every_config
def test_beams_take_their_states_with_them(saved: SavedModel, model: Any) -> None:
    ids = torch.from_numpy(random_ids(5))[None]
    beams = {"num_beams": 4, "do_sample": False, "max_new_tokens": 20}
    with_states, without = (model.generate(ids, use_cache=use_cache, **beams) for use_cache in (True, False))
    assert with_states.tolist() == without.tolist()


@pytest.mark.parametrize("name", ["lstm-ngrams"])
def test_samples_are_drawn_side_by_side(saved: SavedModel, model: Any) -> None:
    torch.manual_seed(0)
    ids = torch.from_numpy(random_ids(5))[None]
    written = model.generate(ids, max_new_tokens=20, num_return_sequences=3)
    assert len({tuple(row) for row in written.tolist()}) == 3


@pytest.mark.parametrize("name", ["gru", "lstm-tied", "lstm-ngrams"])
def test_its_loss_is_the_mean_over_the_ids_that_follow_and_has_gradients(saved: SavedModel, model: Any) -> None:
    ids = random_ids(50)
    batch = torch.from_numpy(ids)[None]
    loss = model(batch, labels=batch).loss
    expected = F.cross_entropy(torch.from_numpy(stepped(saved, ids)[:-1]), batch[0, 1:])
    assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("name", ["gru", "lstm-tied", "lstm-ngrams"])
def test_what_transformers_saves_opens_again(saved: SavedModel, model: Any, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path / "again")
    ids = random_ids(50)
    found = logits_of(opened(tmp_path / "again"), ids)
    np.testing.assert_allclose(found, stepped(saved, ids), rtol=0, atol=1e-4)


@every_config
def test_its_code_is_short_and_needs_torch_and_transformers_alone(folder: Path) -> None:
    code = (folder / "modeling_seqgen.py").read_text(encoding="utf-8")
    lines = code.splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= MOST_COLUMNS
    nodes = list(ast.walk(ast.parse(code)))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {module.split(".")[0] for module in modules} == {"dataclasses", "torch", "transformers"}
