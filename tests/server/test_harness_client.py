"""The lm-evaluation-harness scores continuations through its local-completions model."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest
from lm_eval.models.openai_completions import LocalCompletionsAPI
from lm_eval.utils import RemoteTokenizer, check_remote_tokenizer_support
from starlette.testclient import TestClient

from seqgen.run import SavedModel
from seqgen.sampling import next_odds, prefill
from seqgen.server.listening import Server
from seqgen.tokenizers import END_OF_TEXT


def scored(client: TestClient, contexts: list[list[int]], continuations: list[list[int]]) -> list[tuple[float, bool]]:
    """What the harness makes of the answer to the request that it sends."""
    harness = cast(LocalCompletionsAPI, SimpleNamespace(model="tiny"))
    prompts = [context + continuation for context, continuation in zip(contexts, continuations, strict=True)]
    payload = LocalCompletionsAPI._create_payload(harness, prompts, generate=False)
    answer: dict[str, Any] = client.post("/v1/completions", json=payload).json()
    found = LocalCompletionsAPI.parse_logprobs(answer, tokens=prompts, ctxlens=list(map(len, contexts)))
    return [(logprob, is_greedy) for logprob, is_greedy in found]


def expected(saved: SavedModel, context: list[int], continuation: list[int]) -> tuple[float, bool]:
    """Log-probability of a continuation token by token, and whether each is the likeliest."""
    total, is_greedy, ids = 0.0, True, list(context)
    for token in continuation:
        odds = next_odds(prefill(saved, ids), saved.tokenizer)
        text = saved.tokenizer.decode([token])
        total += math.log(dict(odds)[text])
        is_greedy = is_greedy and odds[0][0] == text
        ids.append(token)
    return total, is_greedy


def test_continuations_get_the_log_probabilities_that_the_model_gives(client: TestClient, saved: SavedModel) -> None:
    encode = saved.tokenizer.encode
    contexts = [encode("Mina ").ids.tolist(), encode("T").ids.tolist(), encode("The cat sat").ids.tolist()]
    likeliest = next_odds(prefill(saved, contexts[1]), saved.tokenizer)[0][0]
    continuations = [encode("sat").ids.tolist(), encode(likeliest).ids.tolist(), encode(" down.").ids.tolist()]
    found = scored(client, contexts, continuations)
    assert found[1][1]
    for context, continuation, (logprob, is_greedy) in zip(contexts, continuations, found, strict=True):
        total, was_greedy = expected(saved, context, continuation)
        assert logprob == pytest.approx(total, rel=1e-5)
        assert is_greedy == was_greedy


def test_a_text_without_a_context_is_scored_from_its_first_token_on(client: TestClient, saved: SavedModel) -> None:
    ids = saved.tokenizer.encode("Mina sat").ids.tolist()
    ((logprob, _),) = scored(client, [[END_OF_TEXT]], [ids])
    assert logprob == pytest.approx(expected(saved, [], ids)[0], rel=1e-5)


def test_a_prompt_that_begins_with_the_end_of_text_token_is_echoed_with_it(client: TestClient) -> None:
    fields = {"prompt": [END_OF_TEXT, 5, 6], "max_tokens": 1, "echo": True, "logprobs": 0, "seed": 1}
    (choice,) = client.post("/v1/completions", json=fields).json()["choices"]
    assert choice["logprobs"]["tokens"][0] == "<|endoftext|>"
    assert choice["logprobs"]["text_offset"] == [0, 0, 1, 2]
    assert choice["logprobs"]["token_logprobs"][:1] == [None]


def test_the_harness_lets_the_server_tokenize(server: Server, saved: SavedModel) -> None:
    address = f"{server.address}/v1/completions"
    assert check_remote_tokenizer_support(address)
    tokenizer = RemoteTokenizer(address)
    assert tokenizer.encode("Mina sat.") == saved.tokenizer.encode("Mina sat.").ids.tolist()
    assert tokenizer.decode(tokenizer.encode("Mina sat.")) == "Mina sat."
    assert tokenizer.eos_token_id == 0
