"""Hashed n-gram embeddings: what the latest few ids stand for together, from tables without a vocabulary."""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import HASH_FACTORS, HASH_PRIME, NO_ID, NgramConfig


@final
class NgramEmbeddings(nn.Module):
    """A table for each n-gram length from 2 to N, the sum of the rows that a position reads, and a linear map.

    A row is chosen by a hash of the latest n ids. Rows are zero at first, so that a new n-gram changes nothing. An
    n-gram that would begin before the stream is left out. The gradient is sparse: it has only the rows that were read.

    The tables are those of parameter-golf (OpenAI 2026), with lengths above 2; as direct connections to the output,
    they are older (Mikolov et al. 2011).

    >>> import torch
    >>> from seqgen.config import GruConfig
    >>> shape = {"n_layer": 1, "d_model": 8, "d_embedding": 4, "dropout": 0.0, "input_dropout": 0.0}
    >>> config = GruConfig(vocab_size=9, ngram_order=3, ngram_rows=50, ngram_width=2, **shape)
    >>> ngrams = NgramEmbeddings(config, order=3, d_input=4)
    >>> ngrams.row_numbers(torch.tensor([[3, 1, 4]]), past=None)  # pairs: below 50, triples: 50 and above
    tensor([[[-1, -1],
             [...,  -1],
             [..., ...]]])
    """

    def __init__(self, config: NgramConfig, *, order: int, d_input: int) -> None:
        super().__init__()
        self.order = order
        self.n_rows = config.ngram_rows
        self.dropout = config.ngram_dropout
        self.rows = nn.EmbeddingBag((order - 1) * self.n_rows, config.ngram_width, mode="sum", sparse=True)
        self.map = nn.Linear(config.ngram_width, d_input, bias=False)
        nn.init.zeros_(self.rows.weight)
        nn.init.normal_(self.map.weight, std=config.ngram_width**-0.5)

    @classmethod
    def of(cls, config: NgramConfig, d_input: int) -> NgramEmbeddings | None:
        """New tables; None if the configuration has no n-grams."""
        return None if config.ngram_order is None else cls(config, order=config.ngram_order, d_input=d_input)

    def forward(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """What to add to the embeddings of ids (B, T), after the ids (B, N-1) of the window before: (B, T, E)."""
        numbers = self.row_numbers(ids, past).flatten(0, 1)  # (B*T, N-1)
        counts = (numbers != NO_ID).to(self.rows.weight.dtype)
        if self.training and self.dropout:
            counts = F.dropout(counts, self.dropout)
        sums: Tensor = self.rows(numbers.clamp(min=0), per_sample_weights=counts)  # (B*T, W)
        mapped: Tensor = self.map(sums)
        return mapped.view(*ids.shape, -1)

    def tables(self) -> list[nn.Parameter]:
        """The weights of which a window reads a few rows only."""
        return list(self.rows.parameters())

    def maps(self) -> list[nn.Parameter]:
        """The weights that map rows to embeddings."""
        return list(self.map.parameters())

    def row_numbers(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """The rows that each position reads, (B, T, N-1); `NO_ID` where an n-gram begins before the stream."""
        grams = self._with_past(ids, past).unfold(1, self.order, 1).flip(2)  # (B, T, N), the latest id first
        sums = ((grams + 1) * torch.tensor(HASH_FACTORS[: self.order], device=ids.device)).cumsum(dim=2)
        tables = torch.arange(self.order - 1, device=ids.device) * self.n_rows
        numbers = sums[..., 1:] % HASH_PRIME % self.n_rows + tables
        return numbers.masked_fill(grams[..., 1:] == NO_ID, NO_ID)

    def past_after(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """The latest N-1 ids after a window, (B, N-1), the latest one last."""
        return self._with_past(ids, past)[:, ids.shape[1] :]

    def _with_past(self, ids: Tensor, past: Tensor | None) -> Tensor:
        if past is None:
            past = ids.new_full((len(ids), self.order - 1), NO_ID)
        return torch.cat([past, ids], dim=1)  # (B, N-1+T)


def split_state(
    ngrams: NgramEmbeddings | None, state: tuple[Tensor, ...] | None
) -> tuple[tuple[Tensor, ...] | None, Tensor | None]:
    """A decoder's state without n-grams, and their past, which comes last in the state.

    >>> split_state(None, (torch.zeros(2, 3),))
    ((tensor([[0., 0., 0.],
            [0., 0., 0.]]),), None)
    """
    return (state, None) if ngrams is None or state is None else (state[:-1], state[-1])


def carried_past(ngrams: NgramEmbeddings | None, ids: Tensor, past: Tensor | None) -> tuple[Tensor, ...]:
    """What n-grams add to the end of a decoder's state after a window; nothing without n-grams.

    >>> carried_past(None, torch.tensor([[3, 1]]), past=None)
    ()
    """
    return () if ngrams is None else (ngrams.past_after(ids, past),)
