"""Texts of a model in one call, for the tests of this folder."""

from __future__ import annotations

from typing import Any

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.run import SavedModel
from seqgen.sampling import GeneratedText, beam_search, fit_prompt, write_texts


def write(
    model: SavedModel, prompt: str = "", *, length: int = 100, count: int = 1, **options: Any
) -> list[GeneratedText]:
    """Texts that continue a prompt; `options` are those of `SamplingConfig`."""
    fitted = fit_prompt(prompt, model.tokenizer)
    request = SamplingRequest(length=length, count=count)
    return write_texts(model, fitted, config=SamplingConfig(**options), request=request)


def search(model: SavedModel, prompt: str = "", *, length: int = 100, width: int = 4, **options: Any) -> GeneratedText:
    """The text that a beam search finds."""
    fitted = fit_prompt(prompt, model.tokenizer)
    return beam_search(model, fitted, config=SamplingConfig(**options), length=length, width=width)
