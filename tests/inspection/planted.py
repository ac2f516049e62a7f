"""Models in which something is planted by hand, and texts to find it in."""

from __future__ import annotations

import random

import numpy as np

from seqgen.config import CharConfig, LstmConfig, TransformerConfig
from seqgen.models import build_model, read_weights
from seqgen.tokenizers import Tokenizer, train_tokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def quoted_text(n: int, *, seed: int = 0) -> str:
    """Random words, some of them between quotation marks, in lines of random length."""
    draw = random.Random(seed)
    words: list[str] = []
    while sum(len(word) for word in words) < n:
        spoken = " ".join(random_word(draw) for _ in range(draw.randint(2, 9)))
        told = " ".join(random_word(draw) for _ in range(draw.randint(2, 9)))
        words.append(f'{told}, "{spoken}"' + draw.choice([" ", "\n"]))
    return "".join(words)[:n]


def random_word(draw: random.Random) -> str:
    return "".join(draw.choices(LETTERS, k=draw.randint(1, 8)))


def random_text(n: int, *, seed: int) -> str:
    """Characters without any order."""
    return "".join(random.Random(seed).choices(LETTERS + 'ABC  \n\n.,"()12', k=n))


def tokenizer_of(text: str) -> Tokenizer:
    return train_tokenizer(CharConfig(), [text], n_bytes=len(text))


def lstm_config(tokenizer: Tokenizer, *, d_model: int = 32) -> LstmConfig:
    shape = {"n_layer": 1, "d_model": d_model, "d_embedding": None}
    return LstmConfig(vocab_size=tokenizer.vocab_size, dropout=0.0, input_dropout=0.0, **shape)  # type: ignore[arg-type]


def with_quote_unit(config: LstmConfig, tokenizer: Tokenizer, *, number: int) -> dict[str, np.ndarray]:
    """New weights in which a unit is 1 inside of quotation marks and 0 outside of them.

    A quotation mark opens the input gate, and the new value is minus the sign of the unit's own output. Another
    character shuts the input gate; the forget gate is always open.
    """
    weights = read_weights(build_model(config))
    mark = int(tokenizer.encode('"').ids[0])
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights["layers.0.cell.weight_hh_l0"][:, number] = 0  # no other unit sees this one
    from_input, from_output, bias, other_bias = (weights[f"layers.0.cell.{name}"] for name in names)
    i, f, g, o = (gate * config.d_model + number for gate in range(4))
    for row in (i, f, g, o):
        from_input[row] = from_output[row] = bias[row] = other_bias[row] = 0
    bias[i], from_input[i, mark] = -20, 40
    bias[f], from_input[f, mark] = 20, -40  # a quotation mark also wipes out what was carried
    bias[g], from_output[g, number] = 6, -12  # with h at tanh(1) = 0.76 the new value is -1, with h at -0.76 it is 1
    bias[o] = 20
    return weights


def transformer_config(
    *, vocab_size: int = 24, d_model: int = 64, n_layer: int = 2, memory: int = 64
) -> TransformerConfig:
    shape = {"n_layer": n_layer, "d_model": d_model, "n_head": 2, "d_head": 32, "d_feedforward": 16, "dropout": 0.0}
    return TransformerConfig(vocab_size=vocab_size, memory=memory, rope_base=1e6, **shape)  # type: ignore[arg-type]


def with_heads(config: TransformerConfig) -> dict[str, np.ndarray]:
    """New weights with a previous-token head, 0:0, and an induction head, 1:0. The other head of each layer is uniform.

    The residual stream has a constant, the token, and what the first head copies there: the token before. A token is
    its number in binary, in the components that hardly turn with the position.
    """
    weights, slow, half = read_weights(build_model(config)), 8, config.d_head // 2
    v = config.vocab_size
    embedding = np.zeros((v, config.d_model), np.float32)
    embedding[:, 0] = 4
    embedding[:, 1 : 1 + v] = 4 * np.eye(v)
    weights["embedding.weight"][:] = embedding
    for layer in range(config.n_layer):
        for name in ("query", "key", "value", "out"):
            weights[f"blocks.{layer}.attention.{name}.weight"][:] = 0
        for norm in ("query_norm", "key_norm"):
            weights[f"blocks.{layer}.attention.{norm}.weight"][:] = 6
    query, key, value, out = (weights[f"blocks.0.attention.{name}.weight"] for name in ("query", "key", "value", "out"))
    angles = config.rope_base ** -(np.arange(half) / half)
    for pair in range(2):  # those that turn fastest; the key is a step ahead, so it fits the query of the next position
        query[pair, 0], key[pair, 0] = 1, np.cos(angles[pair])
        key[half + pair, 0] = np.sin(angles[pair])
    value[:v, 1 : 1 + v] = np.eye(v)
    out[1 + v : 1 + 2 * v, :v] = np.eye(v)
    signs = 2.0 * (np.arange(v) >> np.arange(half - slow)[:, None] & 1) - 1
    weights["blocks.1.attention.query.weight"][slow:half, 1 : 1 + v] = signs
    weights["blocks.1.attention.key.weight"][slow:half, 1 + v : 1 + 2 * v] = signs
    return weights
