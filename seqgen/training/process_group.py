"""The processes of one training: one, or several that `torchrun` started."""

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

_LONGEST_WAIT = timedelta(hours=2)  # for the first process, which validates alone


@final
class ProcessGroup:
    """This process's place among the processes that train one model together.

    The streams are divided among them in order of rank. What is decided by the clock, by a score or by the user is
    decided by the first process and agreed upon. Alone, every method returns what it is given.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: torch.device | None = None) -> None:
        self.rank = rank
        self.size = size
        self._device = device or torch.device("cpu")

    @classmethod
    def join(cls, device: torch.device) -> ProcessGroup:
        """The group that `torchrun` has started this process in; a group of one without it.

        Raises:
            ConfigError: a device that processes cannot share work on.
        """
        size = process_count()
        if size == 1:
            return cls()
        if device.type == "mps":
            raise ConfigError("several processes train on --device cpu or cuda, not on mps")
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_LONGEST_WAIT)
        return cls(dist.get_rank(), size, device)

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def require_divides(self, n_streams: int) -> None:
        """See to it that every process gets as many streams as the others.

        Raises:
            ConfigError: it does not come out even.
        """
        if n_streams % self.size:
            raise ConfigError(
                f"{n_streams} streams cannot be divided evenly among {self.size} processes: "
                f"give --streams, a multiple of {self.size}, or start another number of processes"
            )

    def local_rows(self, rows: NDArray[Any]) -> NDArray[Any]:
        """This process's share of what has the streams first."""
        each = len(rows) // self.size
        return rows[self.rank * each : (self.rank + 1) * each]

    def wrap(self, objective: nn.Module) -> nn.Module:
        """A module whose gradients are averaged over the group (Li et al. 2020)."""
        if self.size == 1:
            return objective
        return DistributedDataParallel(objective, broadcast_buffers=False)

    def mean(self, value: Tensor) -> float:
        """The mean of everyone's number."""
        if self.size > 1:
            value = value.clone()
            with self.watched():
                dist.all_reduce(value)
        return value.item() / self.size

    def broadcast(self, value: float) -> float:
        """The first process's number."""
        return self.broadcast_all([value])[0]

    def broadcast_all(self, values: Sequence[float]) -> Sequence[float]:
        """The first process's numbers."""
        if self.size == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self._device)
        with self.watched():
            dist.broadcast(shared, src=0)
        result: list[float] = shared.tolist()
        return result

    def any(self, wish: bool) -> bool:
        """Whether anyone wishes it."""
        return self.mean(torch.tensor(float(wish), device=self._device)) > 0 if self.size > 1 else wish

    def gather(self, state: State) -> State:
        """The carried state of all streams, from everyone's share; every process must ask, and gets it."""
        if self.size == 1:
            return state
        whole: list[Tensor] = []
        for tensor in state:
            own = tensor.contiguous()
            shares = [torch.empty_like(own) for _ in range(self.size)]
            with self.watched():
                dist.all_gather(shares, own)
            whole.append(torch.cat(shares))
        return tuple(whole)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A block that ends in one clear line where another process is gone.

        Raises:
            RunError: it is.
        """
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not (isinstance(error, dist.DistError) or "gloo" in str(error).lower()):
                raise
            raise RunError(
                "another process of this training has died; what it has saved goes on with seqgen train --resume"
            ) from None

    def leave(self) -> None:
        """End the connection to the others."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()
