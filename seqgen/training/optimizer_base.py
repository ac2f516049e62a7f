"""What all optimizers have in common: groups of parameters with a learning rate, and what is remembered of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor, nn


@dataclass
class ParameterGroup:
    """Parameters that are trained at the same learning rate."""

    parameters: list[nn.Parameter]
    peak_rate: float
    """The highest learning rate."""
    weight_decay: float = 0.0
    rate: float = field(init=False)
    """The learning rate of the next step."""

    def __post_init__(self) -> None:
        self.rate = self.peak_rate


class OptimizerBase(ABC):
    """Changes parameters by their gradients, one step after the other.

    It is no `torch.optim.Optimizer`, because the first one of these loads torch's compiler, which nothing here uses and
    which takes as long as loading torch itself.
    """

    remembers: ClassVar[Mapping[str, int | None]]
    """What is remembered of a parameter: a number (0), one for each of its rows (1), or of its whole shape (None)."""

    def __init__(self, groups: Sequence[ParameterGroup]) -> None:
        self.groups = groups
        self.memory: dict[nn.Parameter, dict[str, Tensor]] = {}
        """What is remembered of each parameter that has made a step."""

    @abstractmethod
    def step(self) -> None:
        """Change every parameter that has a gradient."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters, group by group."""
        for group in self.groups:
            yield from group.parameters

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def memory_of(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        """What is remembered of a parameter: zeros before its first step."""
        if parameter not in self.memory:
            shapes = {name: parameter.shape[:n_dims] for name, n_dims in self.remembers.items()}
            self.memory[parameter] = {name: parameter.new_zeros(shape) for name, shape in shapes.items()}
        return self.memory[parameter]

    def load(self, memory: Mapping[int, Mapping[str, Tensor]]) -> None:
        """Remember this of the parameters, which are numbered in order, and nothing of the others.

        Raises:
            ValueError: there is no such parameter, or something else is remembered of it.
        """
        parameters = list(self.parameters())
        for number, remembered in memory.items():
            if not (0 <= number < len(parameters) and remembered.keys() == self.remembers.keys()):
                raise ValueError(f"what the optimizer remembers of parameter {number} is not complete")
            for name, n_dims in self.remembers.items():
                shape = parameters[number].shape[:n_dims]
                if remembered[name].shape != shape or not remembered[name].is_floating_point():
                    raise ValueError(f"{name} of parameter {number} does not have {tuple(shape)} numbers")
        self.memory = {
            parameters[number]: {name: value.to(parameters[number]) for name, value in remembered.items()}
            for number, remembered in memory.items()
        }
