"""The GGUF file: what the model is, its vocabulary, its weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.export.gguf_format.vocabulary import GgufVocabulary
from seqgen.export.names import plain_name
from seqgen.export.number_types import in_type
from seqgen.inference.base import Array
from seqgen.run import SavedModel
from seqgen.run.saved_model import Weights
from seqgen.tokenizers import END_OF_TEXT

if TYPE_CHECKING:
    from gguf import GGUFWriter

ARCHITECTURE = "mellum"
CONTEXT_LENGTH = 131_072
"""How far llama.cpp lets a text grow. The model has no limit. Measured to be right to 100,000 tokens."""
_ALL_FLOAT32, _MOSTLY_FLOAT16 = 0, 1
"""Types of files in the format."""

_ATTENTION = {
    "attention_norm": "attn_norm",
    "attention.query": "attn_q",
    "attention.key": "attn_k",
    "attention.value": "attn_v",
    "attention.out": "attn_output",
    "attention.query_norm": "attn_q_norm",
    "attention.key_norm": "attn_k_norm",
    "mlp_norm": "ffn_norm",
}
"""seqgen's names of the weights of a block, and llama.cpp's."""
_EXPERTS = {"mlp.gate": "ffn_gate_exps", "mlp.up": "ffn_up_exps", "mlp.down": "ffn_down_exps"}
"""The same for those that each expert has."""
_CHOICE = "ffn_gate_inp"
"""The weight that chooses among experts. Of one expert, it may be zero. llama.cpp wants it in float32."""


def write_model_file(
    path: Path, saved: SavedModel, model: TransformerConfig, *, vocabulary: GgufVocabulary, half: bool
) -> None:
    """Write the file. `half`: matrices in float16."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, ARCHITECTURE)
    _describe(writer, saved, half=half)
    _add_shape(writer, model)
    _add_vocabulary(writer, vocabulary)
    for name, array in llama_weights(saved.weights, model).items():
        is_half = half and array.ndim > 1 and _CHOICE not in name
        dtype = np.float16 if is_half else np.float32
        writer.add_tensor(name, np.ascontiguousarray(in_type(name, array, dtype)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_weights(weights: Weights, model: TransformerConfig) -> dict[str, Array]:
    """The weights by the names that llama.cpp gives them. An output matrix that is the embedding stands there twice."""
    embedding = weights["embedding.weight"]
    named = {
        "token_embd.weight": embedding,
        "output_norm.weight": weights["norm.weight"],
        "output.weight": embedding if model.tie_weights else weights["head.weight"],
    }
    for number in range(model.n_layer):
        block, layer = f"blocks.{number}", f"blk.{number}"
        for name, theirs in _ATTENTION.items():
            named[f"{layer}.{theirs}.weight"] = weights[f"{block}.{name}.weight"]
        for name, theirs in _EXPERTS.items():
            named[f"{layer}.{theirs}.weight"] = weights[f"{block}.{name}.weight"][None]  # (1, d_out, d_in)
        named[f"{layer}.{_CHOICE}.weight"] = np.zeros((1, model.d_model))
    return named


def _describe(writer: GGUFWriter, saved: SavedModel, *, half: bool) -> None:
    """What the model is called and how it likes to be sampled: from all tokens, at its own temperature."""
    writer.add_name(plain_name(saved.name))
    writer.add_description(f"trained with seqgen on {saved.record.learned_from}")
    writer.add_file_type(_MOSTLY_FLOAT16 if half else _ALL_FLOAT32)
    writer.add_sampling_temp(saved.temperature)
    writer.add_sampling_top_k(0)
    writer.add_sampling_top_p(1.0)
    writer.add_sampling_min_p(0.0)


def _add_shape(writer: GGUFWriter, model: TransformerConfig) -> None:
    writer.add_block_count(model.n_layer)
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_vocab_size(model.vocab_size)
    writer.add_embedding_length(model.d_model)
    writer.add_feed_forward_length(model.d_feedforward)
    writer.add_head_count(model.n_head)
    writer.add_head_count_kv(model.n_head)
    writer.add_key_length(model.d_head)
    writer.add_value_length(model.d_head)
    writer.add_layer_norm_rms_eps(model.norm_epsilon)
    writer.add_rope_dimension_count(model.d_head)
    writer.add_rope_freq_base(model.rope_base)
    writer.add_rope_freq_base_swa(model.rope_base)
    writer.add_sliding_window(model.memory)
    writer.add_sliding_window_pattern([True] * model.n_layer)
    writer.add_expert_count(1)
    writer.add_expert_used_count(1)
    writer.add_expert_feed_forward_length(model.d_feedforward)


def _add_vocabulary(writer: GGUFWriter, vocabulary: GgufVocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.way)
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.merges:
        writer.add_token_merges(vocabulary.merges)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
    writer.add_bos_token_id(END_OF_TEXT)
    writer.add_eos_token_id(END_OF_TEXT)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
