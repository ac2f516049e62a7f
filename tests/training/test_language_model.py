"""Models of pairs that begin with the weights of language models."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from seqgen.config import Cell, GruConfig, ModelConfig, TransformerConfig
from seqgen.errors import ConfigError
from seqgen.models import Decoder, build_model, load_weights, read_weights
from seqgen.training.language_model import begin_decoder, begin_encoder
from tests.models.pairs import LENGTHS, some_ids, some_sources
from tests.tiny import MODEL_CONFIGS, SOURCE_V, encoder_config

every_cell = pytest.mark.parametrize("cell", get_args(Cell))


def language_model(config: ModelConfig) -> Decoder:
    torch.manual_seed(7)
    model = build_model(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


@every_cell
def test_an_encoder_that_reads_forward_writes_what_the_language_model_writes(cell: Cell) -> None:
    config = replace(MODEL_CONFIGS[cell], vocab_size=SOURCE_V - 1)
    if not isinstance(config, TransformerConfig):
        config = replace(config, d_embedding=config.d_model)
    else:
        config = replace(config, memory=100)
    parent = language_model(config)
    encoder = replace(encoder_config("forward"), d_model=config.d_model, n_layer=config.n_layer)
    model = build_model(config, encoder).double().eval()
    load_weights(model, begin_encoder(read_weights(model), read_weights(parent)))
    assert model.encoder is not None
    sources = some_sources()[:1] % (SOURCE_V - 1)
    outputs, _ = model.encoder(sources, LENGTHS[:1])
    torch.testing.assert_close(outputs, parent.features(sources, None)[0], rtol=0, atol=1e-12)
    of_source = model.get_parameter("encoder.embedding.weight")
    torch.testing.assert_close(of_source[-1], of_source[:-1].mean(dim=0))


@every_cell
def test_a_decoder_takes_every_weight_of_the_language_model_and_leaves_the_others_fresh(cell: Cell) -> None:
    parent = read_weights(language_model(MODEL_CONFIGS[cell]))
    fresh = read_weights(build_model(MODEL_CONFIGS[cell], encoder_config()))
    begun = begin_decoder(fresh, parent)
    for name, array in begun.items():
        np.testing.assert_array_equal(array, parent.get(name, fresh[name]).astype(np.float32))


def test_a_transformer_that_begins_with_a_language_model_first_writes_as_that_does() -> None:
    config = MODEL_CONFIGS["transformer"]
    parent = language_model(config)
    model = build_model(config, encoder_config()).double().eval()
    load_weights(model, begin_decoder(read_weights(model), read_weights(parent)))
    logits, _ = model(some_ids(), model.start(some_sources(), LENGTHS))
    torch.testing.assert_close(logits, parent(some_ids())[0], rtol=0, atol=1e-12)


def test_layers_that_read_from_the_end_stay_fresh() -> None:
    gru = MODEL_CONFIGS["gru"]
    assert isinstance(gru, GruConfig)
    config = replace(gru, n_layer=1, d_embedding=24, d_model=12, vocab_size=SOURCE_V - 1)
    parent = read_weights(language_model(config))
    fresh = read_weights(build_model(config, replace(encoder_config(), d_model=24, n_layer=1)))
    begun = begin_encoder(fresh, parent)
    ahead, back = (f"encoder.layers.0.{direction}.cell.weight_hh_l0" for direction in ("ahead", "back"))
    np.testing.assert_array_equal(begun[ahead], parent["layers.0.cell.weight_hh_l0"].astype(np.float32))
    np.testing.assert_array_equal(begun[back], fresh[back])


def test_a_language_model_of_another_shape_is_refused() -> None:
    fresh = read_weights(build_model(MODEL_CONFIGS["gru"], encoder_config()))
    parent = read_weights(build_model(replace(MODEL_CONFIGS["gru"], d_model=20)))
    with pytest.raises(ConfigError, match=r"layers.0.cell.weight_ih_l0 of the language model is \(60, 5\)"):
        begin_decoder(fresh, parent)
    with pytest.raises(ConfigError, match=r"embedding\.weight"):
        begin_encoder(fresh, parent)
    deeper = read_weights(build_model(replace(MODEL_CONFIGS["gru"], n_layer=3)))
    with pytest.raises(ConfigError, match=r"layers.2.*nothing"):
        begin_decoder(fresh, deeper)
