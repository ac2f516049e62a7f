"""Sources of different lengths side by side: where they are in the padding, and how to read them backwards in it."""

from __future__ import annotations

import torch
from torch import Tensor


def is_source(lengths: Tensor, n_positions: int) -> Tensor:
    """Which of the positions belong to each source: lengths (B,) -> (B, S) booleans.

    >>> import torch
    >>> from seqgen.models.padding import is_source
    >>> is_source(torch.tensor([3, 1]), 3).int().tolist()
    [[1, 1, 1], [1, 0, 0]]
    """
    return torch.arange(n_positions, device=lengths.device) < lengths[:, None]


def reversed_order(lengths: Tensor, n_positions: int) -> Tensor:
    """The positions of each source from its end to its beginning; padding stays where it is: (B,) -> (B, S).

    >>> import torch
    >>> from seqgen.models.padding import reversed_order
    >>> reversed_order(torch.tensor([3, 2]), 4).tolist()
    [[2, 1, 0, 3], [1, 0, 2, 3]]
    """
    positions = torch.arange(n_positions, device=lengths.device)
    return torch.where(is_source(lengths, n_positions), lengths[:, None] - 1 - positions, positions)


def reorder(x: Tensor, order: Tensor) -> Tensor:
    """The vectors (B, S, D) of the positions that `order` (B, S) names. A reversed order applied twice changes nothing.

    >>> import torch
    >>> from seqgen.models.padding import reorder
    >>> reorder(torch.tensor([[[5], [6], [7]]]), torch.tensor([[1, 0, 2]])).flatten().tolist()
    [6, 5, 7]
    """
    return x.gather(1, order[..., None].expand_as(x))


def at_end(x: Tensor, lengths: Tensor) -> Tensor:
    """The last vector of each source: (B, S, D) -> (B, D).

    >>> import torch
    >>> from seqgen.models.padding import at_end
    >>> at_end(torch.tensor([[[5], [6], [7]], [[8], [0], [0]]]), torch.tensor([3, 1])).tolist()
    [[7], [8]]
    """
    return x[torch.arange(len(x), device=x.device), lengths - 1]
