"""The weights of torch's own cells (nn.RNN, nn.LSTM, nn.GRU) as steps multiply them."""

from __future__ import annotations

import numpy as np

from seqgen.inference.base import Array, Shapes
from seqgen.inference.recurrent_cell import LayerWeights


def input_matrix(weights: LayerWeights) -> Array:
    """From the layer's input to its gates, (1+E, G*D), the gates in torch's order and the bias as the first row.

    >>> import numpy as np
    >>> from seqgen.inference.torch_cells import input_matrix
    >>> input_matrix({"cell.weight_ih_l0": np.eye(2), "cell.bias_ih_l0": np.array([5.0, 6.0])}).tolist()
    [[5.0, 6.0], [1.0, 0.0], [0.0, 1.0]]
    """
    return np.vstack((weights["cell.bias_ih_l0"], weights["cell.weight_ih_l0"].T))


def recurrent_matrix(weights: LayerWeights) -> Array:
    """From the layer's own output to its gates, (1+D, G*D), the bias as the first row.

    >>> import numpy as np
    >>> from seqgen.inference.torch_cells import recurrent_matrix
    >>> recurrent_matrix({"cell.weight_hh_l0": np.eye(2), "cell.bias_hh_l0": np.zeros(2)}).shape
    (3, 2)
    """
    return np.vstack((weights["cell.bias_hh_l0"], weights["cell.weight_hh_l0"].T))


def layer_shapes(d_input: int, d_model: int, *, n_gates: int) -> Shapes:
    """The shapes of a layer's weights, by their names in the torch module.

    >>> from seqgen.inference.torch_cells import layer_shapes
    >>> layer_shapes(8, 16, n_gates=4)["cell.weight_ih_l0"]
    (64, 8)
    """
    rows = n_gates * d_model
    return {
        "cell.weight_ih_l0": (rows, d_input),
        "cell.weight_hh_l0": (rows, d_model),
        "cell.bias_ih_l0": (rows,),
        "cell.bias_hh_l0": (rows,),
    }
