"""One HTML text out of modules, styles and data, whatever the texts in it are."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from seqgen.page.assemble import Page, assemble_page
from seqgen.page.scripts import join_modules
from tests.page.pages_of_fakes import fake, page_of

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \u2029 ' \" & \\ \ud800 \x00 ]]>"


class Parsed(HTMLParser):
    """Elements of a page by tag: their attributes and the text inside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        last = len(self.elements) - 1
        self.texts[last] = self.texts.get(last, "") + data

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(("", {}))

    def of(self, tag: str, **attributes: str) -> list[tuple[dict[str, str | None], str]]:
        """Attributes and text of every element with this tag and these attributes."""
        return [
            (attrs, self.texts.get(number, ""))
            for number, (name, attrs) in enumerate(self.elements)
            if name == tag and attributes.items() <= attrs.items()
        ]


def write(folder: Path, **modules: str) -> Path:
    """Modules as files; the path of the one called `start`."""
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder / "start.js"


def page_with(tmp_path: Path, **changes: object) -> str:
    start = write(tmp_path, start="let a = 1;\n")
    return assemble_page(Page(**{"title": "a page", "lead": "", "start": start, **changes}))  # type: ignore[arg-type]


def policy_of(html: str) -> list[str]:
    """The rules of the content policy."""
    ((meta, _),) = Parsed(html).of("meta", **{"http-equiv": "Content-Security-Policy"})
    return str(meta["content"]).split("; ")


def test_data_of_any_text_ends_no_script_and_comes_back_unchanged(tmp_path: Path) -> None:
    parsed = Parsed(page_with(tmp_path, data={"models": [HOSTILE]}))
    assert len(parsed.of("script")) == 2
    ((_, text),) = parsed.of("script", type="application/json")
    assert json.loads(text) == [HOSTILE]


def test_bytes_come_back_from_base64(tmp_path: Path) -> None:
    ((attributes, text),) = Parsed(page_with(tmp_path, blobs={"weights": bytes(range(256))})).of(
        "script", id="bytes-weights"
    )
    assert attributes["type"] == "application/octet-stream"
    assert base64.b64decode(text) == bytes(range(256))


def test_a_title_of_any_text_is_text(tmp_path: Path) -> None:
    html = page_with(tmp_path, title=HOSTILE, lead=HOSTILE)
    html.encode("utf-8")
    assert len(Parsed(html).of("script")) == 1
    assert "<script>alert" not in html


def test_the_policy_allows_this_style_and_this_script_by_hash(tmp_path: Path) -> None:
    html = page_with(tmp_path)
    parsed = Parsed(html)
    for tag in ("style", "script"):
        ((_, text),) = parsed.of(tag)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy_of(html)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "default-src 'none'"),
        ({}, "connect-src 'none'"),
        ({"asks_server": True}, "connect-src 'self'"),
    ],
)
def test_a_page_reaches_nothing_but_the_server_that_it_is_told_of(
    tmp_path: Path, changes: dict[str, bool], rule: str
) -> None:
    assert rule in policy_of(page_with(tmp_path, **changes))


def test_webassembly_runs_only_where_the_page_asks_for_it(tmp_path: Path) -> None:
    assert "wasm-unsafe-eval" not in page_with(tmp_path)
    assert "wasm-unsafe-eval" in page_with(tmp_path, runs_wasm=True)


def test_the_page_names_no_file_or_address_outside() -> None:
    parsed = Parsed(page_of(fake()))
    linked = [
        value for _, attrs in parsed.elements for name, value in attrs.items() if name in ("src", "href", "action")
    ]
    assert [value for value in linked if not str(value).startswith("data:")] == []
    assert not re.search(r"url\(|@import", page_of(fake()))


def test_a_module_comes_after_those_that_it_imports_and_once(tmp_path: Path) -> None:
    start = write(
        tmp_path,
        start='import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\n',
        b='import { a as first } from "./a.js";\nexport const b = first;\n',
        a="export const a = 1;\n",
    )
    assert re.findall(r"^const (\$\w+)", join_modules(start), re.MULTILINE) == ["$a", "$b", "$start"]


def test_every_kind_of_declaration_is_exported(tmp_path: Path) -> None:
    kinds = "export const a = 1;\nexport class B {}\nexport function c() {}\nexport async function* d() {}\n"
    assert "return { a, B, c, d };" in join_modules(write(tmp_path, start=kinds))


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in", start="export const inner = 1;\n")
    joined = join_modules(write(tmp_path, start='import { inner } from "./in/start.js";\n'))
    assert "const $start = (" in joined and "const { inner } = $start;" in joined and "const $start_1 = (" in joined


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('import all from "./start.js";\n', "only named imports"),
        ("export default 1;\n", "only named imports"),
        ('import { a } from "./start.js";\n', "start.js imports itself"),
        ('const a = "</SCRIPT>";\n', "start.js contains </SCRIPT"),
        ('const a = "<!--";\n', "start.js contains <!--"),
    ],
)
def test_a_module_that_cannot_be_joined_is_refused(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        join_modules(write(tmp_path, start=source))
