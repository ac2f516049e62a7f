"""The sources of the engine: each says what it is, and the compiled kernel is that of its readable source."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
import wasmtime

ENGINE = Path(__file__).parents[3] / "seqgen" / "page" / "engine"
SCRIPTS = sorted(ENGINE.rglob("*.js"))
MOST_LINES = 150
MOST_COLUMNS = 120

every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ENGINE)))


@every_script
def test_a_script_begins_with_a_line_that_says_what_it_is(path: Path) -> None:
    assert re.match(r"// [^\n]{20,}\.\n[^/]", path.read_text(encoding="utf-8"))


@every_script
def test_a_script_is_short_and_narrow(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert all(len(line) <= MOST_COLUMNS or "KERNEL_BYTES" in line for line in lines)


@every_script
def test_what_a_script_exports_another_one_imports(path: Path) -> None:
    exported = re.findall(
        r"^export (?:async )?(?:function\*?|const|class) (\w+)", path.read_text(encoding="utf-8"), re.M
    )
    others = "\n".join(other.read_text(encoding="utf-8") for other in SCRIPTS if other != path)
    imported = {name.strip() for names in re.findall(r"^import \{(.*?)\}", others, re.M) for name in names.split(",")}
    assert set(exported) - imported <= {"keepTopK", "keepTopP"}  # two that only the tests call one by one


def test_the_compiled_kernel_is_that_of_its_source() -> None:
    carried = re.search('KERNEL_BYTES = "([^"]*)"', (ENGINE / "kernel_bytes.js").read_text(encoding="utf-8"))
    assert carried is not None
    assert base64.b64decode(carried[1]) == bytes(wasmtime.wat2wasm((ENGINE / "kernel.wat").read_text(encoding="utf-8")))
