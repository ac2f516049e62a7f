"""The contracts of decoders and encoders, the state that a decoder carries, and the letters used in shapes.

Shapes in this package and in `seqgen.inference` use these letters:

- B: streams, the batch; T: time steps of a window; V: vocabulary size
- L: layers; D: width of a layer (`d_model`); E: width of a layer's input; G: gates of a recurrent cell
- H: attention heads; K: width of one head (`d_head`), which D does not determine; F: feed-forward width
- S: earlier positions whose keys and values a Transformer still holds; positions of a source, in what reads sources
- A: width of the queries and keys of an attention with one head
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from seqgen.config import UnitName
from seqgen.models.inside import Inside
from seqgen.models.ngrams import NgramEmbeddings

State = tuple[Tensor, ...]
"""What a decoder carries from one window to the next. Callers need to know one thing about it: the first
dimension of every tensor is B."""


@dataclass(frozen=True)
class Matrix:
    """A weight of shape (n_blocks * rows, columns). Each block of rows is a map of its own, such as one gate.

    >>> import torch
    >>> from seqgen.models import Matrix
    >>> gates = Matrix(torch.nn.Parameter(torch.zeros(12, 5)), n_blocks=3)
    >>> [tuple(block.shape) for block in gates.weight.chunk(gates.n_blocks)]
    [(4, 5), (4, 5), (4, 5)]
    """

    weight: nn.Parameter
    n_blocks: int = 1


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Everything that a decoder computes while it reads a window.

    >>> import torch
    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models import build_model
    >>> shape = {"n_layer": 2, "d_model": 8, "n_head": 1, "d_head": 4, "d_feedforward": 12}
    >>> config = TransformerConfig(vocab_size=9, memory=16, dropout=0.0, **shape)
    >>> trace = build_model(config).eval().trace(torch.tensor([[3, 1, 4]]))
    >>> trace.attention.shape  # 2 layers, 1 stream, 1 head, 3 positions that attend to 3
    torch.Size([2, 1, 1, 3, 3])
    """

    features: Tensor
    """What the output layer reads, (B, T, D)."""
    layers: Tensor
    """What every layer writes, (L, B, T, D): for a Transformer, the residual stream after each block."""
    attention: Tensor | None
    """The weights with which each position attends to the others, (L, B, H, T, S+T); None without attention."""
    state: State
    """The state after the window."""
    source_attention: Tensor | None = None
    """The weights with which each position attends to the source, (L, B, H, T, S); a recurrent decoder has L = H = 1.
    None if it does not attend to a source."""
    inside: tuple[Inside, ...] = ()
    """What goes on in each recurrent layer; a Transformer has none."""


