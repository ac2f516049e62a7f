"""The running average of the weights."""

from __future__ import annotations

import torch
from torch import nn

from seqgen.models import Decoder, build_model
from seqgen.training.averaging import WeightAverage
from tests.tiny import MODEL_CONFIGS


def model_of(value: float) -> Decoder:
    model = build_model(MODEL_CONFIGS["rnn"])
    set_all(model, value)
    return model


def set_all(model: nn.Module, value: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)


def test_the_first_step_is_its_own_average() -> None:
    model = model_of(1.0)
    average = WeightAverage(model, exponent=3.0)
    set_all(model, 5.0)
    average.update(step=1)
    assert set(average.weights[0].flatten().tolist()) == {5.0}


def test_exponent_zero_is_the_plain_mean_of_all_steps() -> None:
    model = model_of(0.0)
    average = WeightAverage(model, exponent=0.0)
    for step, value in enumerate([1.0, 2.0, 6.0], start=1):
        set_all(model, value)
        average.update(step)
    torch.testing.assert_close(average.weights[0], torch.full_like(average.weights[0], 3.0))


def test_a_larger_exponent_forgets_sooner() -> None:
    results = []
    for exponent in (0.0, 8.0):
        model = model_of(0.0)
        average = WeightAverage(model, exponent)
        for step in range(1, 101):
            set_all(model, float(step))
            average.update(step)
        results.append(average.weights[0].mean().item())
    assert results[0] < results[1] < 100
    assert abs(results[1] - 90) < 2  # the mean of t under t^8 is 9/10 of the way


def test_the_model_has_the_average_inside_the_block_and_its_own_weights_after_it() -> None:
    model = model_of(1.0)
    average = WeightAverage(model, exponent=3.0)
    set_all(model, 2.0)
    parameters = list(model.parameters())
    with average.in_place():
        assert set(parameters[0].flatten().tolist()) == {1.0}
    assert set(parameters[0].flatten().tolist()) == {2.0}
    assert set(average.weights[0].flatten().tolist()) == {1.0}
