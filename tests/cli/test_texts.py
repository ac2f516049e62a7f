"""Texts as people have them: what commands say of line ends, documents, folders and records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqgen
from seqgen.cli.write.text_file import TextFile
from seqgen.config import ByteConfig, SamplingConfig
from seqgen.run import open_model
from seqgen.sampling import fit_prompt
from seqgen.sampling.prompt import fit_config
from tests import tiny
from tests.cli.one_line import TINY, run

POEMS = "\n\n".join(f"Poem {number}\nOne line of it, and\nanother line." for number in range(150)) + "\n"


def train(text: bytes, *options: str) -> tuple[str, Path]:
    """What `seqgen train` says about a text in the current folder, and its run."""
    Path("poems.txt").write_bytes(text)
    result = run("train", "poems.txt", "--cell", "lstm", "--out", "run", *TINY.split(), *options)
    assert result.exit_code == 0, result.stderr
    return result.stderr, Path("run")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_train_says_that_line_ends_became_newlines_and_how_many_documents_there_are() -> None:
    said, folder = train(POEMS.replace("\n", "\r\n").encode(), "--documents", "blank-line")
    assert f"line ends: {POEMS.count(chr(10))} CRLF became newlines" in said
    assert "150 documents, median length 4" in said
    assert "characters in 135 documents" in said
    assert "\r" not in open_model(folder).tokenizer.alphabet.characters  # type: ignore[union-attr]
    shown = run("info", folder).stdout
    assert "135 documents" in shown
    assert "15 documents" in shown


def test_line_ends_can_be_kept() -> None:
    said, folder = train(POEMS.replace("\n", "\r\n").encode(), "--set", "line_ends=keep")
    assert "became newlines" not in said
    assert "\r" in open_model(folder).tokenizer.alphabet.characters  # type: ignore[union-attr]


def test_a_text_scores_the_same_with_every_kind_of_line_end() -> None:
    _, folder = train(POEMS.replace("\n", "\r\n").encode(), "--documents", "blank-line")
    for name, line_end in (("lf.txt", "\n"), ("crlf.txt", "\r\n"), ("cr.txt", "\r")):
        Path(name).write_bytes(POEMS.replace("\n", line_end).encode())
    scored = run("eval", folder, *(part for name in ("lf", "crlf", "cr") for part in ("--on", f"{name}.txt")), "--json")
    rows = json.loads(scored.stdout)
    assert len({(row["nats"], row["tokens"]) for row in rows if "nats" in row}) == 1
    assert "crlf.txt: line ends: " in scored.stderr
    model = seqgen.load(folder)
    assert model.score(POEMS.replace("\n", "\r\n")) == model.score(POEMS)


def test_a_run_that_kept_line_ends_says_where_a_text_differs() -> None:
    _, folder = train(POEMS.replace("\n", "\r\n").encode(), "--set", "line_ends=keep")
    Path("lf.txt").write_bytes(POEMS.encode())
    scored = run("eval", folder, "--on", "lf.txt", "--on", "poems.txt")
    notes = [line for line in scored.stderr.splitlines() if "keeps line ends" in line]
    assert len(notes) == 1
    assert "its training text has carriage returns and lf.txt has none" in notes[0]


def test_prompts_and_stop_strings_have_the_line_ends_of_the_model() -> None:
    model = open_model(tiny.trained(Path("bytes"), tokenizer=ByteConfig()))
    assert fit_prompt(model.read("a\r\nb\rc"), model.tokenizer).text == "a\nb\nc"
    config = fit_config(SamplingConfig(stop=("\r\n",), ban=("a\r",), bias={"\r\n\r\n": 1.0}), model)
    assert (config.stop, config.ban, dict(config.bias)) == (("\n",), ("a\n",), {"\n\n": 1.0})
    Path("prompt.txt").write_bytes(b"one\r\ntwo\r\n")
    written = run("sample", "bytes", "--prompt-file", "prompt.txt", "--length", 3)
    assert written.stdout.startswith("one\ntwo\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_an_edited_file_keeps_the_line_end_that_it_uses_most(line_end: str) -> None:
    path = Path("tale.txt")
    path.write_bytes(f"a{line_end}b{line_end}c\n".encode())
    text_file = TextFile(path)
    assert text_file.text == "a\nb\nc\n"
    text_file.save("a\nb\n")
    assert path.read_bytes() == f"a{line_end}b{line_end}".encode()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--documents", "blank-line"], "because the text is one document"),
        (["--valid-fraction", "0"], "because --valid-fraction is 0"),
    ],
)
def test_the_reason_why_nothing_is_held_out_is_named(options: list[str], reason: str) -> None:
    said, _ = train(b"one line of it\n" * 90, *options)
    assert reason in said


def test_a_folder_says_what_is_read(tmp_path: Path) -> None:
    Path("texts").mkdir()
    Path("texts/a.txt").write_bytes(POEMS.encode())
    Path("texts/b.md").write_bytes(b"not this\n")
    Path("texts/Thumbs.db").write_bytes(b"thumbs")
    result = run("train", "texts", "--include", "*.txt", "--cell", "lstm", "--out", "run", *TINY.split())
    assert "texts: 1 file read (a.txt)" in result.stderr
    assert "Thumbs.db (of the operating system), b.md (not included)" in result.stderr


def test_each_record_is_a_document() -> None:
    lines = (json.dumps({"id": n, "text": f"Poem {n}\r\n\r\nA line of it."}) + "\n" for n in range(150))
    Path("poems.jsonl").write_text("".join(lines), encoding="utf-8")
    result = run("train", "poems.jsonl", "--field", "text", "--cell", "lstm", "--out", "run", *TINY.split())
    assert result.exit_code == 0, result.stderr
    assert "150 documents, median length 2" in result.stderr
    again = run("eval", "run", "--on", "poems.jsonl", "--json")
    assert json.loads(again.stdout)[0]["characters"] < 150 * 30


def test_records_are_no_other_documents() -> None:
    Path("poems.jsonl").write_text('{"text": "a"}\n', encoding="utf-8")
    result = run("train", "poems.jsonl", "--field", "text", "--documents", "line")
    assert result.exit_code == 2 or "--documents cannot be given with --field" in result.stderr


def test_resuming_says_that_the_text_has_grown() -> None:
    _, folder = train(POEMS.encode())
    assert "has changed" not in run("train", "--resume", folder, "--steps", 3).stderr
    Path("poems.txt").write_bytes(POEMS.encode() * 2)
    resumed = run("train", "--resume", folder, "--steps", 4)
    assert resumed.exit_code == 0
    assert "poems.txt has changed since this run began: the run continues with the original text" in resumed.stderr