class Encoder(nn.Module, ABC):
    """Reads sources, in which padding stands at the end. It never changes what the encoder writes about a source.

    >>> import torch
    >>> from seqgen.config import EncoderConfig, GruConfig
    >>> from seqgen.models import build_model
    >>> config = GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> model = build_model(config, EncoderConfig(vocab_size=7, n_layer=1, d_model=6, dropout=0.0))
    >>> outputs, summary = model.encoder(torch.tensor([[3, 1, 0], [2, 0, 0]]), torch.tensor([3, 2]))
    >>> outputs.shape, summary.shape
    (torch.Size([2, 3, 6]), torch.Size([2, 6]))
    """

    @abstractmethod
    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read sources.

        Args:
            ids: (B, S) integers below the size of the source vocabulary.
            lengths: (B,) how many of the ids belong to each source, 1 or more. The rest is padding.

        Returns:
            What the encoder writes at every position, (B, S, D), and about each source as a whole, (B, D).
        """

    @abstractmethod
    def matrices(self) -> list[Matrix]:
        """The weights that map vectors to vectors: all except embeddings, norms and biases."""


class Decoder(nn.Module, ABC):
    """A language model over ids: at every position it computes the logits of the next id.

    The logits do not depend on how a stream is cut into windows, as long as the state is carried.

    >>> import torch
    >>> from seqgen.config import GruConfig
    >>> from seqgen.models import build_model
    >>> config = GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> model = build_model(config)
    >>> ids = torch.tensor([[3, 1, 4, 1, 5]])
    >>> logits, _ = model(ids)
    >>> logits.shape
    torch.Size([1, 5, 9])
    >>> _, state = model(ids[:, :3])
    >>> continued, _ = model(ids[:, 3:], state)
    >>> torch.allclose(continued, logits[:, 3:], atol=1e-6)
    True
    """

    vocab_size: int
    head: nn.Module
    """The output layer, (B, T, D) -> (B, T, V)."""
    ngrams: NgramEmbeddings | None
    """What adjacent ids stand for together, if the configuration asks for it."""
    encoder: Encoder | None
    """What reads the sources of pairs. None for texts, and if the decoder itself reads the sources."""

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read a window.

        Args:
            ids: (B, T) integers below V.
            state: the state after the previous window, or the one that `start` returns; None at the beginning of
                streams without a source.

        Returns:
            The logits of the id after each position, (B, T, V), and the state after the window.
        """
        features, state = self.features(ids, state)
        return self.head(features), state

    @abstractmethod
    def start(self, source_ids: Tensor, lengths: Tensor) -> State:
        """The state in which a decoder with an encoder begins to write the targets of sources.

        The arguments are those of `Encoder`. What the decoder attends to is part of the state.

        >>> import torch
        >>> from seqgen.config import EncoderConfig, GruConfig
        >>> from seqgen.models import build_model
        >>> config = GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
        >>> model = build_model(config, EncoderConfig(vocab_size=7, n_layer=1, d_model=6, dropout=0.0))
        >>> state = model.start(torch.tensor([[3, 1, 0], [2, 0, 0]]), torch.tensor([3, 2]))
        >>> [tuple(tensor.shape) for tensor in state]  # h, keys, values, lengths
        [(2, 8), (2, 3, 6), (2, 3, 6), (2,)]
        """

    @abstractmethod
    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """What the output layer reads, (B, T, D), and the state after the window."""

    @abstractmethod
    def latest(self, state: State) -> State:
        """The part of a state that the latest position wrote.

        Of a recurrent decoder this is everything that its layers carry, and of a Transformer the keys and values of
        that position. What belongs to a source, ids and counters are left out.

        >>> import torch
        >>> from seqgen.config import LstmConfig
        >>> from seqgen.models import build_model
        >>> config = LstmConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
        >>> model = build_model(config)
        >>> _, state = model(torch.tensor([[3, 1, 4]]))
        >>> [tuple(tensor.shape) for tensor in model.latest(state)]  # h and c
        [(1, 8), (1, 8)]
        """

    @abstractmethod
    def advance(self, ids: Tensor, state: State | None) -> State:
        """The state after a window of which nothing is to be predicted. It may cost less than `features`."""

    @property
    @abstractmethod
    def reach(self) -> int | None:
        """How many of the latest ids logits depend on; None if on all of them."""

    @abstractmethod
    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        """Read a window as `features` does, and keep what every layer computes on the way.

        This takes more memory than `features`. Call `eval()` first: in training, dropout is part of what is kept.

        >>> import torch
        >>> from seqgen.config import GruConfig
        >>> from seqgen.models import build_model
        >>> config = GruConfig(vocab_size=9, n_layer=2, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
        >>> trace = build_model(config).eval().trace(torch.tensor([[3, 1, 4, 1, 5]]))
        >>> trace.layers.shape
        torch.Size([2, 1, 5, 8])
        >>> torch.equal(trace.layers[-1], trace.features)
        True
        """

    @abstractmethod
    def hold(self, units: Mapping[UnitName, float]) -> None:
        """Set these units to these values after every step from now on, and no others. The model must have them."""

    @abstractmethod
    def token_vectors(self) -> Tensor:
        """What each id that can be predicted is to the first layer, (V, E); over one-hot vectors, its input weights."""

    @abstractmethod
    def matrices(self) -> list[Matrix]:
        """The weights that map vectors to vectors: all except embeddings, output layer, norms and biases."""

    def dense_parameters(self) -> list[nn.Parameter]:
        """All weights except the tables of n-grams, of which a window reads a few rows only."""
        tables = set() if self.ngrams is None else set(map(id, self.ngrams.tables()))
        return [parameter for parameter in self.parameters() if id(parameter) not in tables]


def detach(state: State) -> State:
    """The same state as constants. Backpropagation through time stops here.

    >>> import torch
    >>> from seqgen.models import detach
    >>> state = (torch.ones(2, 3, requires_grad=True),)
    >>> detach(state)[0].requires_grad
    False
    """
    return tuple(tensor.detach() for tensor in state)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training can change. A matrix that is used twice counts once.

    >>> from torch import nn
    >>> from seqgen.models import count_parameters
    >>> count_parameters(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in model.parameters())
