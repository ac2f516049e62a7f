"""A Transformer for transformers: it is Qwen3, of which every layer has a sliding window."""

from __future__ import annotations

from typing import Any

from seqgen.config import TransformerConfig
from seqgen.export.transformers_format.architecture import (
    MAX_POSITIONS,
    OWN_CODE,
    Architecture,
    modelling_file,
    ngram_fields,
    own_classes,
)
from seqgen.run.saved_model import Weights

_QWEN3 = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"}
_NAMES = {
    "embedding": "model.embed_tokens",
    "norm": "model.norm",
    "head": "lm_head",
    "ngrams.rows": "ngrams.rows",
    "ngrams.map": "ngrams.map",
}
"""Names of modules in a run, and in transformers."""
_NAMES_IN_BLOCK = {
    "attention_norm": "input_layernorm",
    "mlp_norm": "post_attention_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.out": "self_attn.o_proj",
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "mlp.gate": "mlp.gate_proj",
    "mlp.up": "mlp.up_proj",
    "mlp.down": "mlp.down_proj",
}
"""The same within a block, which is a layer there."""


def of_transformer(config: TransformerConfig, weights: Weights) -> Architecture:
    """Qwen3. With hashed n-grams, its embeddings get what Qwen3 does not have, and the model needs code of its own.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.export.transformers_format.transformer import of_transformer
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 1, "d_head": 4, "d_feedforward": 8, "memory": 8, "dropout": 0.0}
    >>> architecture = of_transformer(TransformerConfig(vocab_size=9, **shape), weights={})
    >>> architecture.config["architectures"], architecture.is_remote
    (['Qwen3ForCausalLM'], False)
    """
    renamed = {_renamed(name): array for name, array in weights.items()}
    if config.ngram_order is None:
        return Architecture(config={**_QWEN3, **_fields(config)}, weights=renamed, notes=(_window_note(config),))
    classes = own_classes("seqgen_transformer")
    facts = {"model_type": classes["model_type"], "width_letter": "D"}
    return Architecture(
        config={**classes, **_fields(config), **ngram_fields(config)},
        weights=renamed,
        notes=(OWN_CODE,),
        modelling_file=modelling_file("transformer.py.jinja", facts),
    )


def _fields(config: TransformerConfig) -> dict[str, Any]:
    return {
        "vocab_size": config.vocab_size,
        "hidden_size": config.d_model,
        "intermediate_size": config.d_feedforward,
        "num_hidden_layers": config.n_layer,
        "num_attention_heads": config.n_head,
        "num_key_value_heads": config.n_head,
        "head_dim": config.d_head,
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_epsilon,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": config.tie_weights,
        "max_position_embeddings": MAX_POSITIONS,
        "rope_theta": config.rope_base,  # for transformers 4
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_base},  # from transformers 5 on
        "use_sliding_window": True,  # without it, `sliding_window` is ignored
        "sliding_window": config.memory,
        "max_window_layers": 0,
        "layer_types": ["sliding_attention"] * config.n_layer,
        "use_cache": config.memory > 1,  # the cache of a window of 1 holds what nobody may see any more
    }


def _window_note(config: TransformerConfig) -> str:
    return f"a program that ignores its sliding window is right only for the first {config.memory:,} tokens"


def _renamed(name: str) -> str:
    """The name of a weight in transformers.

    >>> from seqgen.export.transformers_format.transformer import _renamed
    >>> _renamed("blocks.3.mlp.gate.weight")
    'model.layers.3.mlp.gate_proj.weight'
    """
    module = name.removesuffix(".weight")
    if module in _NAMES:
        return f"{_NAMES[module]}.weight"
    _, number, of_block = module.split(".", 2)
    return f"model.layers.{number}.{_NAMES_IN_BLOCK[of_block]}.weight"
