"""Nothing leaves the page and nothing foreign runs in it."""

from __future__ import annotations

from tests.page.acts import click, write
from tests.page.chromium import Browser, needs_chromium
from tests.page.pages_of_fakes import fake, page_of

pytestmark = needs_chromium

HOSTILE = '<img src=x onerror="globalThis.broken=1"></script><script>globalThis.broken=1</script><!--\u2028\'"'


def test_a_page_asks_for_nothing_but_itself(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    write(tab, length=30)
    click(tab, ".save")
    (address,) = tab.requests
    assert address.startswith("file:")


def test_hostile_texts_are_texts_wherever_they_stand(browser: Browser) -> None:
    hostile = fake(
        HOSTILE,
        pieces=[HOSTILE],
        odds=[{"text": HOSTILE, "probability": 0.5}],
        notes=[HOSTILE],
        facts=[[HOSTILE] * 2],
        known="a",
    )
    tab = browser.open(page_of(hostile, {**hostile, "failsAfter": 0}, title=HOSTILE, lead=HOSTILE))
    write(tab, length=1, prompt=HOSTILE)
    assert tab.evaluate("document.querySelector('.written').textContent") == HOSTILE
    assert tab.evaluate("document.title") == HOSTILE
    assert tab.evaluate("document.images.length + document.querySelectorAll('script:not([type])').length") == 0
    assert tab.evaluate("globalThis.broken") is None
    assert tab.complaints == []


def test_a_foreign_script_does_not_run(browser: Browser) -> None:
    script = "<script>globalThis.broken = 1</script><script src='data:text/javascript,globalThis.broken=2'></script>"
    tab = browser.open(
        page_of(fake()).replace("</body>", f"{script}<p onclick='globalThis.broken = 3' id='bad'>x</p></body>")
    )
    click(tab, "#bad")
    assert tab.evaluate("globalThis.broken") is None
    assert len([complaint for complaint in tab.complaints if "Content Security Policy" in complaint]) >= 3


def test_neither_requests_nor_markup_out_of_strings_are_possible(browser: Browser) -> None:
    tab = browser.open(page_of(fake()))
    assert tab.evaluate("fetch('http://127.0.0.1:1/').then(() => 'sent', (error) => error.name)") == "TypeError"
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)
    assert (
        tab.evaluate("(() => { try { document.body.innerHTML = 'x'; return 'set'; } catch (e) { return e.name; } })()")
        == "TypeError"
    )
    assert tab.evaluate("(() => { try { return eval('1'); } catch (e) { return e.name; } })()") == "EvalError"
