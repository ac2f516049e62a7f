"""The page of a server: models, texts and odds over HTTP, keys, and what goes wrong."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from seqgen.page import server_page
from tests.page.acts import IS_DONE, TEXT, all_of, click, set_field, text_of, write
from tests.page.chromium import Browser, needs_chromium
from tests.page.scripted_server import Answer, scripted_server

pytestmark = needs_chromium

MODELS: list[dict[str, Any]] = [
    {"id": "one", "temperature": 0.7, "cell": "lstm", "parameters": 1234, "kind": "text"},
    {"id": "two", "temperature": 0.7, "kind": "text"},
    {"id": "table", "kind": "pairs"},
]
FIRST = math.log(0.5)
HASTE = "{ const slow = setTimeout; globalThis.setTimeout = (then, ms, ...rest) => slow(then, ms / 10, ...rest); }"
WARNINGS = [
    "prompt: the model does not know 'é': read as 'e'",
    "prompt: the model does not know '\\t': read as ' '",
    "prompt: the model does not know '\\u2003': read as \"'\"",
    "prompt: the model does not know '\U0001f600': skipped",
    "prompt: 3 more such changes",
]


def event(text: str, tokens: list[str], offsets: list[int], nats: float = -FIRST) -> dict[str, Any]:
    """An event of a stream, each of whose tokens was as likely as the end of the text."""
    top = [{token: -nats, "<|endoftext|>": -nats} for token in tokens]
    logprobs = {"tokens": tokens, "token_logprobs": [-nats] * len(tokens), "top_logprobs": top, "text_offset": offsets}
    return {"choices": [{"index": 0, "text": text, "logprobs": logprobs, "finish_reason": None}]}


def answering(*events: dict[str, Any], asked: list[dict[str, Any]] | None = None, key: str = "") -> Answer:
    """A server with three models that writes these events, and says that e is the likeliest token."""

    def answer(path: str, body: dict[str, Any], sent_key: str) -> tuple[int, Any]:
        if sent_key != key:
            return 401, {"error": {"message": "the key is missing or wrong"}}
        if path == "/v1/models":
            return 200, {"object": "list", "data": MODELS}
        if path == "/health":
            return 200, {}
        if not body.get("stream"):
            return 200, {**event("e", ["e"], [0]), "warnings": WARNINGS if "é" in body["prompt"] else []}
        if asked is not None:
            asked.append(body)
        return 200, list(events)

    return answer


def test_two_models_write_side_by_side_and_those_of_pairs_are_left_out(browser: Browser) -> None:
    asked: list[dict[str, Any]] = []
    with scripted_server(server_page(MODELS), answering(event("Hi", ["H", "i"], [0, 1]), asked=asked)) as address:
        tab = browser.open(address)
        assert write(tab, length=2, seed=3) == "Hi"
        tab.wait_until(f"{all_of('.written')}.join() === 'Hi,Hi'")
        assert tab.evaluate(all_of("#choice label")) == tab.evaluate(all_of("h2")) == ["one", "two"]
        assert "lstm, 1,234 parameters" in text_of(tab, ".about dl")
        assert {request.removeprefix(address) for request in tab.requests} == {"", "v1/completions"}
        assert tab.complaints == []
    assert sorted(body["model"] for body in asked) == ["one", "two"]
    wanted = {"max_characters": 2, "seed": 3, "temperature": 0.7, "top_p": 1, "top_k": None, "stop": None, "prompt": ""}
    assert wanted.items() <= asked[0].items()


def test_pieces_are_cut_where_tokens_begin_however_the_events_come(browser: Browser) -> None:
    events = [
        event("Mi", ["Mi"], [4]),
        event("n", ["na"], [6], nats=9.0),
        event("a", [], []),
        event("\U0001f600", ["bytes:\\xf0\\x9f", "bytes:\\x98\\x80"], [8, 8]),
        event(" x", [" x"], [9]),
    ]
    with scripted_server(server_page(MODELS[:1]), answering(*events)) as address:
        tab = browser.open(address)
        assert write(tab, prompt="Yes:") == "Mina\U0001f600 x"
        spans = tab.evaluate("[...document.querySelectorAll('.written span')].map((s) => [s.className, s.textContent])")
        assert spans == [["s1", "Mi"], ["s4", "na"], ["s2", "\U0001f600"], ["s1", " x"]]


def test_odds_and_what_the_server_says_about_the_prompt_are_shown(browser: Browser) -> None:
    with scripted_server(server_page(MODELS[:2]), answering(event("H", ["H"], [0]))) as address:
        tab = browser.open(address)
        tab.wait_until("document.querySelectorAll('.odds li').length === 4")
        assert tab.evaluate(all_of(".odds li")) == 2 * ["e50 %", "end of text50 %"]
        write(tab, prompt="é")
        tab.wait_until("!document.getElementById('prompt-hint').hidden")
        assert text_of(tab, "#prompt-hint") == (
            "“é” is read as “e”. Tab is read as space. U+2003 is read as “'”. 3 more such changes. "
            "Left out as unknown: “\U0001f600”."
        )


def test_the_page_asks_for_a_key_until_it_is_right(browser: Browser) -> None:
    with scripted_server(server_page(), answering(event("Hi", ["Hi"], [0]), key="secret")) as address:
        tab = browser.open(address)
        tab.wait_until("!document.getElementById('key-form').hidden")
        for key in ("wrong", "secret"):
            tab.evaluate(f"document.getElementById('key').value = '{key}'")
            click(tab, "#key-form button")
            if key == "wrong":
                tab.wait_until("!document.getElementById('key-error').hidden")
        tab.wait_until("!document.getElementById('form').hidden")
        assert write(tab) == "Hi"


def test_what_the_server_refuses_and_what_breaks_off_is_said(browser: Browser) -> None:
    def refuse(path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
        return 400, {"error": {"message": "max_characters is 99999: it must be at most 20,000"}}

    with scripted_server(server_page(MODELS[:1]), refuse) as address:
        tab = browser.open(address)
        click(tab, "#write")
        tab.wait_until("!document.querySelector('.card .error').hidden")
        assert text_of(tab, ".card .error") == "Max_characters is 99999: it must be at most 20,000."
    click(tab, "#write")
    tab.wait_until("document.querySelector('.card .error').textContent.includes('is it still running')")


def test_an_error_in_the_midst_of_a_stream_keeps_what_was_written(browser: Browser) -> None:
    events = [event("Hi", ["H", "i"], [0, 1]), {"error": {"message": "the queue is closed"}}]
    with scripted_server(server_page(MODELS[:1]), answering(*events)) as address:
        tab = browser.open(address)
        assert write(tab).startswith("H")
        assert text_of(tab, ".card .error") == "The queue is closed."


def test_a_length_beyond_what_the_server_writes_is_refused_once_and_by_the_page(browser: Browser) -> None:
    asked: list[dict[str, Any]] = []
    page = server_page(MODELS, longest_text=300)
    with scripted_server(page, answering(event("Hi", ["Hi"], [0]), asked=asked)) as address:
        tab = browser.open(address)
        assert tab.evaluate("document.getElementById('length').value") == "300"
        set_field(tab, "length", 30000)
        click(tab, "#write")
        assert text_of(tab, "#length-hint") == "A whole number from 1 to 300."
        assert tab.evaluate(all_of(".card .error")) == []
        assert asked == []


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_server_that_is_gone_is_said_and_the_button_is_free(browser: Browser, is_frozen: bool) -> None:
    released = threading.Event()
    answered = answering()

    def leave() -> Iterator[dict[str, Any]]:
        yield event("Hi", ["H", "i"], [0, 1])
        released.wait(20)

    def answer(path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
        if path == "/health":
            released.wait(20)
        return (200, leave()) if body.get("stream") else answered(path, body, key)

    with scripted_server(server_page(MODELS[:1]), answer) as address:
        tab = browser.open(address)
        tab.evaluate(HASTE)
        click(tab, "#write")
        tab.wait_until(f"{TEXT}.length > 0")
        if not is_frozen:
            released.set()
        tab.wait_until("!document.querySelector('.card .error').hidden", patience_s=20)
        released.set()
        assert text_of(tab, ".card .error") == "The server is gone or does not answer: is it still running?"
        assert tab.evaluate(TEXT).startswith("H")
        assert not tab.evaluate("document.getElementById('write').disabled")
        assert "Writing" not in text_of(tab, ".measures")


def test_a_server_that_lives_is_waited_for(browser: Browser) -> None:
    asked: list[str] = []
    answered = answering()

    def wait() -> Iterator[dict[str, Any]]:
        yield event("Hi", ["H", "i"], [0, 1])
        while asked.count("/health") < 3:
            threading.Event().wait(0.01)
        yield {"error": {"message": "the end"}}
        threading.Event().wait(0.5)  # the page reads this before the connection ends

    def answer(path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
        asked.append(path)
        return (200, wait()) if body.get("stream") else answered(path, body, key)

    with scripted_server(server_page(MODELS[:1]), answer) as address:
        tab = browser.open(address)
        tab.evaluate(HASTE)
        click(tab, "#write")
        tab.wait_until(IS_DONE)
        assert text_of(tab, ".card .error") == "The end."
