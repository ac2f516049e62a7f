"""Into which format a model is exported, and in which number type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqgen.config.fields import require_choice

ExportFormat = Literal["transformers", "gguf", "onnx", "html"]
ExportPrecision = Literal["float32", "float16", "int8"]


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """One export.

    >>> from seqgen.config import ExportConfig
    >>> ExportConfig(format="pdf")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: format is 'pdf': it must be one of transformers, gguf, onnx, html
    """

    format: ExportFormat
    precision: ExportPrecision | None = None
    """The number type of the weights. None: the one that the format has unless told otherwise."""

    def __post_init__(self) -> None:
        require_choice(self, "format", ExportFormat)
        if self.precision is not None:
            require_choice(self, "precision", ExportPrecision)
