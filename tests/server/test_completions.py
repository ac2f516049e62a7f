"""/v1/completions: what a request asks for is what it gets, and what cannot be is refused in one sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest
from starlette.testclient import TestClient

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt, next_odds, prefill, write_texts


def ask(client: TestClient, **fields: Any) -> dict[str, Any]:
    """The answer to a request, which must be accepted."""
    response = client.post("/v1/completions", json=fields)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def texts(client: TestClient, **fields: Any) -> list[str]:
    return [choice["text"] for choice in ask(client, **fields)["choices"]]


def refusal(client: TestClient, **fields: Any) -> tuple[str, str | None]:
    """The message of a 400, and the field that it names."""
    response = client.post("/v1/completions", json=fields)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    return error["message"], error["param"]


def sampled(saved: SavedModel, prompt: str, *, length: int, count: int = 1, **options: Any) -> list[str]:
    """What `seqgen sample` writes."""
    config = SamplingConfig(**{"temperature": saved.temperature, **options})
    fitted = fit_prompt(prompt, saved.tokenizer)
    request = SamplingRequest(length=length, count=count)
    return [text.text for text in write_texts(saved, fitted, config=config, request=request)]


def test_a_text_is_that_of_seqgen_sample_with_the_same_options(client: TestClient, saved: SavedModel) -> None:
    options = {"temperature": 0.7, "top_k": 5, "seed": 3, "presence_penalty": 0.5}
    expected = sampled(saved, "Mina ", length=40, count=3, **options)
    assert texts(client, prompt="Mina ", max_characters=40, n=3, **options) == expected


def test_a_text_has_500_characters_unless_the_request_says_how_many(client: TestClient) -> None:
    assert len(texts(client, prompt="Mina ")[0]) == 500


def test_max_tokens_counts_tokens_and_the_usage_says_so(client: TestClient) -> None:
    answer = ask(client, prompt="Mina ", max_tokens=7)
    assert answer["usage"] == {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    assert answer["choices"][0]["finish_reason"] == "length"


def test_the_answer_tells_the_seed_that_writes_the_text_again(client: TestClient) -> None:
    answer = ask(client, prompt="Mina ", max_tokens=20, seed=-1)
    assert texts(client, prompt="Mina ", max_tokens=20, seed=answer["seed"]) == [answer["choices"][0]["text"]]


def test_prompts_may_be_texts_or_token_ids_one_or_several(client: TestClient, saved: SavedModel) -> None:
    ids = [saved.tokenizer.encode(text).ids.tolist() for text in ("Mina ", "The ")]
    options = {"max_characters": 20, "seed": 5}
    expected = texts(client, prompt=["Mina ", "The "], **options)
    assert texts(client, prompt=ids, **options) == expected
    assert [*texts(client, prompt="Mina ", **options), *texts(client, prompt=ids[1], **options)] == expected


def test_a_text_ends_before_a_stop_string(client: TestClient) -> None:
    whole = texts(client, prompt="Mina ", max_characters=100, seed=1)[0]
    stop = whole[10:12]
    choice = ask(client, prompt="Mina ", max_characters=100, seed=1, stop=["", stop])["choices"][0]
    assert choice["text"] == whole[: whole.index(stop)]
    assert (choice["finish_reason"], choice["ending"]) == ("stop", "stop")


def test_best_of_returns_the_least_surprising_texts(client: TestClient, saved: SavedModel) -> None:
    config = SamplingConfig(temperature=1.0, seed=2)
    request = SamplingRequest(length=20, best_of=4)
    expected = write_texts(saved, fit_prompt("Mina ", saved.tokenizer), config=config, request=request)[0].text
    answer = ask(client, prompt="Mina ", max_characters=20, seed=2, temperature=1.0, best_of=4)
    assert [choice["text"] for choice in answer["choices"]] == [expected]
    assert answer["usage"]["completion_tokens"] == 80


def test_logprobs_are_those_of_the_model_itself(client: TestClient, saved: SavedModel) -> None:
    prompt = fit_prompt("Min", saved.tokenizer)
    odds = dict(next_odds(prefill(saved, prompt.ids), saved.tokenizer))
    found = ask(client, prompt="Min", max_tokens=1, temperature=9.0, seed=4, logprobs=3)["choices"][0]["logprobs"]
    assert found["tokens"] == list(found["top_logprobs"][0])[-1:] or found["tokens"][0] in found["top_logprobs"][0]
    assert found["text_offset"] == [3]
    for text, logprob in found["top_logprobs"][0].items():
        assert math.isclose(math.exp(logprob), odds[text], rel_tol=1e-5)
    assert max(odds, key=lambda text: odds[text]) == next(iter(found["top_logprobs"][0]))


def test_an_echo_scores_the_prompt_without_writing(client: TestClient, saved: SavedModel) -> None:
    choice = ask(client, prompt="Mina", max_tokens=0, echo=True, logprobs=1)["choices"][0]
    logprobs = choice["logprobs"]
    assert (choice["text"], logprobs["tokens"]) == ("Mina", ["M", "i", "n", "a"])
    assert logprobs["token_logprobs"][0] is None
    assert logprobs["top_logprobs"][0] is None
    odds = dict(next_odds(prefill(saved, fit_prompt("Min", saved.tokenizer).ids), saved.tokenizer))
    assert math.isclose(math.exp(logprobs["token_logprobs"][3]), odds["a"], rel_tol=1e-5)


def test_an_echo_of_prompts_of_different_lengths_scores_each_as_if_it_came_alone(client: TestClient) -> None:
    options = {"max_tokens": 1, "echo": True, "logprobs": 2, "seed": 1}
    together = ask(client, prompt=["Mina sat", "", "T", "The cat"], **options)["choices"]
    alone = [ask(client, prompt=prompt, **options)["choices"][0] for prompt in ("Mina sat", "", "T", "The cat")]
    assert [choice["text"] for choice in together] == [choice["text"] for choice in alone]
    for one, other in zip(together, alone, strict=True):
        assert one["logprobs"]["token_logprobs"] == pytest.approx(other["logprobs"]["token_logprobs"], abs=1e-5)
        assert len(one["logprobs"]["tokens"]) == len(one["text"])


def test_the_end_of_text_token_may_stand_before_prompt_ids(client: TestClient, saved: SavedModel) -> None:
    ids, options = saved.tokenizer.encode("Mina").ids.tolist(), {"max_characters": 9, "seed": 1}
    assert texts(client, prompt=[0, *ids], **options) == texts(client, prompt=ids, **options)


def test_logit_bias_makes_a_token_certain_or_impossible(client: TestClient, saved: SavedModel) -> None:
    a = saved.tokenizer.encode("a").ids.tolist()[0]
    assert texts(client, prompt="M", max_tokens=5, logit_bias={str(a): 100}) == ["aaaaa"]
    likeliest = texts(client, prompt="M", max_tokens=1, temperature=0)[0]
    token = saved.tokenizer.encode(likeliest).ids.tolist()[0]
    assert texts(client, prompt="M", max_tokens=1, temperature=0, logit_bias={str(token): -100}) != [likeliest]


def test_match_and_ban_hold(client: TestClient) -> None:
    assert texts(client, prompt="M", match="yes|yes yes", seed=1, n=2)[0] in ("yes", "yes yes")
    assert "e" not in texts(client, prompt="M", max_characters=50, ban=["e"], seed=1)[0]


def test_no_copy_holds(client: TestClient) -> None:
    assert len(texts(client, prompt="M", max_characters=30, no_copy=12, seed=1)[0]) == 30


def test_unknown_fields_and_characters_are_ignored_and_named(client: TestClient) -> None:
    answer = ask(client, prompt="M漢", max_tokens=1, user="me", suffix="")
    assert answer["warnings"] == [
        "ignored, because the server does not know them: user, suffix",
        "prompt: the model does not know '漢': skipped",
    ]


def test_values_that_clients_send_to_turn_filters_off_are_accepted(client: TestClient) -> None:
    plain = texts(client, prompt="M", max_tokens=20, seed=1)
    assert texts(client, prompt="M", max_tokens=20, seed=1, top_k=-1, min_p=0, top_p=1, stop=None, n=1.0) == plain


@pytest.mark.parametrize(
    ("fields", "message", "param"),
    [
        ({"temperature": -1}, "temperature is -1: it must be a number, 0 or more", "temperature"),
        ({"temperature": "hot"}, "temperature is 'hot': it must be a number, 0 or more", "temperature"),
        ({"top_p": 0}, "top_p is 0: it must be a number above 0 and at most 1", "top_p"),
        ({"n": True}, "n is true: it must be a whole number from 1 to 8", "n"),
        ({"n": 2, "best_of": 1}, "best_of is 1: it must be at least n, which is 2", "best_of"),
        (
            {"prompt": ["a", "b"], "n": 5},
            "best_of asks for 10 texts with its prompts: at most 8 a request",
            "best_of",
        ),
        (
            {"prompt": ["x" * 600, "y" * 600]},
            "prompt has 1,200 characters or tokens in all: it must have at most 1,000",
            "prompt",
        ),
        (
            {"logprobs": 20, "max_tokens": 10_000},
            "logprobs asks for up to 210,000 log-probabilities: at most 200,000 a request",
            "logprobs",
        ),
        ({"max_tokens": 20_001}, "max_tokens is 20001: it must be a whole number from 0 to 20,000", "max_tokens"),
        ({"prompt": [9999]}, "prompt holds the token 9999: ids are from 0 to 63", "prompt"),
        ({"logit_bias": {"9999": 1}}, "logit_bias holds the token 9999: ids are from 0 to 63", "logit_bias"),
        ({"stream_options": {"include_usage": True}}, "stream_options means nothing without stream", "stream_options"),
        ({"no_copy": 3}, "no_copy is 3: it must be 8 or more, because", "no_copy"),
        ({"match": "[a-z"}, "match [a-z: ", None),
        (
            {"match": "a{9}", "max_characters": 4},
            "max_characters is 4: the shortest text that match allows has 9",
            None,
        ),
        ({"prompt": "漢字"}, "the model knows no character of '漢字'", None),
        ({"ban": ["a"], "match": "a"}, "no text can begin here: the bans, no_copy, match and words together", None),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    client: TestClient, saved: SavedModel, fields: dict[str, Any], message: str, param: str | None
) -> None:
    last = saved.tokenizer.vocab_size - 1
    said, named = refusal(client, **fields)
    assert said.startswith(message.replace("to 63", f"to {last}"))
    assert named == param


def test_a_long_value_is_cut_in_the_message(client: TestClient) -> None:
    message, _ = refusal(client, model=None, temperature="x" * 5000)
    assert len(message) < 200


def test_a_model_that_is_not_served_is_not_found(client: TestClient) -> None:
    response = client.post("/v1/completions", json={"model": "gpt-9", "prompt": ""})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"
    assert response.json()["error"]["message"] == "model is 'gpt-9': it must be one of tiny, reversed"


def test_a_model_of_pairs_writes_no_texts(client: TestClient) -> None:
    message, param = refusal(client, model="reversed", prompt="abc")
    assert message == "reversed learned from pairs: ask /v1/predict for targets"
    assert param == "model"


def test_there_is_no_chat_and_the_answer_says_why(client: TestClient) -> None:
    response = client.post("/v1/chat/completions", json={"messages": []})
    assert response.status_code == 404
    assert "never trained on conversations" in response.json()["error"]["message"]


def test_only_some_of_many_changes_to_a_prompt_are_named(client: TestClient) -> None:
    prompt = "M" + "".join(map(chr, range(0x4E00, 0x4E00 + 100)))
    warnings = ask(client, prompt=prompt, max_tokens=1)["warnings"]
    assert len(warnings) == 21
    assert warnings[-1] == "prompt: 80 more such changes"
