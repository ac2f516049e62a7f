"""What a run is made of: frozen dataclasses, one for each concern and each architecture.

A field without a default is chosen by `resolve` from the corpus and the budget unless the user sets it. Every other
default exists here and nowhere else. Each class checks its own values.
"""

from seqgen.config.corpus import CORPUS_SETTINGS, DEFAULT_ENCODING, DEFAULT_PART, CorpusConfig, Documents, Part
from seqgen.config.fields import FieldValue, fields_of, is_chosen
from seqgen.config.models import (
    DEFAULT_CELL,
    MODEL_CONFIGS,
    Cell,
    GruConfig,
    LstmConfig,
    MinGruConfig,
    ModelConfig,
    RecurrentConfig,
    RnnConfig,
    TransformerConfig,
    WeightDropConfig,
)
from seqgen.config.parsing import parse_bias, parse_field, parse_settings, tokenizer_config, unescape
from seqgen.config.sampling import DEFAULT_LENGTH, SamplingConfig, SamplingRequest, fresh_seed
from seqgen.config.tokenizers import (
    DEFAULT_TOKENIZER,
    TOKENIZER_CONFIGS,
    WORD_SPLITS,
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    SentencePieceModel,
    TokenizerConfig,
    TokenizerName,
    WhitespaceConfig,
    WordConfig,
    resolve_word_split,
)
from seqgen.config.training import (
    DEFAULT_DEVICE,
    DEFAULT_MINUTES,
    Budget,
    Device,
    Optimizer,
    Precision,
    TrainingConfig,
)

__all__ = [
    "CORPUS_SETTINGS",
    "DEFAULT_CELL",
    "DEFAULT_DEVICE",
    "DEFAULT_ENCODING",
    "DEFAULT_LENGTH",
    "DEFAULT_MINUTES",
    "DEFAULT_PART",
    "DEFAULT_TOKENIZER",
    "MODEL_CONFIGS",
    "TOKENIZER_CONFIGS",
    "WORD_SPLITS",
    "Budget",
    "ByteConfig",
    "Cell",
    "CharConfig",
    "CorpusConfig",
    "Device",
    "Documents",
    "FieldValue",
    "GruConfig",
    "LstmConfig",
    "MinGruConfig",
    "ModelConfig",
    "Optimizer",
    "Part",
    "Precision",
    "RecurrentConfig",
    "RnnConfig",
    "SamplingConfig",
    "SamplingRequest",
    "SentencePieceConfig",
    "SentencePieceModel",
    "TokenizerConfig",
    "TokenizerName",
    "TrainingConfig",
    "TransformerConfig",
    "WeightDropConfig",
    "WhitespaceConfig",
    "WordConfig",
    "fields_of",
    "fresh_seed",
    "is_chosen",
    "parse_bias",
    "parse_field",
    "parse_settings",
    "resolve_word_split",
    "tokenizer_config",
    "unescape",
]
