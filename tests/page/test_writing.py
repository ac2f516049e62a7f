"""A reader writes with the page: buttons, keys, seeds, settings, errors."""

from __future__ import annotations

import pytest

from tests.page.acts import IS_DONE, TEXT, all_of, click, set_field, text_of, write
from tests.page.chromium import Browser, needs_chromium
from tests.page.pages_of_fakes import fake, page_of

pytestmark = needs_chromium

SLOW_MS = 20


def test_pressing_write_writes_a_text_of_this_length(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    assert write(tab, length=30, seed=0) == "abcdefghijklmnopqrstuvwxyz abc"
    assert text_of(tab, ".measures").startswith("30 characters · seed 0 ·")
    assert tab.complaints == []


def test_the_model_gets_what_the_fields_say(browser: Browser) -> None:
    tab = browser.open(page_of(fake(temperature=0.65)))
    write(tab, prompt="Mina", length=3, seed=7, stop=r"\n\\", **{"top-p": 0.9})
    (request,) = tab.evaluate("fakes[0].requests")
    assert request == {
        "prompt": "Mina",
        "temperature": 0.65,
        "topP": 0.9,
        "topK": None,
        "length": 3,
        "seed": 7,
        "stop": "\n\\",
    }


def test_control_and_enter_write_and_escape_stops(browser: Browser) -> None:
    tab = browser.open(page_of(fake(pauseMs=SLOW_MS)))
    tab.evaluate("document.getElementById('prompt').focus()")
    tab.press("Enter", with_control=True)
    tab.wait_until(f"{TEXT}.length > 0")
    tab.press("Escape")
    tab.wait_until(IS_DONE)
    assert text_of(tab, ".measures").startswith("Stopped · ")
    assert tab.evaluate("document.getElementById('prompt').value") == ""


def test_the_button_stops_and_the_focus_is_never_lost(browser: Browser) -> None:
    tab = browser.open(page_of(fake(pauseMs=SLOW_MS)))
    tab.evaluate("document.getElementById('write').focus()")
    tab.press("Enter")
    tab.wait_until("document.activeElement.id === 'stop-writing'")
    tab.press("Enter")
    tab.wait_until("document.activeElement.id === 'write'")
    assert len(tab.evaluate(TEXT)) < 500


def test_after_continuing_the_focus_is_where_it_was(browser: Browser) -> None:
    tab = browser.open(page_of(fake(pauseMs=2)))
    write(tab, length=5)
    tab.evaluate("document.querySelector('.continue').focus()")
    tab.press("Enter")
    tab.wait_until("document.activeElement.id === 'stop-writing'")
    tab.wait_until(f"{TEXT}.length === 10 && {IS_DONE}")
    assert tab.evaluate("document.activeElement.className") == "continue"


def test_without_a_seed_each_text_has_its_own_and_it_can_be_had_again(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    first = write(tab, length=40)
    click(tab, "#again")
    tab.wait_until(IS_DONE)
    assert tab.evaluate(TEXT) == first
    write(tab)
    seeds = tab.evaluate("fakes[0].requests.map(({ seed }) => seed)")
    assert seeds[0] == seeds[1] != seeds[2]


def test_continue_goes_on_where_the_text_ends(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    write(tab, prompt="Mina: ", length=5, seed=0)
    click(tab, ".continue")
    tab.wait_until(f"{TEXT}.length === 10")
    assert tab.evaluate("fakes[0].requests[1].prompt") == "Mina: abcde"
    assert text_of(tab, ".text").startswith("Mina: abcde")


def test_a_text_is_continued_with_the_settings_of_now(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    write(tab, length=5, seed=3)
    set_field(tab, "temperature", 1.5)
    click(tab, ".continue")
    tab.wait_until(f"{TEXT}.length === 10")
    request = tab.evaluate("fakes[0].requests[1]")
    assert (request["temperature"], request["seed"]) == (1.5, 4)
    tab.wait_until(IS_DONE)
    assert "seed 3, continued" in text_of(tab, ".measures")


def test_a_text_that_the_model_ended_is_said_to_be_whole(browser: Browser) -> None:
    tab = browser.open(page_of(fake(endsAfter=4)))
    write(tab, length=30)
    assert text_of(tab, ".measures").startswith("The model ended the text · 4 characters")


def test_each_model_has_its_own_temperature_until_the_reader_sets_one(browser: Browser) -> None:
    tab = browser.open(page_of(fake("one", temperature=0.5), fake("two", temperature=0.75)))
    assert text_of(tab, "#temperature-now") == "each its best"
    write(tab, length=3)
    set_field(tab, "temperature", 1)
    assert text_of(tab, "#temperature-now") == "1.00"
    write(tab, length=3)
    assert tab.evaluate("fakes.map((m) => m.requests.map((r) => r.temperature))") == [[0.5, 1], [0.75, 1]]


@pytest.mark.parametrize(
    ("field", "value", "takes"),
    [
        *(("length", value, "A whole number from 1 to 100,000.") for value in ("0", "-5", "", "12.5", "1e9")),
        ("seed", "-1", "A whole number from 0 to 2,147,483,647, or nothing."),
    ],
)
def test_a_wrong_field_stops_the_writing_and_says_what_it_takes(
    browser: Browser, field: str, value: str, takes: str
) -> None:
    tab = browser.open(page_of(fake()), width=360)
    usual = text_of(tab, f"#{field}-hint")
    set_field(tab, field, value)
    click(tab, "#write")
    assert tab.evaluate("document.activeElement.id") == field
    assert tab.evaluate(f"document.getElementById('{field}').getAttribute('aria-invalid')") == "true"
    assert tab.evaluate(all_of(f"#{field}-hint")) == [takes]
    assert tab.evaluate("fakes[0].requests") == []
    set_field(tab, field, 7)
    assert text_of(tab, f"#{field}-hint") == usual
    assert not tab.evaluate(f"document.getElementById('{field}').hasAttribute('aria-invalid')")
    assert len(write(tab)) > 0


def test_what_is_typed_but_no_number_is_refused_too(browser: Browser) -> None:
    tab = browser.open(page_of(fake()), width=1000)
    tab.evaluate("document.getElementById('seed').focus()")
    for key in "-e":
        tab.press(key)
    click(tab, "#write")
    assert text_of(tab, "#seed-hint") == "A whole number from 0 to 2,147,483,647, or nothing."
    assert tab.evaluate("fakes[0].requests") == []


def test_an_error_of_the_model_is_shown_in_words_and_the_text_stays(browser: Browser) -> None:
    tab = browser.open(page_of(fake(failsAfter=4)))
    assert write(tab, length=30, seed=0) == "abcd"
    assert text_of(tab, ".card .error") == "The weights are not numbers."
    assert not tab.evaluate("document.getElementById('write').disabled")


def test_a_model_that_does_not_open_is_said(browser: Browser) -> None:
    tab = browser.open(page_of())
    assert text_of(tab, "#failure") == "The model could not be opened. The page has none."


def test_the_finished_text_is_announced_once(browser: Browser) -> None:
    tab = browser.open(page_of(fake(pauseMs=1)))
    tab.evaluate("globalThis.said = []; globalThis.live = document.getElementById('announcement')")
    tab.evaluate(
        "new MutationObserver(() => said.push(live.textContent)).observe(live, { childList: true, subtree: true }), 0"
    )
    write(tab, length=10, seed=0)
    assert tab.evaluate("said") == ["alphabet has written 10 characters: abcdefghij"]


def test_several_models_write_side_by_side_and_those_not_ticked_do_not(browser: Browser) -> None:
    tab = browser.open(page_of(fake("one"), fake("two"), fake("three")), width=1400)
    write(tab, length=5, seed=1)
    assert tab.evaluate(all_of("h2")) == ["one", "two"]
    assert tab.evaluate("fakes.map((model) => model.requests.length)") == [1, 1, 0]
    left, right = tab.evaluate(all_of(".card", "getBoundingClientRect().x"))
    assert left < right


@pytest.mark.parametrize("name", ["copy", "save"])
def test_a_text_can_be_taken_along(browser: Browser, name: str) -> None:
    tab = browser.open(page_of(fake("my model")))
    write(tab, prompt="Mina ", length=3, seed=0)
    tab.evaluate(
        "globalThis.taken = []; navigator.clipboard.writeText = async (text) => taken.push(text);"
        "HTMLAnchorElement.prototype.click = function () { taken.push(this.download); };"
        "URL.createObjectURL = (blob) => { blob.text().then((text) => taken.push(text)); return 'blob:x'; }"
    )
    click(tab, f".{name}")
    tab.wait_until("taken.includes('Mina abc')")
    if name == "save":
        assert "my-model-0.txt" in tab.evaluate("taken")
