"""The torch module of a saved model: its decoder, mixed with its n-gram expert if it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from seqgen.config import Device, UnitName
from seqgen.inference import NgramExpert
from seqgen.models import Decoder, State, build_model, load_weights
from seqgen.models.base import Matrix, Trace
from seqgen.models.devices import choose_device
from seqgen.run import SavedModel


def restore_decoder(saved: SavedModel, *, device: Device = "cpu") -> Decoder:
    """Build the torch module of a saved model, in evaluation mode, on a device.

    Raises:
        ConfigError: this machine does not have the device.

    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> decoder.training
    False
    """
    decoder = build_model(saved.record.model, saved.record.encoder)
    load_weights(decoder, saved.weights)
    whole = decoder if saved.expert is None else MixedDecoder(decoder, saved.expert)
    return whole.eval().to(choose_device(device))


@final
class MixedDecoder(Decoder):
    """A decoder whose probabilities are mixed with those of an n-gram expert; `seqgen.inference.expert` says how.

    Its logits are the logarithms of the mixed probabilities. Its features are those of the network and, beside them,
    the probabilities of the expert: (B, T, D+V). Its state ends with the contexts of the expert, (B, N).

    The expert stays in NumPy on the CPU. It has no gradient.
    """

    def __init__(self, network: Decoder, expert: NgramExpert) -> None:
        super().__init__()
        self.network = network
        self.vocab_size = network.vocab_size
        self.ngrams = network.ngrams
        self.encoder = network.encoder
        self.head = _MixedHead(network.head, expert.weight, vocab_size=network.vocab_size)
        self._expert = expert

    def start(self, source_ids: Tensor, lengths: Tensor) -> State:
        contexts = torch.from_numpy(self._expert.beginning(len(source_ids))).to(source_ids.device)
        return (*self.network.start(source_ids, lengths), contexts)

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        p, contexts = self._read(ids, state)
        features, after = self.network.features(ids, state and state[:-1])
        return torch.cat([features.float(), p], dim=2), (*after, contexts)

    def latest(self, state: State) -> State:
        return self.network.latest(state[:-1])

    def advance(self, ids: Tensor, state: State | None) -> State:
        contexts = self._contexts(ids, state)
        last = torch.from_numpy(np.ascontiguousarray(contexts[:, -1]))
        return (*self.network.advance(ids, state and state[:-1]), last.to(ids.device))

    @property
    def reach(self) -> int | None:
        of_network = self.network.reach
        return None if of_network is None else max(of_network, self._expert.order - 1)

    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        _, contexts = self._read(ids, state)
        trace = self.network.trace(ids, state and state[:-1])
        return replace(trace, state=(*trace.state, contexts))

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self.network.hold(units)

    def token_vectors(self) -> Tensor:
        return self.network.token_vectors()

    def matrices(self) -> list[Matrix]:
        return self.network.matrices()

    def _read(self, ids: Tensor, state: State | None) -> tuple[Tensor, Tensor]:
        """The expert's probabilities after each id, (B, T, V), and its contexts after the window, (B, N)."""
        contexts = self._contexts(ids, state)
        p = self._expert.probabilities(contexts.reshape(-1, self._expert.order))
        shape = (*ids.shape, self.vocab_size)
        last = torch.from_numpy(np.ascontiguousarray(contexts[:, -1]))
        return torch.from_numpy(p).view(shape).to(ids.device), last.to(ids.device)

    def _contexts(self, ids: Tensor, state: State | None) -> NDArray[np.int64]:
        """The expert's contexts after each id, (B, T, N)."""
        before: NDArray[Any] = self._expert.beginning(len(ids)) if state is None else state[-1].cpu().numpy()
        return self._expert.read(before, ids.cpu().numpy())


@final
class _MixedHead(nn.Module):
    """From the features of the network and the probabilities of the expert to the logarithms of the mixture."""

    def __init__(self, head: nn.Module, weight: float, *, vocab_size: int) -> None:
        super().__init__()
        self.head = head
        self._weight = weight
        self._vocab_size = vocab_size

    def forward(self, features: Tensor) -> Tensor:
        network, p = features[..., : -self._vocab_size], features[..., -self._vocab_size :]
        return torch.log((1 - self._weight) * F.softmax(self.head(network).float(), dim=-1) + self._weight * p)
