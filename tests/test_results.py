"""The benchmark results: their commands name scripts and options that exist, and their links lead to headings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from seqgen.config import Cell

ROOT = Path(__file__).parent.parent
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")


def test_every_command_names_a_script_and_options_that_exist() -> None:
    commands = re.findall(r"^    python (benchmarks/\w+\.py)(.*)", RESULTS, re.MULTILINE)
    assert len(commands) > 5
    for script, arguments in commands:
        source = (ROOT / script).read_text(encoding="utf-8")
        words = [word for word in arguments.split() if word.startswith("--") or (word.isalpha() and word.islower())]
        known = [*get_args(Cell), *re.findall(r'"([^"]*)"', source)]
        assert set(words) <= set(known), script


def test_every_link_leads_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.*)", RESULTS, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#(.*?)\)", RESULTS))
    for page in (ROOT / "docs").rglob("*.md"):
        links.update(re.findall(r"RESULTS\.md#([\w-]+)", page.read_text(encoding="utf-8")))
    assert len(links) > 5
    assert links <= anchors, links - anchors
