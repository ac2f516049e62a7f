"""The processes that train one model together: a single one, or several that `torchrun` started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, final

import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seqgen.errors import ConfigError, RunError
from seqgen.launch import process_count
from seqgen.models import State

_MAX_WAIT = timedelta(hours=2)
"""How long the other processes wait for the first one, which validates and saves alone."""


@final
class ProcessGroup:
    """What one process knows of the others, and how it speaks with them.

    The streams are divided among the processes in the order of their ranks. What depends on the clock, on a score or on
    the user is decided by the first process, and the others adopt it. In a single process, every method returns what it
    is given.

    >>> import numpy as np
    >>> alone = ProcessGroup()
    >>> alone.is_first, alone.broadcast(0.5)
    (True, 0.5)
    >>> second_of_two = ProcessGroup(1, 2)
    >>> second_of_two.local_rows(np.arange(8).reshape(4, 2)).tolist()
    [[4, 5], [6, 7]]
    """

    def __init__(self, rank: int = 0, size: int = 1, *, device: torch.device | None = None) -> None:
        self.rank = rank
        self.size = size
        self._device = device or torch.device("cpu")

    @classmethod
    def join(cls, device: torch.device) -> ProcessGroup:
        """Connect to the other processes that `torchrun` has started. Without `torchrun`, there are none.

        Raises:
            ConfigError: processes cannot work together on this device.
        """
        size = process_count()
        if size == 1:
            return cls()
        if device.type == "mps":
            raise ConfigError("several processes can train on --device cpu or cuda, but not on mps")
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_MAX_WAIT)
        return cls(dist.get_rank(), size, device=device)

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def require_divides(self, n_streams: int) -> None:
        """Check that every process gets the same number of streams.

        Raises:
            ConfigError: the streams cannot be divided evenly.
        """
        if n_streams % self.size:
            raise ConfigError(
                f"{n_streams} streams cannot be divided evenly among {self.size} processes: "
                f"set --streams to a multiple of {self.size}, or start another number of processes"
            )

    def local_rows(self, rows: NDArray[Any]) -> NDArray[Any]:
        """This process's share of an array whose first dimension is the streams."""
        n_rows = len(rows) // self.size
        return rows[self.rank * n_rows : (self.rank + 1) * n_rows]

    def wrap(self, objective: nn.Module, *, may_skip_encoder: bool) -> nn.Module:
        """The same module, with gradients that are averaged over the group (Li et al. 2020).

        Only a window in which targets begin uses the encoder. If there are others, PyTorch has to look for the weights
        that a window does not use, which takes time.
        """
        if self.size == 1:
            return objective
        return DistributedDataParallel(objective, find_unused_parameters=may_skip_encoder)

    def mean(self, value: Tensor) -> float:
        """The mean of a number over all processes."""
        if self.size > 1:
            value = value.clone()
            with self.watched():
                dist.all_reduce(value)
        return value.item() / self.size

    def broadcast(self, value: float) -> float:
        """The number that the first process gives."""
        return self.broadcast_all([value])[0]

    def broadcast_all(self, values: Sequence[float]) -> Sequence[float]:
        """The numbers that the first process gives."""
        if self.size == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self._device)
        with self.watched():
            dist.broadcast(shared, src=0)
        result: list[float] = shared.tolist()
        return result

    def any(self, condition: bool) -> bool:
        """Whether a condition holds in any process."""
        return self.mean(torch.tensor(float(condition), device=self._device)) > 0 if self.size > 1 else condition

    def gather(self, state: State) -> State:
        """The carried state of all streams, put together from all processes. All must call this, and all get it."""
        if self.size == 1:
            return state
        whole: list[Tensor] = []
        for tensor in state:
            local = tensor.contiguous()
            shares = [torch.empty_like(local) for _ in range(self.size)]
            with self.watched():
                dist.all_gather(shares, local)
            whole.append(torch.cat(shares))
        return tuple(whole)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Turn what PyTorch raises when another process is gone into one clear message.

        Raises:
            RunError: another process is gone.
        """
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not (isinstance(error, dist.DistError) or "gloo" in str(error).lower()):
                raise
            raise RunError(
                "another process of this training run has died: continue from the last save with seqgen train --resume"
            ) from None

    def leave(self) -> None:
        """Disconnect from the other processes."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()
