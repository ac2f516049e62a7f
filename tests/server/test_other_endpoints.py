"""What the server does beside completions: models, predictions, tokens, counts, its description."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from seqgen.config import ServingConfig
from seqgen.run import SavedModel
from seqgen.sampling import Prediction, Predictor
from seqgen.server.app import build_app
from seqgen.server.models import ServedModels
from seqgen.server.parameters.table import Fields
from seqgen.server.routes.predict import predictions_of


def test_models_are_listed_with_what_is_known_about_them(client: TestClient, saved: SavedModel) -> None:
    first, second = client.get("/v1/models").json()["data"]
    assert (first["id"], first["object"], first["kind"], first["cell"]) == ("tiny", "model", "text", "lstm")
    assert (second["id"], second["kind"]) == ("reversed", "pairs")
    assert first["parameters"] == saved.n_parameters
    assert client.get("/v1/models/tiny").json() == first
    assert client.get("/v1/models/other").status_code == 404


def test_no_answer_tells_a_path_of_this_machine(client: TestClient, saved: SavedModel) -> None:
    for path in ("/v1/models", "/openapi.json", "/metrics", "/tokenizer_info", "/"):
        assert str(saved.path.parent.parent) not in client.get(path).text


def test_models_of_the_same_name_get_different_ones(saved: SavedModel) -> None:
    with ServedModels.open([saved, saved, saved], ServingConfig()) as models:
        assert [model.name for model in models] == ["tiny", "tiny-2", "tiny-3"]


def test_predictions_are_those_of_seqgen_predict(client: TestClient, saved_pairs: SavedModel) -> None:
    fields = {"model": "reversed", "sources": ["abc", "dé"]}
    answer = client.post("/v1/predict", json=fields).json()
    expected = Predictor(saved_pairs).predict(["abc", "dé"])
    assert [item["predictions"][0]["target"] for item in answer["data"]] == [found[0].target for found in expected]
    first = answer["data"][0]["predictions"][0]
    assert math.isclose(first["log_probability"], expected[0][0].log_probability, rel_tol=1e-6)
    assert answer["warnings"] == ["source: the model does not know 'é': read as the unknown token"]


def test_several_targets_are_found_if_they_are_wanted(client: TestClient) -> None:
    fields = {"model": "reversed", "sources": "abc", "top": 3}
    assert len(client.post("/v1/predict", json=fields).json()["data"][0]["predictions"]) == 3


def test_predictions_end_when_their_client_has_left(served: ServedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    has_left, predicted = threading.Event(), []
    predict = Predictor.predict

    def predict_and_leave(predictor: Predictor, sources: Sequence[str]) -> list[list[Prediction]]:
        predicted.append(list(sources))
        has_left.set()
        return predict(predictor, sources)

    monkeypatch.setattr(Predictor, "predict", predict_and_leave)
    sources = ["abc", "d", "a" * 2000, "abc"]
    predictions_of(served.find("reversed"), Fields({"sources": sources}, ()), has_left=has_left)
    assert predicted == [["abc", "d"]]


def test_predictions_of_a_model_of_texts_are_refused(client: TestClient) -> None:
    response = client.post("/v1/predict", json={"sources": ["abc"]})
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "tiny learned from a text: ask /v1/completions for texts"


def test_a_text_becomes_tokens_and_tokens_become_a_text(client: TestClient, saved: SavedModel) -> None:
    tokens = client.post("/tokenize", json={"prompt": "Mina sat."}).json()
    assert tokens["tokens"] == saved.tokenizer.encode("Mina sat.").ids.tolist()
    assert tokens["count"] == 9
    assert client.post("/detokenize", json={"tokens": tokens["tokens"]}).json() == {"prompt": "Mina sat."}
    assert client.post("/detokenize", json={"tokens": [9999]}).status_code == 400
    assert client.post("/tokenize", json={"prompt": "<|endoftext|>"}).json()["tokens"] == [0]


def test_a_question_about_tokens_names_one_of_several_models(saved: SavedModel) -> None:
    with ServedModels.open([saved, saved], ServingConfig()) as models:
        client = TestClient(build_app(models, ServingConfig()), base_url="http://localhost")
        for answer in (
            client.get("/tokenizer_info"),
            client.post("/tokenize", json={"prompt": "M"}),
            client.post("/detokenize", json={"tokens": [3]}),
        ):
            assert answer.status_code == 400
            assert answer.json()["error"]["message"].endswith("it must be one of tiny, tiny-2")
        assert client.get("/tokenizer_info?model=tiny-2").status_code == 200


def test_the_harness_finds_what_it_asks_for_before_it_tokenizes(client: TestClient) -> None:
    info = client.get("/tokenizer_info").json()
    assert info["eos_token"] == info["bos_token"] == "<|endoftext|>"


def test_counts_are_kept_in_the_format_of_prometheus(client: TestClient) -> None:
    client.post("/v1/completions", json={"prompt": "Mina", "max_tokens": 6})
    client.get("/nowhere/1")
    client.get("/nowhere/2")
    lines = client.get("/metrics").text.splitlines()
    assert 'seqgen_tokens_read_total{model="tiny"} 4.0' in lines
    assert 'seqgen_tokens_written_total{model="tiny"} 6.0' in lines
    assert 'seqgen_requests_total{path="/v1/completions",status="200"} 1.0' in lines
    assert 'seqgen_requests_total{path="other",status="404"} 2.0' in lines
    assert 'seqgen_texts_writing{model="tiny"} 0.0' in lines


def test_the_page_is_shown(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '"id":"tiny"' in page.text


def test_the_page_knows_the_longest_text_with_a_key_too(served: ServedModels) -> None:
    for key in (None, "secret"):
        config = ServingConfig(longest_text=321, api_key=key)
        page = TestClient(build_app(served, config), base_url="http://localhost").get("/").text
        assert '<script type="application/json" id="json-limits">{"longest":321}</script>' in page


def test_health_is_told(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_every_field_of_a_request_is_described(client: TestClient) -> None:
    document: dict[str, Any] = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/completions"]["post"]
    fields = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"prompt", "max_tokens", "temperature", "logprobs", "logit_bias", "no_copy", "match"} <= set(fields)
    assert all(field["description"].endswith(".") for field in fields.values())
