"""Backpropagation through time for the plain recurrent network, written out by hand in NumPy.

The network reads one token a step. With x[t] the one-hot vector of input token t:

    h[t] = tanh(W_xh x[t] + W_hh h[t-1] + b_h)     the state
    z[t] = W_hy h[t] + b_y                         the logits of the next token
    p[t] = softmax(z[t])                           their probabilities
    loss = mean over t of -ln p[t, target t]       in nats per token

Shapes: T time steps, V tokens in the vocabulary, D units of the state. One stream is read, so there is no batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The weights of the network. Their gradients have the same names and shapes."""

    W_xh: Array  # (D, V): column v is what token v adds to the sums
    W_hh: Array  # (D, D): the same at every time step
    W_hy: Array  # (V, D)
    b_h: Array  # (D,)
    b_y: Array  # (V,)


@dataclass(frozen=True, kw_only=True)
class Gradients:
    """What the backward pass finds."""

    weights: Weights
    states: Array
    """The gradient of the loss with respect to every state, the one before the first step included: (T+1, D)."""


def forward(weights: Weights, inputs: NDArray[np.int64], h: Array) -> tuple[Array, Array]:
    """Read the inputs (T,) from the state h (D,) on.

    Returns:
        All states, (T+1, D), beginning with h, and the probabilities after each input, (T, V).

    >>> weights = Weights(W_xh=np.eye(2), W_hh=np.eye(2), W_hy=np.zeros((3, 2)), b_h=np.zeros(2), b_y=np.zeros(3))
    >>> states, probabilities = forward(weights, np.array([0, 1]), np.zeros(2))
    >>> states.shape, probabilities.shape
    ((3, 2), (2, 3))
    """
    states = np.empty((len(inputs) + 1, len(h)))
    states[0] = h
    for t, token in enumerate(inputs):
        sums = weights.W_xh[:, token] + weights.W_hh @ states[t] + weights.b_h  # (D,)
        states[t + 1] = np.tanh(sums)
    logits = states[1:] @ weights.W_hy.T + weights.b_y  # (T, V)
    return states, _softmax(logits)


def mean_loss(probabilities: Array, targets: NDArray[np.int64]) -> float:
    """The mean of -ln p over the targets (T,), in nats per token.

    >>> round(mean_loss(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0])), 4)  # (ln 2 + ln 4) / 2
    1.0397
    """
    return float(-np.log(probabilities[np.arange(len(targets)), targets]).mean())


def backward(
    weights: Weights, inputs: NDArray[np.int64], targets: NDArray[np.int64], *, states: Array, probabilities: Array
) -> Gradients:
    """The gradient of the mean loss, by the chain rule from the last step back to the first.

    `states` and `probabilities` are those of `forward`. The state before the first step counts as a constant for the
    weights: what lies before it gets no gradient. So a long text that is cut into windows is learned from by truncated
    backpropagation through time (Williams & Peng 1990).

    >>> weights = Weights(W_xh=np.eye(2), W_hh=np.eye(2), W_hy=np.eye(2), b_h=np.zeros(2), b_y=np.zeros(2))
    >>> inputs, targets = np.array([0, 1]), np.array([1, 1])
    >>> states, probabilities = forward(weights, inputs, np.zeros(2))
    >>> gradients = backward(weights, inputs, targets, states=states, probabilities=probabilities)
    >>> gradients.states.shape, gradients.weights.W_hh.shape
    ((3, 2), (2, 2))
    """
    n_steps = len(targets)

    # Softmax and logarithm together: the gradient of -ln p[target] with respect to the logits is p - one-hot(target).
    d_logits = probabilities.copy()  # (T, V)
    d_logits[np.arange(n_steps), targets] -= 1
    d_logits /= n_steps  # the loss is a mean

    # A state changes the loss in two ways: through its own logits, and through the next state.
    d_states = np.zeros_like(states)  # (T+1, D)
    d_states[1:] = d_logits @ weights.W_hy  # its own logits
    d_sums = np.empty_like(states[1:])  # (T, D)
    for t in reversed(range(n_steps)):
        slope = 1 - states[t + 1] ** 2  # of tanh, (D,)
        d_sums[t] = slope * d_states[t + 1]
        d_states[t] += weights.W_hh.T @ d_sums[t]  # the next state: one more factor for each step back

    # Every step used the same weights, so their gradient is the sum over all steps.
    d_input = np.zeros_like(weights.W_xh)  # (D, V)
    np.add.at(d_input.T, inputs, d_sums)  # the column of a token gets the sum over the steps that read it
    return Gradients(
        weights=Weights(
            W_xh=d_input,
            W_hh=d_sums.T @ states[:-1],
            W_hy=d_logits.T @ states[1:],
            b_h=d_sums.sum(axis=0),
            b_y=d_logits.sum(axis=0),
        ),
        states=d_states,
    )


def _softmax(logits: Array) -> Array:
    """Probabilities (T, V). The largest logit is subtracted first, so that no exponential overflows."""
    powers: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    sums: Array = powers.sum(axis=1, keepdims=True)
    return powers / sums
