"""The page that a server shows at `/`, to write with its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqgen.page.assemble import Page, assemble_page

_START = Path(__file__).parent / "remote" / "start.js"


def server_page(models: Sequence[Mapping[str, Any]] = (), *, longest_text: int | None = None) -> str:
    """The page as HTML, for models as `/v1/models` describes them: `id`, and more that the page shows.

    Without models the page asks `/v1/models` itself, with a key that the reader types if the server wants one. So it
    can be shown to everyone. `longest_text` is the most characters that the server writes.

    >>> "connect-src &#39;self&#39;" in server_page([{"id": "story", "temperature": 0.7}])
    True
    """
    lead = "Write with the models of this server. What you type goes to the server and nowhere else."
    data = {"models": list(models), "limits": {"longest": longest_text}}
    return assemble_page(Page(title="seqgen", lead=lead, start=_START, data=data, asks_server=True))
