"""/tokenize, /detokenize and /tokenizer_info, in the form that vLLM's clients and the lm-evaluation-harness use."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from seqgen.run import SavedModel
from seqgen.server.answers import json_answer
from seqgen.server.completions.prompts import fitted
from seqgen.server.completions.scored_tokens import SPELLED_END
from seqgen.server.parameters.others import detokenize_table, tokenize_table
from seqgen.server.service import service_of
from seqgen.tokenizers import END_OF_TEXT


async def tokenize(request: Request) -> Response:
    """The token ids of a text. The end-of-text token is spelled `<|endoftext|>`."""
    service = service_of(request)
    fields = await service.read(request, tokenize_table(service.config))
    model = service.models.find_tokens_of(fields.values.get("model"))
    ids, notes = await service.desk.run(lambda: _tokens(fields.values["prompt"], model.saved))
    answer = {"tokens": ids, "count": len(ids), "max_model_len": service.config.longest_prompt}
    warnings = [*fields.warnings, *notes]
    return json_answer({**answer, **({"warnings": warnings} if warnings else {})})


async def detokenize(request: Request) -> Response:
    """The text of token ids."""
    service = service_of(request)
    fields = await service.read(request, detokenize_table(service.config))
    model = service.models.find_tokens_of(fields.values.get("model"))
    ids = [int(token) for token in fields.values["tokens"]]
    text = await service.desk.run(lambda: fitted(ids, model.saved, field="tokens").text)
    warnings = fields.warnings
    return json_answer({"prompt": text, **({"warnings": warnings} if warnings else {})})


async def tokenizer_info(request: Request) -> Response:
    """What the harness asks before it lets the server tokenize. `?model=` says about which model."""
    model = service_of(request).models.find_tokens_of(request.query_params.get("model"))
    info: dict[str, Any] = {
        "model": model.name,
        "tokenizer_class": model.saved.tokenizer.kind,
        "vocab_size": model.saved.tokenizer.vocab_size,
        "bos_token": SPELLED_END,
        "eos_token": SPELLED_END,
        "pad_token": SPELLED_END,
        "chat_template": None,
    }
    return json_answer(info)


def _tokens(text: str, saved: SavedModel) -> tuple[list[int], tuple[str, ...]]:
    """The ids of a text, and what of it had to be changed. The spelled end-of-text token alone is that token."""
    if text == SPELLED_END:
        return [END_OF_TEXT], ()
    prompt = fitted(text, saved, field="prompt")
    return list(prompt.ids), prompt.notes
