"""GGUF: one file that llama.cpp opens, and whatever is built on it, with a card beside it. For Transformers.

llama.cpp applies no attention window to the architecture `qwen3`. It does to `mellum`, whose block is the same but for
a mixture of experts: with a single expert, this is seqgen's Transformer, beyond its memory too.
"""

from __future__ import annotations

from pathlib import Path

from seqgen.config import ExportConfig, TransformerConfig
from seqgen.errors import ConfigError
from seqgen.export.base import Notes
from seqgen.export.card import notes_on_expert
from seqgen.export.gguf_format.card import gguf_card
from seqgen.export.gguf_format.model_file import write_model_file
from seqgen.export.gguf_format.vocabulary import vocabulary_of
from seqgen.export.names import plain_name
from seqgen.run import SavedModel

__all__ = ["write"]

_EXACT_OPTIONS = "-ctk f32 -ctv f32 -fa off"
_ROUNDING = {
    "float32": (
        "keys and values have 16 bits in llama.cpp unless told otherwise, so log-probabilities differ by up to 0.01: "
        f"{_EXACT_OPTIONS} makes them equal"
    ),
    "float16": (
        "the weights have 16 bits, so log-probabilities differ by up to 0.01: export with --precision float32 and run "
        f"with {_EXACT_OPTIONS} for equal ones"
    ),
}
"""What to know about each precision."""
_CONTEXT = "in llama.cpp a text ends when it fills the context, the option -c: at most 131,072 tokens"


def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    """Write NAME.gguf and README.md into an empty folder.

    Raises:
        ConfigError: the model is no Transformer, or one with n-gram embeddings.
        TokenizerError: llama.cpp has nothing like its vocabulary.
    """
    model = _require_transformer(saved)
    vocabulary = vocabulary_of(saved.tokenizer)
    name = f"{plain_name(saved.name).removesuffix('.safetensors')}.gguf"
    precision = config.precision or "float32"
    notes = (*notes_on_expert(saved), *vocabulary.notes, _ROUNDING[precision], _CONTEXT)
    write_model_file(path / name, saved, model, vocabulary=vocabulary, half=precision == "float16")
    (path / "README.md").write_text(gguf_card(saved, file_name=name, notes=notes), encoding="utf-8")
    return notes


def _require_transformer(saved: SavedModel) -> TransformerConfig:
    model = saved.record.model
    if not isinstance(model, TransformerConfig):
        raise ConfigError(
            f"{saved.name} has the cell {model.cell}: gguf can hold Transformers only, so use --to html, onnx or "
            "transformers"
        )
    if model.ngram_order is not None:
        raise ConfigError(
            f"is {model.ngram_order}: gguf can hold no n-gram embeddings, so train with --set ngram_order=none, or use "
            "--to html",
            field="ngram_order",
        )
    return model
