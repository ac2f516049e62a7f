"""Pages whose models are fakes that write the alphabet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqgen.page.assemble import Page, assemble_page

FAKE_MODEL = Path(__file__).parent / "fake_model.js"


def fake(name: str = "alphabet", **settings: Any) -> dict[str, Any]:
    """A fake model: pieces, odds, failsAfter, endsAfter, pauseMs, known, facts, notes and temperature may be set."""
    return {"name": name, **settings}


def page_of(*fakes: dict[str, Any], title: str = "alphabet", lead: str = "A test.", asks_server: bool = False) -> str:
    page = Page(title=title, lead=lead, start=FAKE_MODEL, data={"models": fakes}, asks_server=asks_server)
    return assemble_page(page)
