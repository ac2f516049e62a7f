"""An ONNX graph that is written operation by operation: the language in which the cells of this package are stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from seqgen.version import __version__

OPSET, IR_VERSION = 17, 8
"""Both of 2022: no newer operation is needed, and older engines can read the file."""
NEXT = "next_"
"""How the name of an output begins that is an input of the next step."""
_BATCH = "batch"

Array = NDArray[Any]
Value = str
"""A value in a graph is known by its name."""


class _State(NamedTuple):
    """What each text carries under one name."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


@final
class Graph:
    """One step over a batch of texts: their latest ids in, (B,), and the logits of the next ids out, (B, V).

    Weights keep the names that they have in the model file. What a text carries from step to step is an input that
    begins as zeros, and an output with `NEXT` before its name.

    >>> import numpy as np
    >>> from seqgen.export.onnx_format.storage import STORAGES
    >>> graph = Graph({"head.weight": np.zeros((9, 4))}, store=STORAGES["float32"])
    >>> h = graph.op("Tanh", graph.carried("h", 4))
    >>> graph.carry("h", h)
    'next_h'
    >>> model = graph.finish(graph.linear(h, "head.weight"), vocab_size=9, metadata={"name": "story"})
    >>> [output.name for output in model.graph.output]
    ['logits', 'next_h']
    """

    def __init__(self, weights: Mapping[str, Array], *, store: Callable[[Graph, str, Array], Value]) -> None:
        self._weights = weights
        self._store = store
        self._stored: dict[str, Value] = {}
        self._constants: list[TensorProto] = []
        self._nodes: list[NodeProto] = []
        self._carried: dict[str, _State] = {}
        self.ids: Value = "ids"
        """The latest id of each text, (B,) integers."""

    def op(self, kind: str, *inputs: Value, **attributes: Any) -> Value:
        """The one output of an operation of ONNX, such as `Tanh`."""
        (value,) = self._outputs(kind, inputs, n_outputs=1, attributes=attributes)
        return value

    def split(self, x: Value, n_parts: int) -> list[Value]:
        """The parts of the last axis, all of the same length."""
        return self._outputs("Split", (x,), n_outputs=n_parts, attributes={"axis": -1})

    def _outputs(
        self, kind: str, inputs: tuple[Value, ...], *, n_outputs: int, attributes: Mapping[str, Any]
    ) -> list[Value]:
        name = f"{kind}_{len(self._nodes)}"
        outputs = [f"{name}_{number}" for number in range(n_outputs)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, name, **attributes))
        return outputs

    def add(self, a: Value, b: Value) -> Value:
        return self.op("Add", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self.op("Mul", a, b)

    def cast(self, x: Value, dtype: DTypeLike) -> Value:
        return self.op("Cast", x, to=_type(dtype))

    def integers(self, numbers: ArrayLike, dtype: DTypeLike = np.int32) -> Value:
        """Whole numbers that belong to the operations."""
        return self.constant(np.array(numbers), dtype=dtype)

    def constant(self, array: ArrayLike, *, dtype: DTypeLike = np.float32, name: str | None = None) -> Value:
        """Numbers that are stored in the file."""
        tensor = numpy_helper.from_array(np.array(array, dtype), name or f"constant_{len(self._constants)}")
        self._constants.append(tensor)
        return tensor.name

    def weight(self, name: str) -> Value:
        """A weight of the model, in float32 whatever it is stored in."""
        if name not in self._stored:
            self._stored[name] = self._store(self, name, self._weights[name])
        return self._stored[name]

    def half_weight(self, name: str) -> Value:
        """A weight of the model, stored in float16 whatever the others are stored in."""
        return self.cast(self.constant(self._weights[name], dtype=np.float16, name=name), np.float32)

    def linear(self, x: Value, weight: str, bias: str | None = None) -> Value:
        """What a linear layer of torch makes of x with the weights of these names, (B, D) -> (B, d_out)."""
        biases = () if bias is None else (self.weight(bias),)
        return self.op("Gemm", x, self.weight(weight), *biases, transB=1)

    def carried(self, name: str, *shape: int, dtype: DTypeLike = np.float32) -> Value:
        """What each text carries from the step before, (B, *shape)."""
        self._carried[name] = _State(np.dtype(dtype), shape)
        return name

    def carry(self, name: str, value: Value) -> Value:
        """Hand a value on to the next step."""
        return self._named(NEXT + name, value)

    def states(self) -> list[dict[str, Any]]:
        """What is carried: names, number types, and shapes without the batch, as JSON values."""
        return [
            {"name": name, "type": state.dtype.name, "shape": list(state.shape)}
            for name, state in self._carried.items()
        ]

    def finish(self, logits: Value, *, vocab_size: int, metadata: Mapping[str, str]) -> ModelProto:
        """The whole model. The logits are its first output; states come out in the order in which they went in."""
        self._named("logits", logits)
        states = self._carried.items()
        inputs = [_info(self.ids, _State(np.dtype(np.int32), ())), *(_info(name, state) for name, state in states)]
        outputs = [_info("logits", _State(np.dtype(np.float32), (vocab_size,)))]
        outputs += [_info(NEXT + name, state) for name, state in states]
        graph = helper.make_graph(self._nodes, "step", inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name, model.producer_version = "seqgen", __version__
        helper.set_model_props(model, dict(metadata))
        return model

    def _named(self, name: str, value: Value) -> Value:
        self._nodes.append(helper.make_node("Identity", [value], [name], name))
        return name


def _type(dtype: DTypeLike) -> int:
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def _info(name: str, state: _State) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, _type(state.dtype), [_BATCH, *state.shape])
