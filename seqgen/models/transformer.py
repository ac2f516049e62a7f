"""A Transformer decoder that carries keys and values along: the block known as Qwen3, over a sliding window.

Pre-norm RMSNorm, rotary positions in the split-half convention, an RMSNorm for the queries and one for the keys of
each head, SwiGLU, no biases. Each position attends to itself and the `memory - 1` positions before it. These may lie in
earlier windows: their keys and values are the state (Dai et al. 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast, final

import torch
from torch import Tensor, nn

from seqgen.config import EncoderConfig, TransformerConfig, UnitName
from seqgen.models.attention import Attended, attention_weights, rotation, sliding_window
from seqgen.models.base import Decoder, Matrix, State, Trace
from seqgen.models.dropout import LockedDropout
from seqgen.models.held_units import hold_in_stream
from seqgen.models.ngrams import NgramEmbeddings, carried_past, split_state
from seqgen.models.rms_norm import RmsNorm
from seqgen.models.transformer_block import Block, initialise_
from seqgen.models.transformer_encoder import TransformerEncoder


@final
class TransformerDecoder(Decoder):
    """An embedding, L blocks, a final norm and an output layer (Vaswani et al. 2017; Qwen3, Yang et al. 2025).

    Its state is the keys and the values of each block, (B, H, S, K) each, and the position of every stream, (B,). After
    a source, the keys and the values that each block has of the source follow, and how many of them count, (B,).
    Without attention to the source, these are those of one vector, the encoder's summary.
    """

    head: nn.Linear

    def __init__(self, config: TransformerConfig, encoder: EncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size + config.source_vocab_size, config.d_model)
        d_source = None if encoder is None else encoder.d_model
        self.blocks = nn.ModuleList(Block(config, d_source) for _ in range(config.n_layer))
        self.norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.dropout = LockedDropout(config.dropout)
        initialise_(self)
        if config.tie_weights:
            self.embedding.weight = self.head.weight
        self.ngrams = NgramEmbeddings.of(config, config.d_model)
        self.encoder = None if encoder is None else TransformerEncoder(encoder, config)
        self.has_attention = encoder is not None and encoder.attention
        self._held: dict[UnitName, float] = {}

    def start(self, source_ids: Tensor, lengths: Tensor) -> State:
        assert self.encoder is not None, "this decoder has no encoder"
        outputs, summary = self.encoder(source_ids, lengths)  # (B, S, D) and (B, D) of the encoder
        if not self.has_attention:
            outputs, lengths = summary[:, None], torch.ones_like(lengths)
        source = [tensor for block in self._blocks() for tensor in block.memory(outputs)]
        return (*self._empty_state(source_ids), *source, lengths, *carried_past(self.ngrams, source_ids[:, :0], None))

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        before, past = split_state(self.ngrams, state)
        memories, position, source = self._split(before or self._empty_state(ids))
        after: list[Tensor] = []
        for x, attended, _ in self._read(self._vectors(ids, past), memories, position, source=source):
            last = x  # in the end, the residual stream after the last block
            after.extend(self._carried(attended))
        after.append(position + ids.shape[1])
        return self.norm(last), (*after, *source, *carried_past(self.ngrams, ids, past))  # (B, T, D)

    def latest(self, state: State) -> State:
        memories, _, _ = self._split(state)
        return tuple(part[:, :, -1:] for part in memories)  # (B, H, 1, K) each

    def advance(self, ids: Tensor, state: State | None) -> State:
        return self.features(ids, state)[1]

    @property
    def reach(self) -> int | None:
        n_with_first = 1 if self.ngrams is None else self.ngrams.order  # the ids that the first position stands for
        return self.config.n_layer * (self.config.memory - 1) + n_with_first

    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        before, past = split_state(self.ngrams, state)
        memories, position, source = self._split(before or self._empty_state(ids))
        layers: list[Tensor] = []
        weights: list[Tensor] = []
        source_weights: list[Tensor] = []
        after: list[Tensor] = []
        for x, attended, crossed in self._read(self._vectors(ids, past), memories, position, source=source):
            layers.append(x)
            weights.append(attention_weights(attended.query, attended.keys, attended.mask))
            if crossed is not None and self.has_attention:
                source_weights.append(attention_weights(crossed.query, crossed.keys, crossed.mask))
            after.extend(self._carried(attended))
        return Trace(
            features=self.norm(layers[-1]),
            layers=torch.stack(layers),
            attention=torch.stack(weights),
            state=(*after, position + ids.shape[1], *source, *carried_past(self.ngrams, ids, past)),
            source_attention=torch.stack(source_weights) if source_weights else None,
        )

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._held = dict(units)

    def _vectors(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """What the ids stand for, (B, T, D)."""
        x: Tensor = self.embedding(ids)
        if self.ngrams is not None:
            x = x + self.ngrams(ids, past)
        return self.dropout(x)  # type: ignore[no-any-return]

    def _split(self, state: State) -> tuple[State, Tensor, State]:
        """The keys and values of earlier positions, the position, and what belongs to the source."""
        n_memories = 2 * self.config.n_layer
        return state[:n_memories], state[n_memories], state[n_memories + 1 :]

    def _read(
        self, x: Tensor, memories: State, position: Tensor, *, source: State
    ) -> Iterator[tuple[Tensor, Attended, Attended | None]]:
        """Block by block: the residual stream after it, (B, T, D), and what its two attentions read."""
        n_time, n_before = x.shape[1], memories[0].shape[2]
        turns = rotation(position, n_time, self.config, like=self.head.weight)
        mask = sliding_window(n_time, n_before, self.config.memory, x.device)  # (T, S+T)
        for number, block in enumerate(self._blocks()):
            of_block = slice(2 * number, 2 * number + 2)
            x, attended, crossed = block(x, memories[of_block], turns, mask, source=source[of_block] + source[-1:])
            if self._held:
                x = hold_in_stream(x, number, self._held)
            yield x, attended, crossed

    def _blocks(self) -> list[Block]:
        return cast(list[Block], list(self.blocks))

    def _carried(self, attended: Attended) -> State:
        """The keys and values that the next window can still see, in the data type of the weights."""
        n_all = attended.keys.shape[2]
        first = n_all - min(n_all, self.config.memory - 1)
        return tuple(part[:, :, first:].to(self.head.weight.dtype) for part in (attended.keys, attended.values))

    def token_vectors(self) -> Tensor:
        return self.embedding.weight[: self.vocab_size]

    def matrices(self) -> list[Matrix]:
        matrices = [Matrix(weight) for weight in self.blocks.parameters() if weight.dim() == 2]
        if self.ngrams is not None:
            matrices += map(Matrix, self.ngrams.maps())
        return matrices if self.encoder is None else matrices + self.encoder.matrices()

    def _empty_state(self, ids: Tensor) -> State:
        config, n_streams = self.config, len(ids)
        empty = self.head.weight.new_empty(n_streams, config.n_head, 0, config.d_head)  # (B, H, S=0, K)
        position = torch.zeros(n_streams, dtype=torch.int64, device=ids.device)
        return (*[empty] * (2 * config.n_layer), position)


def build(config: TransformerConfig, encoder: EncoderConfig | None = None) -> TransformerDecoder:
    """A Transformer with new weights.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models.transformer import build
    >>> model = build(TransformerConfig(
    ...     vocab_size=9, n_layer=2, d_model=8, n_head=2, d_head=6, d_feedforward=16, memory=32, dropout=0.0
    ... ))
    >>> len(model.matrices())  # 7 a block: query, key, value, out, gate, up, down
    14
    """
    return TransformerDecoder(config, encoder)
