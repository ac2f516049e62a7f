"""What a reader does with the page."""

from __future__ import annotations

from tests.page.chromium import Tab

TEXT = "document.querySelector('.written').textContent"
"""The text that the first model wrote."""
IS_DONE = f"!document.querySelector('.is-writing') && {TEXT}.length > 0"


def set_field(tab: Tab, name: str, value: object) -> None:
    tab.evaluate(f"document.getElementById('{name}').value = {str(value)!r}")
    tab.evaluate(f"document.getElementById('{name}').dispatchEvent(new Event('input', {{ bubbles: true }}))")


def click(tab: Tab, selector: str) -> None:
    tab.evaluate(f"document.querySelector('{selector}').click()")


def write(tab: Tab, **settings: object) -> str:
    """Set fields, press Write, and wait for the text."""
    for name, value in settings.items():
        set_field(tab, name, value)
    click(tab, "#write")
    tab.wait_until(IS_DONE)
    return str(tab.evaluate(TEXT))


def all_of(selector: str, value: str = "textContent") -> str:
    """A script: a property of every element that a selector finds, if the element is shown."""
    return f"[...document.querySelectorAll('{selector}')].filter((e) => e.checkVisibility()).map((e) => e.{value})"


def text_of(tab: Tab, selector: str) -> str:
    return str(tab.evaluate(f"document.querySelector('{selector}').textContent"))
