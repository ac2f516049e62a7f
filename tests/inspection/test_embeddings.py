"""The vectors of tokens: neighbours, classes that stand together, and a plane."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.evaluation import TextSelection
from seqgen.inspection.embeddings import class_of, measure_embeddings, neighbours_of_same_class, shares_by_class
from seqgen.inspection.projections import Projection, principal_plane, project
from seqgen.models import build_model
from seqgen.run import open_model
from tests import tiny
from tests.tiny import MODEL_CONFIGS, V


def test_the_vectors_of_tokens_are_what_the_first_layer_reads_of_each() -> None:
    """Reading one token with all other weights at zero shows its vector; over one-hot vectors, its input weights."""
    for name, config in MODEL_CONFIGS.items():
        vectors = build_model(config).token_vectors()
        assert vectors.shape[0] == V, name
    model = build_model(MODEL_CONFIGS["rnn-one-hot"]).eval()
    with torch.no_grad():
        output = model.trace(torch.tensor([[4]])).layers[0, 0, 0]
    torch.testing.assert_close(output, model.token_vectors()[4].tanh())


def test_planted_classes_stand_together_and_shuffled_ones_do_not(run_folder: Path, tmp_path: Path) -> None:
    saved = open_model(run_folder)
    (tmp_path / "text.txt").write_text(tiny.TEXT, encoding="utf-8")
    selection = TextSelection.of([str(tmp_path / "text.txt")])
    kinds = ["vowel", "consonant", "capital", "digit", "punctuation", "blank"]
    planted, rng = saved.weights["embedding.weight"].copy(), np.random.default_rng(0)
    for token in range(1, len(planted)):
        kind = class_of(saved.tokenizer.token_bytes(token, 0).decode())
        planted[token] = rng.normal(size=planted.shape[1]) * 0.1
        planted[token, kinds.index(kind)] += 3
    found = measure_embeddings(replace(saved, weights={**saved.weights, "embedding.weight": planted}), selection)
    assert found.same_class == 1 and found.p <= 0.001 and found.chance < 0.5
    assert found.shown_variance is not None and 0.2 < found.shown_variance < 1
    n_found = 0
    for _ in range(20):
        noise = {**saved.weights, "embedding.weight": rng.normal(size=planted.shape).astype(np.float32)}
        n_found += measure_embeddings(replace(saved, weights=noise), selection).p <= 0.05
    assert n_found <= 3


def test_random_classes_are_significant_as_often_as_stated() -> None:
    """Of 100 random tables about five are below 5 %."""
    rng, classes = np.random.default_rng(0), tuple("aabbbbcccccc" * 2)
    p = [neighbours_of_same_class(rng.normal(size=(24, 24)), classes)[2] for _ in range(100)]
    assert sum(value <= 0.05 for value in p) <= 10


def test_the_plane_is_that_of_the_two_largest_singular_values() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 5)) * [5, 3, 0.1, 0.1, 0.1]
    vectors -= vectors.mean(axis=0)
    points, share = principal_plane(vectors)
    assert share > 0.99
    distances = np.linalg.norm(vectors[:, None] - vectors, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(points[:, None] - points, axis=-1), distances, atol=0.6)


def test_the_shares_of_the_classes_make_up_that_of_all() -> None:
    """Planted: a and b stand together, the c stand beside others."""
    similarities = np.kron(np.eye(3), np.ones((4, 4))).astype(np.float64)
    similarities[8:] = 0
    similarities[8:, 0] = 1
    classes = ("a",) * 4 + ("b",) * 4 + ("c",) * 4
    shares = shares_by_class(similarities, classes)
    assert [(of.name, of.n_tokens, of.share) for of in shares] == [("a", 4, 1), ("b", 4, 1), ("c", 4, 0)]
    assert {of.chance for of in shares} == {3 / 11}
    share, chance, _ = neighbours_of_same_class(similarities, classes)
    assert share == 2 / 3 and chance == pytest.approx(3 / 11, abs=0.03)


@pytest.mark.parametrize(("projection", "library"), [("tsne", "sklearn.manifold"), ("umap", "umap")])
def test_a_map_whose_library_is_missing_is_refused_in_one_line(
    projection: Projection, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=rf"^--map {projection} needs .*: install .*pip install [^\n]*$"):
        project(np.eye(5), projection)


def test_umap_is_given_as_many_neighbours_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    class Umap:
        def __init__(self, **options: object) -> None:
            given.update(options)

        def fit_transform(self, vectors: NDArray[np.float64]) -> NDArray[np.float32]:
            return vectors[:, :2].astype(np.float32)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Umap))
    points, share = project(np.eye(5), "umap")
    assert points.shape == (5, 2) and share is None
    assert (given["n_neighbors"], given["metric"], given["random_state"]) == (4, "cosine", 0)


def test_only_tokens_that_the_text_has_five_times_are_shown(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a" * 60 + "b" * 50 + "cccc" + " " * 5, encoding="utf-8")
    report = measure_embeddings(open_model(run_folder), TextSelection.of([str(tmp_path / "text.txt")]))
    assert report.tokens == ("a", "b", " ") and report.classes == ("vowel", "consonant", "blank")
    (tmp_path / "few.txt").write_text("ab" * 60, encoding="utf-8")
    with pytest.raises(ConfigError, match="fewer than three different tokens"):
        measure_embeddings(open_model(run_folder), TextSelection.of([str(tmp_path / "few.txt")]))
