"""The compiled kernel that the page carries comes from its readable source."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import wasmtime

ENGINE = Path(__file__).parents[3] / "seqgen" / "page" / "engine"


def test_the_compiled_kernel_is_that_of_its_source() -> None:
    carried = re.search('KERNEL_BYTES = "([^"]*)"', (ENGINE / "kernel_bytes.js").read_text(encoding="utf-8"))
    assert carried is not None
    assert base64.b64decode(carried[1]) == bytes(wasmtime.wat2wasm((ENGINE / "kernel.wat").read_text(encoding="utf-8")))
