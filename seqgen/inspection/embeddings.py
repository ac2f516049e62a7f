"""What the vectors of tokens have learned: which tokens are alike, and whether those of one class stand together.

Nobody tells a model what a vowel is. If vowels are the nearest neighbours of vowels, it has found out from the text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.evaluation import TextSelection, restore_decoder
from seqgen.inspection.projections import Projection, project
from seqgen.inspection.token_text import read_selected
from seqgen.run import SavedModel
from seqgen.tokenizers import END_OF_TEXT

_FEWEST_OCCURRENCES = 5
"""A rarer token has hardly been learned."""
MOST_TOKENS_SHOWN = 200
FEWEST_TOKENS = 100
_MOST_READ = 1 << 20
_N_SHUFFLES = 999
_VOWELS = frozenset("aeiouäöüáéíóúàèìòùâêîôû")


def class_of(text: str) -> str:
    """The class of a token: of a character, or of what a longer token begins with after its blank.

    >>> [class_of(text) for text in ("a", "b", "B", "7", " ", ",", " the", " Mina")]
    ['vowel', 'consonant', 'capital', 'digit', 'blank', 'punctuation', 'word', 'capital']
    """
    bare = text.strip()
    if not bare:
        return "blank"
    first = bare[0]
    if first.isupper():
        return "capital"
    if first.isdigit():
        return "digit"
    if not first.isalpha():
        return "punctuation"
    if len(bare) > 1:
        return "word"
    return "vowel" if first in _VOWELS else "consonant"


@dataclass(frozen=True, kw_only=True)
class ClassShare:
    """How many tokens of a class have a nearest neighbour of the same class."""

    name: str
    n_tokens: int
    share: float
    chance: float
    """The same share if classes were dealt out at random, in the mean."""

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        return {
            "class": self.name,
            "tokens": self.n_tokens,
            "nearest_neighbour_of_same_class": self.share,
            "chance": self.chance,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddingReport:
    """The vectors of the tokens that occur often enough in a text, the most frequent first.

    >>> from seqgen.run import open_model
    >>> report = measure_embeddings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> report.tokens[:2], len(report.neighbours(0, 3)), report.points.shape == (len(report.tokens), 2)
    ((' ', 'e'), 3, True)
    """

    run: str
    text_name: str
    tokens: tuple[str, ...]
    classes: tuple[str, ...]
    similarities: NDArray[np.float64]
    """The cosine between every two vectors, less their mean, (N, N)."""
    points: NDArray[np.float64]
    """Each vector on a plane, (N, 2)."""
    projection: Projection
    shown_variance: float | None
    """The share of the variance that the plane shows; None of a projection that bends."""
    same_class: float
    """The share of tokens whose nearest neighbour is of their own class."""
    chance: float
    """The same share if classes were dealt out at random, in the mean."""
    p: float
    """How often random classes reach the share."""

    @property
    def by_class(self) -> list[ClassShare]:
        """The classes, that with the most tokens first."""
        return shares_by_class(self.similarities, self.classes)

    def neighbours(self, number: int, n: int) -> list[str]:
        """The tokens whose vectors point most nearly the same way as that of one token."""
        order = np.argsort(-self.similarities[number], kind="stable").tolist()
        return [self.tokens[other] for other in order if other != number][:n]

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, with five neighbours of each token."""
        rows = zip(self.tokens, self.classes, self.points.tolist(), strict=True)
        return {
            "run": self.run,
            "text": self.text_name,
            "nearest_neighbour_of_same_class": self.same_class,
            "chance": self.chance,
            "p": self.p,
            "classes": [share.to_json() for share in self.by_class],
            "map": self.projection,
            "variance_shown": self.shown_variance,
            "tokens": [
                {"token": token, "class": kind, "point": point, "neighbours": self.neighbours(number, 5)}
                for number, (token, kind, point) in enumerate(rows)
            ],
        }


