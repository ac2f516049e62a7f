"""Who may use a server: names, keys, and pages of other origins."""

from __future__ import annotations

import pytest
from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from seqgen.config import ServingConfig
from seqgen.errors import ConfigError
from seqgen.server.access.gates import KeyGate
from seqgen.server.app import build_app
from seqgen.server.faults import RequestError
from seqgen.server.models import ServedModels

PAGE = "https://example.org"


def client_of(served: ServedModels, *, base: str = "http://localhost:8000", **options: object) -> TestClient:
    return TestClient(build_app(served, ServingConfig(**options)), base_url=base)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
def test_a_local_server_answers_to_names_of_this_machine(served: ServedModels, host: str) -> None:
    assert client_of(served).get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost:x"])
def test_a_local_server_answers_to_no_other_name(served: ServedModels, host: str) -> None:
    response = client_of(served).get("/v1/models", headers={"Host": host})
    assert response.status_code == 421
    assert "tiny" not in response.text


def test_a_server_for_others_answers_to_any_name(served: ServedModels) -> None:
    client = client_of(served, host="0.0.0.0", open=True)
    assert client.get("/v1/models", headers={"Host": "box.example"}).status_code == 200


def test_without_a_key_nothing_but_health_and_the_page_answers(served: ServedModels) -> None:
    client = client_of(served, api_key="secret")
    for path in ("/v1/models", "/metrics", "/openapi.json", "/nothing"):
        assert client.get(path).status_code == 401
    assert client.post("/v1/completions", content=b"x").json()["error"]["code"] == "invalid_api_key"
    assert client.get("/health").status_code == 200
    page = client.get("/")
    assert page.status_code == 200
    assert "tiny" not in page.text


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Basic c2VjcmV0", "secret", "Bearer sécret", "Bearer secret2"]
)
def test_a_wrong_key_is_refused(served: ServedModels, header: str) -> None:
    response = client_of(served, api_key="secret").get("/v1/models", headers={b"Authorization": header.encode()})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_the_right_key_is_accepted(served: ServedModels) -> None:
    headers = {"Authorization": "bearer secret"}
    assert client_of(served, api_key="secret").get("/v1/models", headers=headers).status_code == 200


def test_no_name_in_a_request_opens_the_path_that_it_asks_for() -> None:
    headers = [(b"host", b"box.example/health?")]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/v1/models", "headers": headers}
    request = HTTPConnection(scope)
    request._url = URL("http://box.example/health?/v1/models")  # as older releases of Starlette make it
    with pytest.raises(RequestError, match="key is missing"):
        KeyGate("secret").check(request)


@pytest.mark.parametrize("origin", [PAGE, "null", "http://localhost:9000", "ftp://localhost:8000", "http://evil"])
def test_pages_of_other_origins_are_refused(served: ServedModels, origin: str) -> None:
    response = client_of(served).post("/v1/completions", json={"prompt": ""}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "--allow-origin" in response.json()["error"]["message"]
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("origin", ["http://localhost:8000", "https://localhost:8000"])
def test_the_page_of_the_server_itself_is_accepted(served: ServedModels, origin: str) -> None:
    assert client_of(served).get("/v1/models", headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("allowed", [PAGE, "*"])
def test_an_origin_that_is_allowed_may_ask_and_read(served: ServedModels, allowed: str) -> None:
    client = client_of(served, allow_origin=(allowed,), api_key="secret")
    asked = client.options("/v1/completions", headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-headers"] == "Authorization, *"
    answer = client.get("/v1/models", headers={"Origin": PAGE, "Authorization": "Bearer secret"})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["vary"] == "Origin"


def test_an_address_for_others_needs_a_key_or_the_word_open() -> None:
    with pytest.raises(ConfigError, match="can be reached from other machines"):
        ServingConfig(host="0.0.0.0")
    assert not ServingConfig(host="0.0.0.0", api_key="secret").is_local
    assert ServingConfig(host="127.0.0.2").is_local
    assert ServingConfig(host="::1").is_local


def test_an_answer_forbids_browsers_to_guess_and_to_frame(served: ServedModels) -> None:
    headers = client_of(served).get("/").headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_a_fault_of_the_server_is_told_to_nobody_but_its_log(
    served: ServedModels, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("/home/me/secret")

    monkeypatch.setattr("seqgen.server.routes.completions.order_of", fail)
    response = client_of(served).post("/v1/completions", json={"prompt": ""})
    assert response.status_code == 500
    assert response.json()["error"]["message"] == "the server has made a mistake, which its log tells"
    assert "ValueError: /home/me/secret" in capsys.readouterr().err
