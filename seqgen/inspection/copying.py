"""The copy task with a single letter, which a decoder learns so that the gradients in it can be followed."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqgen.inspection.probes import PROBES
from seqgen.inspection.probes.copying import draw_copies
from seqgen.models import Decoder
from seqgen.training.clipping import clip
from seqgen.waiting import waiting

COPY_VOCABULARY = len(PROBES["copy"].symbols)
_N_STREAMS, _LEARNING_RATE, _CLIP_NORM = 32, 0.01, 1.0


def copy_windows(n_streams: int, distance: int, *, seed: int) -> Tensor:
    """Windows (B, distance + 2): a letter, a pause, the signal `distance` tokens after the letter, the letter again.

    >>> windows = copy_windows(2, distance=4, seed=0)
    >>> bool((windows[:, 0] == windows[:, -1]).all()), windows[0, 1:-1].tolist()
    (True, [0, 0, 0, 9])
    """
    return _windows(np.random.default_rng(seed), n_streams, distance)


def learn_to_copy(decoder: Decoder, *, distance: int, n_steps: int, seed: int) -> None:
    """Train a decoder by Adam on distances from 1 to `distance`, each step another one.

    >>> from seqgen.inspection.new_cells import NewCell
    >>> decoder = NewCell.parse("gru,d_model=8").build(COPY_VOCABULARY, seed=0)
    >>> learn_to_copy(decoder, distance=3, n_steps=150, seed=0)
    >>> share_copied(decoder, copy_windows(32, distance=3, seed=1))
    1.0
    """
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(decoder.dense_parameters(), _LEARNING_RATE)
    decoder.train()
    with waiting("learning to copy", total=n_steps) as work:
        for _ in range(n_steps):
            windows = _windows(rng, _N_STREAMS, int(rng.integers(1, distance + 1)))
            optimizer.zero_grad()
            F.cross_entropy(_answers(decoder, windows), windows[:, -1]).backward()  # type: ignore[no-untyped-call]
            clip(decoder, _CLIP_NORM)
            optimizer.step()
            work.advance()
    decoder.eval()


@torch.no_grad()
def share_copied(decoder: Decoder, windows: Tensor) -> float:
    """The share of the windows whose letter the decoder names."""
    return float((_answers(decoder, windows).argmax(dim=1) == windows[:, -1]).double().mean())


def _windows(rng: np.random.Generator, n_streams: int, distance: int) -> Tensor:
    return torch.from_numpy(draw_copies(distance + 1, n_streams, rng, n_copied=1).ids)


def _answers(decoder: Decoder, windows: Tensor) -> Tensor:
    """The logits after the signal, (B, V)."""
    features, _ = decoder.features(windows[:, :-1], None)
    logits: Tensor = decoder.head(features[:, -1])
    return logits