def measure_embeddings(
    saved: SavedModel, selection: TextSelection, *, projection: Projection = "pca"
) -> EmbeddingReport:
    """Measure the vectors of those tokens of a model that the selected text has at least five times.

    Raises:
        ConfigError: the model learned from pairs, or the projection needs a library that is not installed.
        CorpusError: the text cannot be found, or is too short.
        TokenizerError: a closed vocabulary lacks a word of the text.
    """
    if saved.source_tokenizer is not None:
        raise ConfigError(f"{saved.name} learned from pairs: embeddings are read with a text, so name a run of a text")
    text = read_selected(saved, selection, fewest=FEWEST_TOKENS, most=_MOST_READ)
    counts = np.bincount(text.ids, minlength=saved.tokenizer.vocab_size)
    counts[END_OF_TEXT] = 0
    order = np.argsort(-counts, kind="stable")[:MOST_TOKENS_SHOWN]
    ids = order[counts[order] >= _FEWEST_OCCURRENCES]
    if len(ids) < 3:
        raise ConfigError(f"{text.name} has fewer than three different tokens five times: name a longer text with --on")
    tokens = tuple(_text_of(saved, token) for token in ids.tolist())
    classes = tuple(map(class_of, tokens))
    with torch.inference_mode():
        vectors = restore_decoder(saved).token_vectors().double().numpy()[ids]
    vectors = vectors - vectors.mean(axis=0)
    similarities = _cosines(vectors)
    share, chance, p = neighbours_of_same_class(similarities, classes)
    points, shown = project(vectors, projection)
    return EmbeddingReport(
        run=saved.name,
        text_name=text.name,
        tokens=tokens,
        classes=classes,
        similarities=similarities,
        points=points,
        projection=projection,
        shown_variance=shown,
        same_class=share,
        chance=chance,
        p=p,
    )


def _text_of(saved: SavedModel, token: int) -> str:
    return saved.tokenizer.token_bytes(token, END_OF_TEXT).decode(errors="backslashreplace")


def _cosines(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    cosines: NDArray[np.float64] = units @ units.T
    return cosines


def neighbours_of_same_class(similarities: NDArray[np.float64], classes: tuple[str, ...]) -> tuple[float, float, float]:
    """The share of rows whose nearest other row is of their class; that of shuffled classes; how often these reach it.

    >>> similarities = np.kron(np.eye(2), np.ones((4, 4)))
    >>> share, chance, p = neighbours_of_same_class(similarities, ("a",) * 4 + ("b",) * 4)
    >>> share, round(chance, 1), p < 0.05
    (1.0, 0.4, True)
    """
    nearest = _nearest(similarities)
    _, labels = np.unique(classes, return_inverse=True)
    share = float((labels[nearest] == labels).mean())
    rng = np.random.default_rng(0)
    shuffled = [rng.permutation(labels) for _ in range(_N_SHUFFLES)]
    by_chance = np.array([(dealt[nearest] == dealt).mean() for dealt in shuffled])
    return share, float(by_chance.mean()), float((1 + (by_chance >= share).sum()) / (1 + _N_SHUFFLES))


def shares_by_class(similarities: NDArray[np.float64], classes: tuple[str, ...]) -> list[ClassShare]:
    """The share of each class whose nearest other row is of the same class, and that by chance.

    >>> similarities = np.kron(np.eye(2), np.ones((4, 4)))
    >>> [(of.name, of.share, round(of.chance, 2)) for of in shares_by_class(similarities, ("a",) * 4 + ("b",) * 4)]
    [('a', 1.0, 0.43), ('b', 1.0, 0.43)]
    """
    labels = np.array(classes)
    is_same = labels[_nearest(similarities)] == labels
    sizes = sorted(Counter(classes).items(), key=lambda item: -item[1])
    return [
        ClassShare(
            name=name, n_tokens=n, share=float(is_same[labels == name].mean()), chance=(n - 1) / (len(labels) - 1)
        )
        for name, n in sizes
    ]


def _nearest(similarities: NDArray[np.float64]) -> NDArray[np.int64]:
    """The number of the row that is the most similar to each, itself left out."""
    others = similarities.copy()
    np.fill_diagonal(others, -np.inf)
    nearest: NDArray[np.int64] = others.argmax(axis=1)
    return nearest
