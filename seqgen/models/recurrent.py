"""What all recurrent decoders share: ids in, a stack of layers over time, logits out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, cast, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import EncoderConfig, RecurrentConfig, UnitName
from seqgen.models.base import Decoder, Matrix, State, Trace
from seqgen.models.dropout import LockedDropout
from seqgen.models.held_units import read_held
from seqgen.models.inside import Inside
from seqgen.models.ngrams import NgramEmbeddings, carried_past, split_state
from seqgen.models.recurrent_encoder import RecurrentEncoder
from seqgen.models.recurrent_layer import RecurrentLayer
from seqgen.models.source_attention import SourceAttention

_HEAD_GAIN = 0.1
"""Standard deviation of the output layer's weights, times sqrt(D): small, so that the first predictions are nearly
uniform."""
_TIED_STD = 0.05
"""Standard deviation of the output layer's weights where they are the embedding too. A smaller embedding cannot tell
words apart, and then learns nothing for a long time."""


class _Pass(NamedTuple):
    """What one layer makes of a window."""

    output: Tensor
    """(B, T, D)."""
    carried: State
    """The state after the window."""
    attention: Tensor | None
    """The attention to the source, (B, T, S)."""
    inside: Callable[[], Inside]
    """Computes what goes on in the layer, time first."""


@final
class RecurrentDecoder(Decoder):
    """An embedding (or one-hot vectors), L layers of one cell, and an output layer.

    Dropout follows the AWD-LSTM (Merity, Keskar & Socher 2017). It is the same at every time step, and acts on what
    the first layer reads, on what each layer writes, and on whole rows of the embedding. Weight-drop, where a cell
    has it, happens inside the layers.

    After a source, a linear map of the encoder's summary gives the state of every layer. If the decoder attends to the
    source, its first layer writes what `SourceAttention` makes of its output.

    Args:
        make_layer: returns a new layer for an input width E and a configuration of its cell.
    """

    head: nn.Linear

    def __init__(
        self,
        config: RecurrentConfig,
        make_layer: Callable[[int, Any], RecurrentLayer],
        encoder: EncoderConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = config.vocab_size
        self.n_ids = config.vocab_size + config.source_vocab_size
        d_input = config.d_embedding or self.n_ids
        self.embedding = nn.Embedding(self.n_ids, config.d_embedding) if config.d_embedding else None
        widths = [d_input] + [config.d_model] * (config.n_layer - 1)
        self.layers = nn.ModuleList(make_layer(width, config) for width in widths)
        self.input_dropout = LockedDropout(config.input_dropout)
        self.dropout = LockedDropout(config.dropout)
        self.head = nn.Linear(config.d_model, config.vocab_size)
        nn.init.normal_(self.head.weight, std=_TIED_STD if config.tie_weights else _HEAD_GAIN * config.d_model**-0.5)
        nn.init.zeros_(self.head.bias)
        if config.tie_weights and self.embedding is not None:
            self.embedding.weight = self.head.weight
        self.ngrams = NgramEmbeddings.of(config, d_input)
        self.encoder = None if encoder is None else RecurrentEncoder(encoder, config, make_layer)
        self.bridge = None if encoder is None else _bridge(encoder.d_model, self.n_hidden * config.d_model)
        self.attention = None if encoder is None else SourceAttention.of(encoder, config.d_model)
        self._held: dict[int, dict[UnitName, float]] = {}
        """The units of each layer that are held."""

    @property
    def n_hidden(self) -> int:
        """How many tensors the layers carry, all together."""
        return sum(layer.n_carried for layer in self._layers())

    def start(self, source_ids: Tensor, lengths: Tensor) -> State:
        assert self.encoder is not None and self.bridge is not None, "this decoder has no encoder"
        outputs, summary = self.encoder(source_ids, lengths)  # (B, S, D) and (B, D) of the encoder
        hidden = torch.tanh(self.bridge(summary)).to(self.head.weight.dtype).chunk(self.n_hidden, dim=1)  # (B, D) each
        memory = () if self.attention is None else self.attention.memory(outputs, lengths)
        return (*(part.contiguous() for part in hidden), *memory, *carried_past(self.ngrams, source_ids[:, :0], None))

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        before, past = split_state(self.ngrams, state)
        hidden, memory = self._split(before)
        after: list[Tensor] = []
        for layer in self._read(self._vectors(ids, past), hidden, memory):
            features = layer.output  # in the end, that of the last layer
            after.extend(layer.carried)
        return features, (*after, *memory, *carried_past(self.ngrams, ids, past))

    def latest(self, state: State) -> State:
        return state[: self.n_hidden]

    def advance(self, ids: Tensor, state: State | None) -> State:
        return self.features(ids, state)[1]

    @property
    def reach(self) -> int | None:
        return None

    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        before, past = split_state(self.ngrams, state)
        hidden, memory = self._split(before)
        passes, inside = [], []
        for layer in self._read(self._vectors(ids, past), hidden, memory):
            passes.append(layer)
            inside.append(_batch_first(layer.inside()))
        after = [part for layer in passes for part in layer.carried]
        attention = [layer.attention for layer in passes if layer.attention is not None]
        return Trace(
            features=passes[-1].output,
            layers=torch.stack([layer.output for layer in passes]),
            attention=None,
            state=(*after, *memory, *carried_past(self.ngrams, ids, past)),
            source_attention=torch.stack(attention)[:, :, None] if attention else None,
            inside=tuple(inside),
        )

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._held = {}
        for unit, value in units.items():
            self._held.setdefault(unit.layer, {})[unit] = value

    def token_vectors(self) -> Tensor:
        vectors = self.embedding.weight if self.embedding is not None else self._layers()[0].matrices()[0].weight.T
        return vectors[: self.vocab_size]

    def matrices(self) -> list[Matrix]:
        matrices = [matrix for layer in self._layers() for matrix in layer.matrices()]
        # Over one-hot vectors the first input matrix is the embedding: each of its columns belongs to one id.
        matrices = matrices if self.embedding is not None else matrices[1:]
        if self.ngrams is not None:
            matrices += map(Matrix, self.ngrams.maps())
        if self.encoder is not None and self.bridge is not None:
            weight, _ = self.bridge.parameters()
            matrices += [*self.encoder.matrices(), Matrix(weight, n_blocks=self.n_hidden)]
        return matrices if self.attention is None else matrices + self.attention.matrices()

    def _split(self, state: State | None) -> tuple[State | None, State]:
        """What the layers carry, and what the attention reads. The latter is the same in every window."""
        return (None, ()) if state is None else (state[: self.n_hidden], state[self.n_hidden :])

    def _read(self, x: Tensor, state: State | None, memory: State) -> Iterator[_Pass]:
        """Layer by layer, what each makes of the window."""
        x = self.input_dropout(x).transpose(0, 1)  # (T, B, E)
        for number, layer in enumerate(self._layers()):
            before, held = _of_layer(state, number, len(self.layers)), self._held.get(number)
            raw, hidden = read_held(layer, x, before, held) if held else layer(x, before)
            output, weights = raw.transpose(0, 1), None  # (B, T, D)
            if self.attention is not None and number == 0:
                output, weights = self.attention(output, memory)
            output = self.dropout(output)
            yield _Pass(output, hidden, weights, partial(layer.inside, x, before, raw))
            x = output.transpose(0, 1)  # (T, B, D)

    def _layers(self) -> list[RecurrentLayer]:
        return cast(list[RecurrentLayer], list(self.layers))

    def _vectors(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """What the ids stand for, (B, T, E)."""
        if self.embedding is not None:
            x: Tensor = self.embedding(ids)
        else:
            x = F.one_hot(ids, self.n_ids).to(self.head.weight.dtype)
        if self.training and self.config.embedding_dropout:
            kept = F.dropout(x.new_ones(self.n_ids), self.config.embedding_dropout)  # one number for each id
            x = x * kept[ids][..., None]
        return x if self.ngrams is None else x + self.ngrams(ids, past)


def _bridge(d_source: int, n_units: int) -> nn.Linear:
    """A new map from an encoder's summary to the units of all tensors that the layers carry."""
    bridge = nn.Linear(d_source, n_units)
    nn.init.normal_(bridge.weight, std=d_source**-0.5)
    nn.init.zeros_(bridge.bias)
    return bridge


def _batch_first(inside: Inside) -> Inside:
    """What went on in a layer, (B, T, D) in place of (T, B, D)."""
    gates = {name: gate.transpose(0, 1) for name, gate in inside.gates.items()}
    kept, cell = (None if part is None else part.transpose(0, 1) for part in (inside.kept, inside.cell))
    return Inside(gates=gates, kept=kept, cell=cell)


def _of_layer(state: State | None, number: int, n_layer: int) -> State | None:
    """The part of a decoder's state that belongs to one layer."""
    if state is None:
        return None
    n_each = len(state) // n_layer
    return state[number * n_each : (number + 1) * n_each]
