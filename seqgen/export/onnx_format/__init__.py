"""One step of a model as an ONNX file, with its state as inputs and outputs.

The graph is written by hand, a file a cell. It keeps the names of the weights, needs no torch, and is smaller and
faster than what torch's exporter makes of the same module.
"""

from seqgen.export.onnx_format.folder import write

__all__ = ["write"]
