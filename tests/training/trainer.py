"""A tiny model, its corpus and its training."""

from __future__ import annotations

import numpy as np
import torch

from seqgen.config import Budget, LstmConfig, TrainingConfig
from seqgen.corpus import Epochs, Streams
from seqgen.models import build_model
from seqgen.run import Report
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.trainer import train

V = 7
CONFIG = TrainingConfig(
    n_streams=4,
    window=8,
    learning_rate=0.01,
    muon_rate=0.02,
    evaluate_every=5,
    clip_norm=1.0,
    weight_decay=0.0,
    warmup_steps=0,
    final_rate=0.02,
    patience=None,
    precision="float32",
)
MODEL = LstmConfig(vocab_size=V, n_layer=1, d_model=10, d_embedding=4, dropout=0.0, input_dropout=0.0)
TRAIN = np.random.default_rng(0).integers(1, V, 200)
VALID = np.random.default_rng(1).integers(1, V, 60)


def fresh(config: TrainingConfig = CONFIG) -> TrainingState:
    torch.manual_seed(0)
    return TrainingState.fresh(build_model(MODEL).double(), config)


def data(*, with_valid: bool = True) -> TrainingData:
    epochs = Epochs(Streams(TRAIN, n_streams=4, window=8))
    if not with_valid:
        return TrainingData(epochs, None, None)
    return TrainingData(epochs, Streams(VALID, n_streams=2, window=16), float(len(VALID)))


def run(budget: Budget, config: TrainingConfig = CONFIG, **options: bool) -> tuple[TrainingState, list[Report]]:
    state = fresh(config)
    return state, list(train(state, data(**options), config=config, budget=budget))
