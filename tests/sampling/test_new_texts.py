"""New documents only: none of the text that the model was trained on, and none twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seqgen.config import Budget, SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError, CorpusError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt, write_texts
from seqgen.sampling.new_texts import MOST_TRIES
from tests import tiny

NAMES = [first + second for first in ("ba", "be", "bi", "bo") for second in ("na", "ne", "ni", "no", "n")]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model that has learned names so well that it writes few others."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("names")
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        text = "".join(f"{name}\n" for name in NAMES)
        settings = {"n_streams": 1, "learning_rate": 0.02}
        run = tiny.trained(
            folder / "run", text=text * 3, documents="line", budget=Budget(steps=60), settings=dict(settings)
        )
    return open_model(run)


def written(model: SavedModel, prompt: str = "", **options: object) -> list[str]:
    config = {name: options.pop(name) for name in ("temperature", "seed", "until_end_of_text") if name in options}
    texts = write_texts(
        model,
        fit_prompt(prompt, model.tokenizer),
        config=SamplingConfig(**config),  # type: ignore[arg-type]
        request=SamplingRequest(**{"length": 12, **options}),  # type: ignore[arg-type]
    )
    return [text.text for text in texts]


def test_no_text_is_a_document_of_the_text_and_none_comes_twice(names: SavedModel) -> None:
    found = written(names, count=30, new=True, temperature=1.0)
    assert len(found) == len(set(found)) == 30
    assert not set(found) & {*NAMES, ""}
    assert len(set(written(names, count=30, temperature=1.0, until_end_of_text=True)) & set(NAMES)) >= 2


def test_they_are_the_new_ones_among_all_texts_in_their_order(names: SavedModel) -> None:
    """So the same seed writes the same, however many are asked for."""
    everything = written(names, count=40, temperature=1.0, until_end_of_text=True)
    new = list(dict.fromkeys(text for text in everything if text and text not in NAMES))
    assert len(new) > 4
    for count in (1, 4):
        assert written(names, count=count, new=True, temperature=1.0) == new[:count]


def test_the_prompt_belongs_to_the_document(names: SavedModel) -> None:
    for prompt in ("ba", "bena\nba"):
        found = written(names, prompt, count=5, new=True, temperature=1.5)
        assert len(found) == 5
        assert not {"ba" + text for text in found} & set(NAMES)


def test_the_least_surprising_of_several_may_be_new(names: SavedModel) -> None:
    found = written(names, count=3, best_of=2, new=True, temperature=1.5)
    assert len(set(found)) == 3
    assert not set(found) & set(NAMES)


def test_the_search_ends_if_nothing_new_comes(names: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """At temperature 0 every text is the same."""
    monkeypatch.setattr("seqgen.sampling.new_texts.MOST_TRIES", 20)
    assert len(written(names, count=5, new=True, temperature=0.0)) <= 1
    assert MOST_TRIES > 20


def test_texts_are_numbered(names: SavedModel) -> None:
    later = written(names, count=2, first=3, until_end_of_text=True)
    assert later == written(names, count=5, until_end_of_text=True)[3:]


def test_a_model_of_one_text_has_no_documents(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match="--new needs a model trained with --documents"):
        written(open_model(run_folder), new=True)


def test_the_text_must_be_there(names: SavedModel, tmp_path: Path) -> None:
    shutil.copy(names.path, tmp_path / "model.safetensors")
    names.path.parent.with_suffix(".txt").rename(tmp_path / "elsewhere")
    try:
        with pytest.raises(CorpusError, match="does not exist"):
            written(open_model(tmp_path / "model.safetensors"), new=True)
    finally:
        (tmp_path / "elsewhere").rename(names.path.parent.with_suffix(".txt"))
