"""The parts of encoders: direction, summary, attention over a source, and decoders that read sources themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from seqgen.config import EncoderConfig, ModelConfig, RecurrentConfig
from seqgen.models import build_model
from seqgen.models.recurrent_encoder import EncoderLayer, RecurrentEncoder
from seqgen.models.source_attention import SourceAttention
from seqgen.models.transformer_encoder import TransformerEncoder
from tests.tiny import MODEL_CONFIGS, PAIR_CONFIGS, SOURCE_V, V, encoder_config

RECURRENT = {name: pair for name, pair in PAIR_CONFIGS.items() if isinstance(pair[0], RecurrentConfig)}
every_recurrent_pair = pytest.mark.parametrize(("config", "encoder"), RECURRENT.values(), ids=RECURRENT.keys())

IDS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 0, 0], [7, 0, 0, 0, 0]])
LENGTHS = torch.tensor([5, 3, 1])


def encoder_of(config: ModelConfig, encoder: EncoderConfig) -> torch.nn.Module:
    torch.manual_seed(1)
    reader = build_model(config, encoder).double().eval().encoder
    assert reader is not None
    return reader


@every_recurrent_pair
def test_reading_back_is_reading_the_reversed_source_ahead(config: ModelConfig, encoder: EncoderConfig) -> None:
    reader = encoder_of(config, replace(encoder, n_layer=1, direction="bidirectional"))
    assert isinstance(reader, RecurrentEncoder)
    (layer,) = reader.layers
    assert isinstance(layer, EncoderLayer) and layer.back is not None
    outputs, summary = reader(IDS, LENGTHS)
    for source, length, written, whole in zip(IDS, LENGTHS, outputs, summary, strict=True):
        x = reader.embedding(source[:length])[:, None]  # (S, 1, E): time first
        ahead, back = layer.ahead(x, None)[0][:, 0], layer.back(x.flip(0), None)[0][:, 0].flip(0)
        torch.testing.assert_close(written[:length], torch.cat([ahead, back], dim=1), rtol=0, atol=1e-12)
        torch.testing.assert_close(whole, torch.cat([ahead[-1], back[0]]), rtol=0, atol=1e-12)


@every_recurrent_pair
def test_each_direction_has_its_share_of_the_width(config: ModelConfig, encoder: EncoderConfig) -> None:
    reader = encoder_of(config, encoder)
    outputs, summary = reader(IDS, LENGTHS)
    assert outputs.shape == (3, 5, encoder.d_model)
    assert summary.shape == (3, encoder.d_model)
    assert (reader.get_submodule("layers.0").back is None) == (encoder.direction == "forward")


def test_the_summary_of_a_transformer_is_the_mean_of_what_it_writes_about_the_source() -> None:
    reader = encoder_of(*PAIR_CONFIGS["transformer-bidirectional"])
    assert isinstance(reader, TransformerEncoder)
    outputs, summary = reader(IDS, LENGTHS)
    expected = torch.stack([written[:length].mean(dim=0) for written, length in zip(outputs, LENGTHS, strict=True)])
    torch.testing.assert_close(summary, expected, rtol=0, atol=1e-12)


def test_a_source_is_read_whole_however_short_the_attention_window_of_the_decoder_is() -> None:
    config, encoder = PAIR_CONFIGS["transformer-tied-bidirectional-attention"]  # a window of one position
    reader = encoder_of(config, encoder)
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.add_(0.1)
    changed = IDS.clone()
    changed[0, -1] = 2
    assert not torch.allclose(reader(IDS, LENGTHS)[0][0, 0], reader(changed, LENGTHS)[0][0, 0])


def test_attention_joins_the_weighted_mean_of_the_source_to_the_output() -> None:
    torch.manual_seed(0)
    attention = SourceAttention(3, 4).double()
    x, outputs = torch.randn(1, 2, 3).double(), torch.randn(1, 5, 4).double()
    joined, weights = attention(x, attention.memory(outputs, torch.tensor([4])))
    for time in range(2):
        query = attention.query.weight @ x[0, time]
        scores = torch.stack([query @ (attention.key.weight @ m) / 4**0.5 for m in outputs[0, :4]])
        expected_weights = scores.softmax(dim=0)
        torch.testing.assert_close(weights[0, time, :4], expected_weights)
        context = expected_weights @ outputs[0, :4]
        torch.testing.assert_close(joined[0, time], torch.tanh(attention.out(torch.cat([x[0, time], context]))))


def test_the_first_layer_attends_and_what_it_carries_along_does_not() -> None:
    torch.manual_seed(1)
    model = build_model(*PAIR_CONFIGS["gru-bidirectional-attention"]).double().eval()
    first, second, *memory = model.start(IDS, LENGTHS)
    traces = [model.trace(IDS[:, :1], (first, second, *read)) for read in (memory, (memory[0], -memory[1], LENGTHS))]
    layers, others = (trace.layers for trace in traces)
    assert not torch.allclose(layers[0], others[0])
    assert torch.equal(traces[0].state[0], traces[1].state[0])
    assert not torch.allclose(traces[0].state[1], traces[1].state[1])


def test_without_attention_the_blocks_of_a_transformer_see_one_vector() -> None:
    model = build_model(*PAIR_CONFIGS["transformer-bidirectional"])
    *_, keys, values, lengths = model.start(IDS, LENGTHS)
    assert keys.shape[2] == values.shape[2] == 1
    assert lengths.tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", ["gru", "gru-one-hot", "lstm-ngrams", "transformer", "transformer-ngrams"])
def test_without_an_encoder_a_decoder_reads_the_ids_of_sources_and_never_predicts_them(name: str) -> None:
    model = build_model(replace(MODEL_CONFIGS[name], source_vocab_size=SOURCE_V)).eval()
    ids = torch.tensor([[V, V + SOURCE_V - 1, V + 2, 0, 3]])
    logits, _ = model(ids)
    assert model.encoder is None
    assert logits.shape == (1, 5, V)
    changed = ids.clone()
    changed[0, 1] = V + 1
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    assert not torch.allclose(model(ids)[0][:, -1], model(changed)[0][:, -1])


def test_the_first_input_matrix_over_one_hot_vectors_of_both_vocabularies_is_no_matrix_of_layers() -> None:
    model = build_model(replace(MODEL_CONFIGS["gru-one-hot"], source_vocab_size=SOURCE_V))
    widths = {matrix.weight.shape[1] for matrix in model.matrices()}
    assert V + SOURCE_V not in widths
    assert len(model.matrices()) == 3


def test_dropout_of_an_encoder_is_its_own() -> None:
    config = replace(MODEL_CONFIGS["lstm"], dropout=0.0)
    reader = build_model(config, replace(encoder_config(), dropout=0.9)).train().encoder
    assert reader is not None
    outputs, _ = reader(IDS, LENGTHS)
    assert 0.7 < (outputs == 0).float().mean() <= 1
