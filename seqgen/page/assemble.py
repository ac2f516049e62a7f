"""One HTML text that needs no other file: markup, styles, scripts and data, under a strict content policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqgen.page.scripts import join_modules
from seqgen.version import __version__

_INTERFACE = Path(__file__).parent / "interface"
_STYLES = ("colours.css.jinja", "page.css", "controls.css", "text.css")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What makes a page differ from others: what it says, the script that begins, and the data that it carries.

    >>> from pathlib import Path
    >>> Page(title="A page", lead="It says hello.", start=Path("hello.js"), data={"names": ["Mina"]}).asks_server
    False
    """

    title: str
    lead: str
    """A sentence below the title."""
    start: Path
    """The ES module that opens the models and calls `showPage`; it imports the others."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Objects by name, for `carriedJson`."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """Bytes by name, for `carriedBytes`."""
    runs_wasm: bool = False
    """Whether it may compile WebAssembly."""
    asks_server: bool = False
    """Whether it may send requests to the server that it came from."""


def assemble_page(page: Page) -> str:
    """The page as HTML. Texts are escaped, and nothing runs but its own script.

    >>> from pathlib import Path
    >>> _ = Path("hello.js").write_text("console.log(1);\\n")
    >>> html = assemble_page(Page(title="</title><script>", lead="Hello.", start=Path("hello.js")))
    >>> "<title>&lt;/title&gt;&lt;script&gt;</title>" in html, "console.log(1);" in html
    (True, True)
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_INTERFACE)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    style = "\n" + "".join(environment.get_template(f"styles/{name}").render() for name in _STYLES)
    script = "\n" + join_modules(page.start)
    return environment.get_template("page.html.jinja").render(
        title=_encodable(page.title),
        lead=_encodable(page.lead),
        version=__version__,
        policy=_policy(page, style=style, script=script),
        asks_server=page.asks_server,
        style=style,
        script=script,
        objects={name: _script_safe_json(value) for name, value in page.data.items()},
        blobs={name: base64.b64encode(blob).decode() for name, blob in page.blobs.items()},
    )


def _policy(page: Page, *, style: str, script: str) -> str:
    """The content policy: this style and this script, nothing from elsewhere, no markup out of strings."""
    wasm = " 'wasm-unsafe-eval'" if page.runs_wasm else ""
    server = "'self'" if page.asks_server else "'none'"
    rules = [
        "default-src 'none'",
        f"script-src {_hash_of(script)}{wasm}",
        f"style-src {_hash_of(style)}",
        "img-src data:",
        f"connect-src {server}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(rules)


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script_safe_json(value: Any) -> str:
    """JSON in ASCII that a `<script>` element can hold: it contains no `<`."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
