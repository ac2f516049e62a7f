"""A model as a folder that the transformers library opens, without seqgen."""

from seqgen.export.transformers_format.folder import write

__all__ = ["write"]
