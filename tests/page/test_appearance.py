"""What the page shows: shades, odds, themes, widths, and names for who cannot see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.acts import TEXT, all_of, click, set_field, text_of, write
from tests.page.chromium import Browser, Tab, needs_chromium
from tests.page.pages_of_fakes import fake, page_of

pytestmark = needs_chromium

ODDS = [{"text": "e", "probability": 0.25}, {"text": "\n", "probability": 0.004}, {"text": "", "probability": 0.0001}]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


def written_tab(browser: Browser, *, width: int = 800, is_dark: bool = False) -> Tab:
    tab = browser.open(
        page_of(fake(odds=ODDS, known="Mina ", notes=["A note."], facts=[["cell", "lstm"]])),
        width=width,
        is_dark=is_dark,
    )
    write(tab, prompt="Mina é", length=60, seed=0)
    click(tab, "#shade")
    return tab


def test_odds_are_listed_with_bars_and_follow_the_prompt(browser: Browser) -> None:
    tab = browser.open(page_of(fake(odds=ODDS)))
    rows = all_of(".odds li")
    tab.wait_until(f"{rows}.length === 4")
    assert tab.evaluate(rows) == ["A50 %", "e25 %", "line end0.4 %", "end of text<0.1 %"]
    set_field(tab, "prompt", "Mi")
    tab.wait_until(f"{rows}[0] === 'i50 %'")
    bars = tab.evaluate(all_of(".odds .bar", "style.getPropertyValue('--share')"))
    assert bars[:2] == ["50.00%", "25.00%"]


def test_pressing_an_odd_adds_it_to_the_prompt(browser: Browser) -> None:
    tab = browser.open(page_of(fake(odds=ODDS)))
    tab.wait_until("document.querySelectorAll('.odds li').length === 4")
    click(tab, ".odds li:nth-child(2) button")
    assert tab.evaluate("document.getElementById('prompt').value") == "e"
    assert tab.evaluate("document.querySelector('.odds li:last-child button').disabled")


def test_the_shade_of_a_piece_is_its_surprise_and_only_on_request(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    write(tab, length=10, seed=0)
    spans = "[...document.querySelectorAll('.written span')]"
    shown = tab.evaluate(f"{spans}.map((span) => [span.className, span.textContent])")
    assert shown == [["s0", "a"], ["s1", "b"], ["s2", "cd"], ["s3", "efgh"], ["s4", "ij"]]
    colours = f"{spans}.map((span) => getComputedStyle(span).backgroundColor)"
    assert len(set(tab.evaluate(colours))) == 1
    assert tab.evaluate("document.getElementById('legend').hidden")
    click(tab, "#shade")
    assert len(set(tab.evaluate(colours))) == 5
    assert not tab.evaluate("document.getElementById('legend').hidden")


@pytest.mark.parametrize("place", [0.1, 0.9])
def test_pressing_a_shaded_character_shows_what_could_have_come_there(browser: Browser, place: float) -> None:
    tab = written_tab(browser)
    tab.evaluate("globalThis.e = new Range(); globalThis.span = document.querySelector('.written .s3').firstChild; 0")
    tab.evaluate("e.setStart(span, 0), e.setEnd(span, 1)")
    left, top, right, bottom = tab.evaluate(
        "['left', 'top', 'right', 'bottom'].map((s) => e.getBoundingClientRect()[s])"
    )
    tab.click(left + place * (right - left), (top + bottom) / 2)
    assert text_of(tab, ".odds .hint") == "Where the text has “e”: 4.5 bits of surprise."
    assert tab.evaluate("document.querySelectorAll('.odds li').length") == 3


def test_the_token_that_came_stands_out_among_those_that_could(browser: Browser) -> None:
    tab = browser.open(page_of(fake(pieces=["x", "e"], odds=ODDS)))
    write(tab, length=4, seed=0)
    click(tab, "#shade")
    tab.evaluate("document.querySelector('.text').focus()")
    tab.press("ArrowRight")
    assert tab.evaluate(all_of(".is-here")) == []
    tab.press("ArrowRight")
    assert tab.evaluate(all_of(".is-here .token")) == ["e"]


def test_the_arrows_walk_along_the_shaded_text(browser: Browser) -> None:
    tab = written_tab(browser)
    tab.evaluate("document.querySelector('.text').focus()")
    for _ in range(3):
        tab.press("ArrowRight")
    tab.press("ArrowLeft")
    assert text_of(tab, ".odds .hint") == "Where the text has “b”: 1.5 bits of surprise."
    assert tab.evaluate("[...CSS.highlights.get('chosen')].map(String)") == ["b"]


def test_a_new_text_shows_the_odds_after_the_prompt_again(browser: Browser) -> None:
    tab = written_tab(browser)
    tab.evaluate("document.querySelector('.text').focus()")
    tab.press("ArrowRight")
    assert text_of(tab, ".odds h3") == "What could stand here"
    write(tab)
    tab.wait_until("document.querySelector('.odds h3').textContent === 'What may come next'")


def test_characters_that_the_model_does_not_know_are_named(browser: Browser) -> None:
    tab = written_tab(browser)
    tab.wait_until("!document.getElementById('prompt-hint').hidden")
    assert text_of(tab, "#prompt-hint") == "Left out as unknown: “é”."


def test_unknown_characters_that_cannot_be_seen_are_named(browser: Browser) -> None:
    tab = browser.open(page_of(fake(known="Mina ")))
    set_field(tab, "prompt", "Mina\t\u202e\u200b")
    tab.wait_until("!document.getElementById('prompt-hint').hidden")
    assert text_of(tab, "#prompt-hint") == "Left out as unknown: tab, U+202E, U+200B."


def test_what_all_models_say_of_a_prompt_is_said_once_and_the_rest_with_a_name(browser: Browser) -> None:
    tab = browser.open(page_of(fake("one", known="Mina "), fake("two", known="Mina é")))
    set_field(tab, "prompt", "Mina\té")
    tab.wait_until("!document.getElementById('prompt-hint').hidden")
    assert text_of(tab, "#prompt-hint") == "Left out as unknown: tab. one: left out as unknown: “é”."


def test_words_of_labels_are_not_broken_and_keep_their_distance(browser: Browser) -> None:
    tab = browser.open(page_of(fake("one", temperature=0.5), fake("two", temperature=0.75)), width=1000)
    labels = "[...document.querySelectorAll('.fields label')]"
    word = "{ const r = document.createRange(); r.selectNodeContents(l.firstChild); return r.getClientRects(); }"
    assert tab.evaluate(f"{labels}.map((l) => {word}).map((rects) => rects.length)") == [1] * 5
    gaps = f"const l = label, ends = (() => {word})()[0], o = l.querySelector('output').getBoundingClientRect();"
    apart = f"((label) => {{ {gaps} return o.top >= ends.bottom - 1 || o.left - ends.right > 6; }})"
    assert tab.evaluate(f"{labels}.slice(0, 2).map({apart})") == [True, True]
    tops = tab.evaluate("[...document.querySelectorAll('.fields input')].map((i) => i.getBoundingClientRect().bottom)")
    assert max(tops) - min(tops) < 1


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("width", [320, 360, 800, 1400])
def test_nothing_scrolls_sideways_and_every_text_stands_out(browser: Browser, width: int, is_dark: bool) -> None:
    tab = written_tab(browser, width=width, is_dark=is_dark)
    tab.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate(CONTRAST)
    assert tab.evaluate("faintTexts()") == []


def test_a_long_word_and_a_long_name_do_not_widen_the_page(browser: Browser) -> None:
    tab = browser.open(page_of(fake("x" * 90, pieces=["w"], facts=[["f" * 40, "v" * 200]]), title="t" * 90), width=360)
    write(tab, length=300, prompt="p" * 200)
    tab.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_switch_wins_over_the_system(browser: Browser, is_dark: bool) -> None:
    tab = browser.open(page_of(fake()), is_dark=is_dark)
    paper = "getComputedStyle(document.body).backgroundColor"
    papers = [tab.evaluate(paper)]
    for theme in ("light", "dark", ""):
        tab.evaluate(f"theme.value = '{theme}'; theme.dispatchEvent(new Event('change'))")
        papers.append(tab.evaluate(paper))
    assert papers[1] != papers[2]
    assert papers[0] == papers[3] == papers[1 + is_dark]


def test_every_field_and_button_has_a_name(browser: Browser) -> None:
    tab = written_tab(browser)
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"article", "button", "textbox", "slider", "spinbutton", "checkbox", "combobox", "region"}
    asked = [node for node in nodes if node.get("role", {}).get("value") in roles]
    assert len(asked) > 12
    assert [node["role"]["value"] for node in asked if not node.get("name", {}).get("value")] == []


def test_the_tabulator_walks_in_the_order_of_the_page(browser: Browser) -> None:
    tab = browser.open(page_of(fake()), width=1400)
    order = []
    for _ in range(10):
        tab.press("Tab")
        order.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert order == ["theme", "prompt", "write", "shade", "SUMMARY", "temperature", "top-p", "length", "seed", "stop"]
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert tab.evaluate(TEXT) == ""
