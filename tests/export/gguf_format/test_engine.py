"""GGUF files in llama.cpp itself: the same ids, probabilities and texts as seqgen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import ExportConfig, ExportPrecision, FieldValue, SamplingConfig, SamplingRequest
from seqgen.export import export_model
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt, write_texts
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from tests.export.gguf_format.engine import Request, ask
from tests.export.gguf_format.models import MEMORY, halved, log_probabilities, transformer
from tests.export.hf_tokenizer.examples import ids_of, texts, trained
from tests.export.scripts import NASTY

N_POSITIONS = 400
N_CANDIDATES = 10
"""Of the likeliest tokens at a position, so many are compared."""
PROMPT = "a-b "
LONG_PROMPT = "b a - " * MEMORY
SHAPES: dict[str, dict[str, FieldValue]] = {
    "char": {},
    "byte": {"tie_weights": True, "d_model": 33, "d_feedforward": 47, "d_head": 6},
    "bpe": {"n_head": 3, "d_head": 20},
}
READ_BY_HAND = ("\u2581", "<|endoftext|>")
"""What llama.cpp reads otherwise; the export has notes on both."""


@dataclass(frozen=True)
class Opened:
    """What llama.cpp answered about a model."""

    saved: SavedModel
    texts: list[str]
    ids: list[list[int]]
    written: dict[str, dict[str, Any]]
    """What it wrote after each prompt, taking the likeliest token."""


def banned(tokenizer: Tokenizer) -> list[int]:
    """The end-of-text token, and bytes of unfinished characters, for which llama.cpp shows no probabilities."""
    pieces = [tokenizer.token_bytes(token, END_OF_TEXT) for token in range(1, tokenizer.vocab_size)]
    return [END_OF_TEXT, *(token for token, piece in enumerate(pieces, start=1) if len(piece) == 1 and piece > b"\x7f")]


def write_request(prompt: str, tokenizer: Tokenizer) -> Request:
    body = {"prompt": prompt, "n_predict": N_POSITIONS, "temperature": 0, "n_probs": N_CANDIDATES}
    return "/completion", {**body, "logit_bias": [[token, False] for token in banned(tokenizer)]}


def opened(saved: SavedModel, folder: Path, *, precision: ExportPrecision = "float32", exact: bool = True) -> Opened:
    """Export a model and let llama.cpp open it."""
    exported = export_model(saved, ExportConfig(format="gguf", precision=precision), out=folder)
    known = [text for text in [*texts()[:100], *NASTY] if not any(part in text for part in READ_BY_HAND)]
    prompts = [PROMPT, LONG_PROMPT]
    requests: list[Request] = [("/tokenize", {"content": text, "add_special": True}) for text in known]
    requests += [write_request(prompt, saved.tokenizer) for prompt in prompts]
    answers = ask(exported.path / f"{saved.name}.gguf", requests, exact=exact)
    ids = [answer["tokens"] for answer in answers[: len(known)]]
    return Opened(saved, known, ids, dict(zip(prompts, answers[len(known) :], strict=True)))


def written_ids(model: Opened, prompt: str) -> list[int]:
    return [step["id"] for step in model.written[prompt]["completion_probabilities"]]


def distances(model: Opened, prompt: str) -> list[float]:
    """How far llama.cpp's log-probabilities of the likeliest tokens are from seqgen's, at each position."""
    steps = model.written[prompt]["completion_probabilities"]
    ours = log_probabilities(model.saved, prompt, written_ids(model, prompt))
    return [
        max(abs(row[token["id"]] - token["logprob"]) for token in step["top_logprobs"])
        for row, step in zip(ours, steps, strict=True)
    ]


@pytest.fixture(scope="module")
def plain(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


@pytest.fixture(scope="module", params=SHAPES)
def model(request: pytest.FixtureRequest, plain: SavedModel, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    name = request.param
    saved = transformer(plain, trained(name), **SHAPES[name])
    return opened(saved, tmp_path_factory.mktemp("gguf") / name)


def test_texts_have_the_same_ids_and_unknown_characters_are_left_out(model: Opened) -> None:
    assert len(model.texts) > 100
    others = [
        text
        for text, ids in zip(model.texts, model.ids, strict=True)
        if ids != [END_OF_TEXT, *ids_of(model.saved.tokenizer, text)]
    ]
    assert others == []


@pytest.mark.parametrize("prompt", [PROMPT, LONG_PROMPT])
def test_probabilities_are_equal_at_400_positions_within_the_memory_and_beyond(model: Opened, prompt: str) -> None:
    differences = distances(model, prompt)
    assert len(differences) == N_POSITIONS
    assert max(differences) < 1e-4


@pytest.mark.parametrize("prompt", [PROMPT, LONG_PROMPT])
def test_the_likeliest_tokens_are_the_same(model: Opened, prompt: str) -> None:
    ids = written_ids(model, prompt)
    ours = log_probabilities(model.saved, prompt, ids)
    ours[:, banned(model.saved.tokenizer)] = -np.inf
    assert ours.argmax(axis=1).tolist() == ids


@pytest.mark.parametrize("model", ["char"], indirect=True)
def test_the_likeliest_text_is_the_same(model: Opened) -> None:
    prompt = fit_prompt(PROMPT, model.saved.tokenizer)
    request = SamplingRequest(length=N_POSITIONS)
    [text] = write_texts(model.saved, prompt, config=SamplingConfig(temperature=0), request=request)
    assert model.written[PROMPT]["content"] == text.text == model.saved.tokenizer.decode(written_ids(model, PROMPT))


@pytest.mark.parametrize("exact", [False, True])
def test_in_16_bits_probabilities_differ_by_little(plain: SavedModel, tmp_path: Path, exact: bool) -> None:
    saved = transformer(plain, trained("char"))
    usual = opened(saved, tmp_path / "char", precision="float16", exact=exact)
    assert max(distances(replace(usual, saved=halved(saved)), PROMPT)) < 2e-2


def test_the_file_brings_its_sampling_along_and_a_separator_is_the_end_of_a_text(
    plain: SavedModel, tmp_path: Path
) -> None:
    saved = transformer(plain, trained("char", "\n"))
    exported = export_model(saved, ExportConfig(format="gguf"), out=tmp_path / "lines")
    prompt = {"prompt": "a\nb", "n_predict": 1}
    tokenized, settings = ask(
        exported.path / "tiny.gguf", [("/tokenize", {"content": "a\nb"}), ("/completion", prompt)]
    )
    assert tokenized["tokens"] == ids_of(saved.tokenizer, "a\nb")
    sampling = settings["generation_settings"]
    assert sampling["temperature"] == pytest.approx(0.55)
    assert (sampling["top_k"], sampling["top_p"], sampling["min_p"]) == (0, 1.0, 0.0)
    assert sampling["repeat_penalty"] == 1.0


def test_the_program_on_the_card_writes_text(plain: SavedModel, tmp_path: Path) -> None:
    exported = export_model(transformer(plain, trained("char")), ExportConfig(format="gguf"), out=tmp_path / "out")
    card = (exported.path / "README.md").read_text(encoding="utf-8")
    program = card.partition("```python\n")[2].partition("```")[0]
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=exported.path, capture_output=True, timeout=60, check=True)
    assert len(done.stdout.decode()) >= 500
