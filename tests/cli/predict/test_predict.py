"""`seqgen predict`: what it reads, and what it prints."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.cli.predict.output import print_line, print_object
from seqgen.run import open_model
from seqgen.sampling import Prediction, predict_labels, predict_texts
from seqgen.training import Session
from tests import tiny_pairs
from tests.cli.one_line import assert_one_line
from tests.cli.predict.commands import lines_of, objects_of, predict


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def targets(run: Path, *sources: str) -> list[str]:
    return [found[0].target for found in predict_texts(open_model(run), sources)]


def test_each_argument_has_a_line_with_its_target(texts: Path) -> None:
    assert lines_of(texts, "abc", "d", "ba") == targets(texts, "abc", "d", "ba")


def test_each_line_of_a_file_has_a_line_in_the_same_order(texts: Path) -> None:
    sources = [letters * n for n in range(1, 20) for letters in ("ab", "c", "dab")]
    Path("words.txt").write_text("\n".join(sources) + "\n", encoding="utf-8")
    assert lines_of(texts, "words.txt") == targets(texts, *sources)


def test_line_ends_of_windows_are_no_part_of_a_source_and_a_blank_line_is_an_empty_source(texts: Path) -> None:
    Path("words.txt").write_bytes(b"ab\r\n\r\nba")
    assert lines_of(texts, "words.txt") == targets(texts, "ab", "", "ba")


def test_a_file_in_another_encoding_is_read_if_it_is_named(texts: Path) -> None:
    Path("words.txt").write_bytes("é\n".encode("latin-1"))
    assert "is not utf-8" in predict(texts, "words.txt").stderr
    assert lines_of(texts, "words.txt", "--encoding", "latin-1") == targets(texts, "é")


def test_a_file_of_pairs_is_refused_at_its_first_tab(texts: Path) -> None:
    Path("pairs.tsv").write_text("abc\tcba\n", encoding="utf-8")
    assert_one_line(
        predict(texts, "--file", "pairs.tsv"), "pairs.tsv, line 1 holds a tab: give sources alone, one a line"
    )
    assert len(lines_of(texts, "--source", "abc\tcba")) == 1


def test_tabs_are_read_where_the_sources_of_the_training_part_had_some(tmp_path: Path) -> None:
    Path("pairs.csv").write_text("from,to\n" + "".join(f"a\tb{n},{n}a\n" for n in range(30)), encoding="utf-8")
    request = tiny_pairs.request(tmp_path / "tabs", columns=("from", "to"))
    list(Session.start(replace(request, corpus=replace(request.corpus, paths=("pairs.csv",)))).reports())
    Path("words.txt").write_text("a\tb\n", encoding="utf-8")
    assert len(lines_of(tmp_path / "tabs", "words.txt")) == 1


def test_a_table_is_said_to_be_read_as_lines(texts: Path) -> None:
    Path("words.csv").write_text("from,to\nab,ba\n", encoding="utf-8")
    result = predict(texts, "words.csv")
    assert len(result.stdout.splitlines()) == 2
    assert "words.csv is no table here: each of its lines is a source, the header too" in result.stderr


def test_records_are_said_to_be_read_as_lines(texts: Path) -> None:
    Path("words.jsonl").write_text('{"in": "ab"}\n', encoding="utf-8")
    assert "words.jsonl holds no records here: each of its lines is a source" in predict(texts, "words.jsonl").stderr


def test_line_ends_in_targets_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Prediction("a\nb\tc", -0.25)]
    print_line(found, has_probabilities=False)
    print_line(found, has_probabilities=True)
    print_object("x", found)
    first, second, third = capsys.readouterr().out.splitlines()
    assert (first, second) == ("a\\nb\tc", "a\\nb\\tc\t0.7788")
    assert json.loads(third)["predictions"][0]["target"] == "a\nb\tc"


@pytest.mark.parametrize(
    ("is_terminal", "raw", "shown"),
    [(True, False, "a\\x1b[2J"), (True, True, "a\x1b[2J"), (False, False, "a\x1b[2J")],
)
def test_a_target_steers_the_terminal_only_on_demand_and_is_unchanged_in_a_pipe(
    is_terminal: bool, raw: bool, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    for has_probabilities in (False, True):
        print_line([Prediction("a\x1b[2J", 0.0)], has_probabilities=has_probabilities, raw=raw)
    assert capsys.readouterr().out == f"{shown}\n{shown}\t1.0000\n"


def test_several_targets_stand_in_one_line_with_their_probabilities(texts: Path) -> None:
    (found,) = predict_texts(open_model(texts), ["abc"], top=3)
    (line,) = lines_of(texts, "abc", "--top", 3)
    fields = line.split("\t")
    assert fields[::2] == [each.target for each in found]
    assert [float(field) for field in fields[1::2]] == pytest.approx([each.probability for each in found], abs=5e-5)


@pytest.mark.parametrize(("probability", "shown"), [(3.64e-5, "3.6e-05"), (0.00007, "0.0001"), (0.9996, "0.9996")])
def test_a_small_probability_is_not_shown_as_0(
    probability: float, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_line([Prediction("a", math.log(probability))], has_probabilities=True)
    assert capsys.readouterr().out == f"a\t{shown}\n"


def test_an_impossible_label_has_probability_0(capsys: pytest.CaptureFixture[str]) -> None:
    print_line([Prediction("a", -math.inf)], has_probabilities=True)
    assert capsys.readouterr().out == "a\t0.0000\n"


def test_json_has_one_object_a_line(texts: Path) -> None:
    first, second = objects_of(texts, "abc", "é", "--top", 2)
    assert (first["source"], second["source"]) == ("abc", "é")
    assert len(first["predictions"]) == 2
    (found, _), *_ = predict_texts(open_model(texts), ["abc"], top=2)
    assert first["predictions"][0] == {
        "target": found.target,
        "log_probability": pytest.approx(found.log_probability),
        "probability": pytest.approx(found.probability),
        "ending": "end-of-text",
    }


def test_json_has_all_labels_with_probabilities_that_sum_to_1(labels: Path) -> None:
    (found,) = objects_of(labels, "abc")
    by_label = {each["target"]: each["probability"] for each in found["predictions"]}
    assert sum(by_label.values()) == pytest.approx(1)
    assert sorted(by_label.values()) == pytest.approx(sorted(predict_labels(open_model(labels), ["abc"])[0]))
    assert lines_of(labels, "abc") == [max(by_label, key=lambda label: by_label[label])]
    assert len(objects_of(labels, "abc", "--top", 1)[0]["predictions"]) == 1


def test_an_argument_that_names_a_file_is_text_if_it_is_asked_for(texts: Path) -> None:
    Path("abc").write_text("d\nd\n", encoding="utf-8")
    assert lines_of(texts, "abc") == targets(texts, "d", "d")
    assert "the lines of abc" in predict(texts, "abc").stderr
    assert lines_of(texts, "--source", "abc") == targets(texts, "abc")


@pytest.mark.parametrize(("name", "is_said"), [("hollow", True), (".", False), ("", False), ("abc", False)])
def test_a_folder_is_a_source_and_said_to_be_one(texts: Path, name: str, is_said: bool) -> None:
    Path("hollow").mkdir()
    result = predict(texts, name)
    assert len(result.stdout.splitlines()) == 1
    assert ("hollow is a folder, and is read as a source" in result.stderr) is is_said


def test_a_file_that_is_asked_for_must_exist(texts: Path) -> None:
    assert_one_line(predict(texts, "--file", "words.txt"), "words.txt cannot be read: No such file or directory")
    result = predict(texts, "words.txt")
    assert result.exit_code == 0
    assert "there is no file words.txt" in result.stderr


@pytest.mark.parametrize("source", ["a" * 5000, "\0", "", "a/b", "."])
def test_any_text_can_be_an_argument(texts: Path, source: str) -> None:
    assert len(lines_of(texts, source, "--beam", 1)) == 1


def test_an_unknown_character_is_noted_once_for_all_sources(texts: Path) -> None:
    result = predict(texts, "Á", "Ábc", "漢", "漢漢")
    assert len(result.stdout.splitlines()) == 4
    assert result.stderr.count("'Á'") == result.stderr.count("'漢'") == 1


def test_a_run_is_no_source_unless_it_is_called_text(texts: Path) -> None:
    for run in (texts, texts / "model.safetensors"):
        assert_one_line(predict(texts, run, "abc"), f"{run} is a run: name it with --run {run}")
        assert len(lines_of(texts, "--source", run, "--beam", 1)) == 1


def test_a_run_of_a_text_is_refused_in_one_line(run_folder: Path) -> None:
    assert_one_line(predict(run_folder, "abc"), "tiny learned from a text, not from pairs, so it has no sources")


@pytest.mark.parametrize("option", ["--beam", "--top"])
def test_widths_out_of_range_are_refused(texts: Path, option: str) -> None:
    assert_one_line(predict(texts, "abc", option, 0), f"{option} is 0: it must be from 1 to 1,000")


def test_attention_is_drawn_below_the_target(texts: Path) -> None:
    target, header, *rows, legend = lines_of(texts, "abcd", "--show", "attention")
    assert target == targets(texts, "abcd")[0]
    assert header.split() == [*"abcd", "∎"]
    assert [row[0] for row in rows] == [*target, "∎"]
    assert "▓ from 50 %" in legend


def test_attention_to_a_long_source_is_drawn_in_blocks_that_fit_the_screen(texts: Path) -> None:
    source = "abcd" * 20
    _, *lines, legend = lines_of(texts, source, "--show", "attention")
    titles = [line for line in lines if line.startswith("tokens ")]
    assert titles == [f"tokens {part} of 81 of the source" for part in ("1 to 39", "40 to 78", "79 to 81")]
    headers = [lines[number + 1] for number in map(lines.index, titles)]
    assert " ".join(headers).split() == [*source, "∎"]
    assert lines.count("") == 2
    assert sum(line.startswith("∎") for line in lines) == 3
    assert max(map(len, [*lines, legend])) <= 80


def test_attention_fits_a_narrow_screen(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    _, *lines, _ = lines_of(texts, "abcdabcd", "--show", "attention")
    assert max(len(line) for line in lines if not line.startswith("tokens ")) <= 10


def test_attention_is_drawn_into_a_file(texts: Path) -> None:
    result = predict(texts, "abcd", "--show", "attention", "--out", "attention.png")
    assert result.exit_code == 0
    assert Path("attention.png").read_bytes().startswith(b"\x89PNG")
    assert_one_line(predict(texts, "a", "b", "--show", "attention", "--out", "two.png"), "give one text")


def test_a_model_without_attention_has_none_to_draw(labels: Path) -> None:
    assert_one_line(predict(labels, "abcd", "--show", "attention"), "labels has none")
