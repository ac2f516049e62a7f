"""What answers look like, as JSON Schemas."""

from __future__ import annotations

from seqgen.server.parameters.kinds import Schema

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}


def _object(optional: Schema | None = None, **properties: Schema) -> Schema:
    """An object with these properties, and perhaps some more."""
    return {"type": "object", "required": list(properties), "properties": {**properties, **(optional or {})}}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_WARNINGS: Schema = {"warnings": _TEXTS}
_LOGPROBS = _object(
    tokens=_TEXTS,
    token_logprobs=_list_of(_or_null(_NUMBER)),
    top_logprobs=_list_of(_or_null({"type": "object", "additionalProperties": _NUMBER})),
    text_offset=_list_of(_WHOLE),
)
_CHOICE = _object(
    text=_TEXT,
    index=_WHOLE,
    logprobs=_or_null(_LOGPROBS),
    finish_reason=_or_null({"enum": ["length", "stop"]}),
    ending=_or_null(_TEXT),
)
_USAGE = _object(prompt_tokens=_WHOLE, completion_tokens=_WHOLE, total_tokens=_WHOLE)
_PREDICTION = _object(target=_TEXT, log_probability=_NUMBER, probability=_NUMBER, ending=_TEXT)

ERROR = _object(error=_object(message=_TEXT, type=_TEXT, param=_or_null(_TEXT), code=_or_null(_TEXT)))
COMPLETION = _object(
    _WARNINGS,
    id=_TEXT,
    object={"const": "text_completion"},
    created=_WHOLE,
    model=_TEXT,
    choices=_list_of(_CHOICE),
    usage=_USAGE,
    seed=_WHOLE,
)
MODEL_CARD = _object(id=_TEXT, object={"const": "model"}, created=_WHOLE, owned_by=_TEXT)
MODELS = _object(object={"const": "list"}, data=_list_of(MODEL_CARD))
PREDICTIONS = _object(
    _WARNINGS,
    object={"const": "list"},
    model=_TEXT,
    data=_list_of(_object(index=_WHOLE, source=_TEXT, predictions=_list_of(_PREDICTION))),
)
TOKENIZED = _object(_WARNINGS, tokens=_list_of(_WHOLE), count=_WHOLE, max_model_len=_WHOLE)
DETOKENIZED = _object(_WARNINGS, prompt=_TEXT)
TOKENIZER_INFO = _object(model=_TEXT, vocab_size=_WHOLE, bos_token=_TEXT, eos_token=_TEXT)
HEALTH = _object(status={"const": "ok"})
