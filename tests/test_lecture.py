"""The lecture: its page is what its chapters say, its commands parse and repeat, its pictures are there.

The commands themselves take minutes. `docs/build_lecture.py` runs them; here they are only parsed.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from tests.pages import LECTURE, ROOT, read_page
from tests.test_docs import understands

SCRIPT = ROOT / "docs" / "build_lecture.py"
SHORTEST_DESCRIPTION = 60
"""Characters that say what a picture shows."""


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_lecture", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lecture: Any = load_script()
PAGE = read_page(LECTURE)
OUTPUTS = lecture.read_page(PAGE)
every_chapter = pytest.mark.parametrize("name", lecture.CHAPTERS)


def sections(chapter: str) -> list[str]:
    """The claims of a chapter, each with all that belongs to it."""
    return re.split(r"^(?=## )", chapter, flags=re.MULTILINE)[1:]


def pictures(text: str) -> dict[str, str]:
    """The pictures of a text by their paths from the page, and their descriptions."""
    return {path: description for description, path in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", text)}


# The page


def test_the_page_is_what_its_chapters_say_around_the_outputs() -> None:
    assert lecture.write_page(OUTPUTS) == PAGE


def test_the_page_has_every_chapter() -> None:
    assert list(OUTPUTS) == list(lecture.CHAPTERS)


def test_every_file_in_the_folder_is_a_chapter_or_a_picture_of_one() -> None:
    files = {path.name for path in lecture.SOURCES.iterdir()}
    shown = {Path(path).name for path in pictures(PAGE)}
    assert files == {f"{name}.md" for name in lecture.CHAPTERS} | shown


@every_chapter
def test_each_output_shows_what_its_chapter_wants_of_it(name: str) -> None:
    wishes = lecture.steps_of(lecture.source_of(name))
    assert list(wishes) == list(OUTPUTS[name])
    for command, wish in wishes.items():
        output = OUTPUTS[name][command]
        words = wish.removeprefix("...").strip()
        assert output.strip(), command
        assert output.startswith("...\n") == wish.startswith("..."), command
        assert output == wish if wish == "...\n" else output.partition("...\n")[2].startswith(words), command


@every_chapter
def test_each_command_is_one_that_seqgen_understands(name: str) -> None:
    for command in lecture.steps_of(lecture.source_of(name)):
        if command.startswith("seqgen "):
            assert understands(shlex.split(command)[1:]), command


@every_chapter
def test_training_and_sampling_repeat(name: str) -> None:
    for command in lecture.steps_of(lecture.source_of(name)):
        words = command.split()[:2]
        wanted = {"train": ("--steps", "--seed", "--out"), "sample": ("--seed",)}.get(words[-1], ())
        if "--odds" not in command and command.startswith("seqgen "):
            assert [option for option in wanted if f"{option} " not in command] == [], command


@every_chapter
def test_each_claim_says_why_what_to_see_what_it_does_not_show_and_where_it_comes_from(name: str) -> None:
    chapter = lecture.source_of(name)
    for section in sections(chapter) if lecture.steps_of(chapter) else []:
        for label in (r"Why\.", r"What to see\.", r"What it does not show\.", r"Papers?\."):
            assert re.search(rf"^\*\*{label}\*\* ", section, re.MULTILINE), f"{section.splitlines()[0]}: no {label}"
        assert re.search(r"\((?:1[89]|20)\d\d\)", section.rpartition("**Paper")[2]), section.splitlines()[0]


# Pictures


@every_chapter
def test_each_picture_is_described_and_drawn_by_a_command_of_its_chapter(name: str) -> None:
    chapter = lecture.source_of(name)
    commands = "\n".join(lecture.steps_of(chapter))
    for path, description in pictures(chapter).items():
        assert len(description) >= SHORTEST_DESCRIPTION, path
        picture = Path(path).name
        folder = re.search(r" --out [\w/-]+$", commands, re.MULTILINE)
        assert f" --out {picture}" in commands or folder, f"{path}: no command draws it"


@pytest.mark.parametrize("path", sorted(pictures(PAGE)))
def test_each_picture_exists_and_is_small(path: str) -> None:
    file = ROOT / "docs" / path
    assert file.stat().st_size <= lecture.MOST_BYTES
    with Image.open(file) as image:
        assert image.format == "PNG" and image.width >= 300


# The script


def test_a_chapter_says_what_is_shown_of_an_output() -> None:
    output = "\nplot\nmodel  1\nrnn    2  \n"
    assert lecture.shorten(output, "") == "plot\nmodel  1\nrnn    2\n"
    assert lecture.shorten(output, "...\n") == "...\n"
    assert lecture.shorten(output, "... model\n") == "...\nmodel  1\nrnn    2\n"
    with pytest.raises(SystemExit, match="no line of the output begins with 'lstm'"):
        lecture.shorten(output, "... lstm\n")


def test_outputs_stand_below_their_commands_and_are_found_there_again() -> None:
    chapter = (
        "Text.\n\n```console\n$ seqgen a\n...\n$ seqgen b\n```\n\n```python\nprint(1)\n```\n\n```text\n```\n\nEnd.\n"
    )
    outputs = {"seqgen a": "...\n", "seqgen b": "two\nlines\n", "print(1)\n": "1\n"}
    filled = lecture.fill_in(chapter, outputs)
    assert filled == (
        "Text.\n\n```console\n$ seqgen a\n...\n$ seqgen b\ntwo\nlines\n```\n\n"
        "```python\nprint(1)\n```\n\n```text\n1\n```\n\nEnd.\n"
    )
    assert lecture.steps_of(filled) == outputs


def test_a_chapter_without_its_outputs_is_not_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    chapters = {"one": "## One\n\n```console\n$ seqgen a\n```\n", "two": "## Two\n"}
    monkeypatch.setattr(lecture, "CHAPTERS", tuple(chapters))
    monkeypatch.setattr(lecture, "source_of", chapters.__getitem__)
    assert lecture.write_page({}) == "<!-- chapter: two -->\n## Two\n"
    page = lecture.write_page({"one": {"seqgen a": "output\n"}})
    assert lecture.read_page(page) == {"one": {"seqgen a": "output\n"}, "two": {}}


def test_python_runs_in_the_folder_and_prints_into_the_chapter(tmp_path: Path) -> None:
    (tmp_path / "word.txt").write_text("wug", encoding="utf-8")
    assert lecture.run("print(open('word.txt').read())", tmp_path) == "wug\n"


def test_a_command_that_fails_ends_the_build_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^a block of Python: ValueError: no ball$"):
        lecture.run("raise ValueError('no ball')", tmp_path)


def test_a_picture_gets_fewer_colours_until_it_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = tmp_path / "drawn.png"
    Image.radial_gradient("L").convert("RGBA").save(drawn)
    monkeypatch.setattr(lecture, "MOST_BYTES", 5_000)
    (tmp_path / "small.png").write_bytes(lecture.shrink(drawn))
    assert (tmp_path / "small.png").stat().st_size <= 5_000
    monkeypatch.setattr(lecture, "MOST_BYTES", 100)
    with pytest.raises(SystemExit, match=r"drawn\.png has [\d,]+ bytes: it must have 100 at most"):
        lecture.shrink(drawn)
