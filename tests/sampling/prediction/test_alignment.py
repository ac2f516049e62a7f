"""Where a model looks in a source while it writes a target."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling import Predictor, align


@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_every_token_of_the_target_has_a_weight_for_every_token_of_the_source(
    texts: dict[str, SavedModel], kind: str
) -> None:
    (found,) = Predictor(texts[kind]).predict(["abca"])
    alignment = align(texts[kind], "ab!a", found[0])
    assert alignment.source == ("a", "b", "\ufffd", "a", "")
    assert "".join(alignment.target) == found[0].target
    assert alignment.weights.shape == (len(alignment.target), 5)
    np.testing.assert_allclose(alignment.weights.sum(axis=1), 1, atol=1e-6)


def test_a_label_is_one_row(labels: dict[str, SavedModel]) -> None:
    (found,) = Predictor(labels["gru"]).predict(["ab"])
    alignment = align(labels["gru"], "ab", found[0])
    assert alignment.target == (found[0].target,)
    assert alignment.weights.shape == (1, 3)


@pytest.mark.parametrize("kind", ["none", "lstm-summary"])
def test_a_model_without_attention_has_no_alignment(texts: dict[str, SavedModel], kind: str) -> None:
    (found,) = Predictor(texts[kind]).predict(["ab"])
    with pytest.raises(ConfigError, match="no attention"):
        align(texts[kind], "ab", found[0])
