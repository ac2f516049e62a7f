"""A prompt of any characters is read as far as the model knows them, or refused in one line."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import TokenizerError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt, write_texts
from tests.tokenizers.examples import CONFIGS, EXOTIC, TRAINING, trained

ANY = st.text(max_size=20) | st.lists(st.sampled_from([*EXOTIC, *TRAINING[:40], "\udc80", "\ud800", "\x1b["])).map(
    "".join
)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("separator", ["", "\n\n"], ids=ascii)
@settings(max_examples=20)
@given(prompt=ANY)
def test_what_a_model_reads_of_a_prompt_is_text_of_its_vocabulary(name: str, separator: str, prompt: str) -> None:
    tokenizer = trained(name, separator)
    try:
        fitted = fit_prompt(prompt, tokenizer)
    except TokenizerError as error:
        assert "\n" not in str(error)
        return
    assert all(0 <= token < tokenizer.vocab_size for token in fitted.ids)
    assert not any("\n" in note for note in fitted.notes)
    fitted.text.encode()
    if tokenizer.is_lossless:
        assert fit_prompt(fitted.text, tokenizer).ids == fitted.ids


@pytest.fixture(scope="module")
def model(run_folder: object) -> SavedModel:
    return open_model(str(run_folder))


@settings(max_examples=30)
@given(
    prompt=ANY,
    temperature=st.sampled_from([0.0, -0.0, 1e-320, 0.8, 1e308]),
    penalty=st.sampled_from([1e-30, 1.0, 1e30]),
    others=st.fixed_dictionaries(
        {},
        optional={
            "top_k": st.sampled_from([1, 2**31 - 1]),
            "top_p": st.sampled_from([1e-320, 1.0]),
            "min_p": st.sampled_from([1e-320, 1.0]),
            "typical": st.sampled_from([1e-320, 1.0]),
            "presence_penalty": st.sampled_from([-1e30, 1e30]),
            "frequency_penalty": st.sampled_from([-1e30, 1e30]),
            "penalty_window": st.sampled_from([1, 2**31 - 1]),
            "bias": st.dictionaries(st.text("eth", min_size=1, max_size=2), st.sampled_from([-1e30, 1e30]), max_size=2),
            "ban": st.tuples(st.text("qz", min_size=1, max_size=2)),
        },
    ),
)
def test_any_prompt_and_options_at_their_edges_give_a_text_without_a_warning(
    model: SavedModel, prompt: str, temperature: float, penalty: float, others: dict[str, Any]
) -> None:
    try:
        fitted = fit_prompt(prompt, model.tokenizer)
    except TokenizerError:
        return
    config = SamplingConfig(temperature=temperature, repetition_penalty=penalty, seed=1, **others)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (text,) = write_texts(model, fitted, config=config, request=SamplingRequest(length=5))
    assert len(text.text) == 5
