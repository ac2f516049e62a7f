"""Bodies that are no request: each is refused in one sentence."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b'{"temperature": NaN}', "the body is not JSON: NaN is not allowed"),
        (b'{"temperature": -Infinity}', "the body is not JSON: -Infinity is not allowed"),
        (b'{"temperature": 1e999}', "temperature is inf"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "the body holds a whole number with too many digits"),
        (b'{"prompt": "\xff"}', "the body is not UTF-8 at byte 12"),
        (b'{"prompt": "\\ud800"}', "the body holds half a character"),
        (b'{"\\udfff": 1}', "the body holds half a character"),
        (b"[" * 9000, "the body is nested too deeply"),
        (b'{"a":' * 3000, "the body is n"),
        (b"[1, 2]", "the body is [1, 2]: it must be a JSON object"),
        (b"null", "the body is null: it must be a JSON object"),
        (b'"text"', "the body is 'text': it must be a JSON object"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/completions", "/v1/predict", "/tokenize"])
def test_a_body_that_is_no_request_is_refused(client: TestClient, path: str, body: bytes, message: str) -> None:
    response = client.post(path, content=body)
    if path != "/v1/completions" and message == "temperature is inf":
        assert response.status_code == 400
        return
    assert (response.status_code, response.json()["error"]["message"][: len(message)]) == (400, message)


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    response = client.post("/v1/completions", json={"prompt": "x" * 30_000})
    assert response.status_code == 413
    assert response.json()["error"]["message"] == "the body is larger than 20,000 bytes"


def test_a_large_body_without_a_length_is_refused(client: TestClient) -> None:
    response = client.post("/v1/completions", content=iter([b"x" * 15_000] * 3))
    assert response.status_code == 413


def test_a_path_that_does_not_exist_is_not_found(client: TestClient) -> None:
    response = client.get("/etc/passwd")
    assert response.status_code == 404
    assert response.json()["error"]["message"] == "there is nothing at '/etc/passwd': see /openapi.json"


def test_a_method_that_a_path_does_not_take_is_refused(client: TestClient) -> None:
    response = client.get("/v1/completions")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    response = client.delete("/health")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_a_mark_of_the_byte_order_before_a_body_is_ignored(client: TestClient) -> None:
    """Windows PowerShell writes one."""
    assert client.post("/tokenize", content=b'\xef\xbb\xbf{"prompt": "M"}').status_code == 200
