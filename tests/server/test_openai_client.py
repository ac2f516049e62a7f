"""OpenAI's own client works with the server."""

from __future__ import annotations

import openai
import pytest

from seqgen.server.listening import Server


@pytest.fixture
def ai(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)


def test_it_lists_the_models(ai: openai.OpenAI) -> None:
    assert [model.id for model in ai.models.list()] == ["tiny", "reversed"]
    assert ai.models.retrieve("tiny").owned_by == "seqgen"


def test_it_gets_texts_with_logprobs(ai: openai.OpenAI) -> None:
    answer = ai.completions.create(
        model="tiny", prompt="Mina ", n=2, max_tokens=5, seed=1, logprobs=2, extra_body={"min_p": 0.01, "no_copy": 20}
    )
    assert [len(choice.text) for choice in answer.choices] == [5, 5]
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 10
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert "".join(logprobs.tokens or ()) == answer.choices[0].text


def test_it_gets_a_stream_with_the_usage_at_its_end(ai: openai.OpenAI) -> None:
    fields = {"model": "tiny", "prompt": "Mina ", "max_tokens": 50, "seed": 1}
    whole = ai.completions.create(**fields).choices[0].text  # type: ignore[call-overload]
    *events, last = ai.completions.create(**fields, stream=True, stream_options={"include_usage": True})  # type: ignore[call-overload]
    assert "".join(event.choices[0].text for event in events) == whole
    assert last.usage.completion_tokens == 50


def test_it_raises_its_own_errors_with_the_words_of_the_server(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="top_p is 2: it must be a number above 0 and at most 1"):
        ai.completions.create(model="tiny", prompt="", top_p=2)
    with pytest.raises(openai.NotFoundError, match="it must be one of tiny, reversed"):
        ai.completions.create(model="gpt-9", prompt="")
    with pytest.raises(openai.NotFoundError, match="there is no chat"):
        ai.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Hello"}])
