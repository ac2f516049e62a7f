"""Vectors on a plane: the plane in which they vary most, or a map that keeps neighbours together."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError

Projection = Literal["pca", "tsne", "umap"]
"""How vectors are laid out on a plane."""

_NEIGHBOURS = 15
"""How many neighbours of a token a map tries to keep near it."""


def project(vectors: NDArray[np.float64], projection: Projection) -> tuple[NDArray[np.float64], float | None]:
    """Centred vectors (N, D) on a plane, (N, 2); and the share of their variance that it shows, if it does not bend.

    >>> points, share = project(np.array([[1.0, 0, 0], [-1, 0, 0], [0, 0, 0]]), "pca")
    >>> points.shape, share
    ((3, 2), 1.0)

    Raises:
        ConfigError: the projection needs a library that is not installed.
    """
    if projection == "pca":
        return principal_plane(vectors)
    return (_tsne if projection == "tsne" else _umap)(vectors), None


def principal_plane(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Centred vectors on the plane in which they vary most (PCA), and the share of their variance that it shows.

    >>> points, share = principal_plane(np.array([[3.0, 0, 0.1], [-3, 0, -0.1], [0, 1, 0], [0, -1, 0]]))
    >>> np.abs(points).round(1).tolist(), round(share, 3)
    ([[3.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 1.0]], 1.0)
    """
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    points = np.zeros((len(vectors), 2))
    n = min(2, len(sizes))
    points[:, :n] = left[:, :n] * sizes[:n]
    return points, float((sizes[:n] ** 2).sum() / max((sizes**2).sum(), 1e-30))


def _tsne(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """t-SNE (van der Maaten & Hinton 2008) of the directions of vectors, always the same."""
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise ConfigError('--map tsne needs scikit-learn: install seqgen with pip install ".[pairs]"') from None
    perplexity = min(float(_NEIGHBOURS), (len(vectors) - 1) / 3)
    points: NDArray[np.float64] = TSNE(
        perplexity=perplexity, metric="cosine", init="random", random_state=0
    ).fit_transform(vectors)
    return points


def _umap(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """UMAP (McInnes, Healy & Melville 2018) of the directions of vectors, always the same."""
    try:
        from umap import UMAP
    except ImportError:
        raise ConfigError("--map umap needs umap-learn: install it with pip install umap-learn") from None
    n_neighbors = min(_NEIGHBOURS, len(vectors) - 1)
    umap = UMAP(n_neighbors=n_neighbors, metric="cosine", init="random", random_state=0, n_jobs=1)
    points: NDArray[np.float64] = umap.fit_transform(vectors).astype(np.float64)
    return points
