"""`seqgen eval` for runs of pairs: what it reports and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.evaluate.commands import evaluate, others, scores
from tests.cli.one_line import assert_one_line
from tests.tiny_pairs import labelled_words, reversed_words


def test_of_texts_the_loss_comes_first_and_then_measures_and_baselines() -> None:
    result = evaluate("words")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("words on words.tsv (valid), ")
    assert "bits) per target character" in lines[0]
    assert lines[1].startswith("character error rate ")
    header = next(line for line in lines if line.startswith("model "))
    assert header.split() == ["model", "exact", "match", "CER", "WER"]
    for name in ("words", "copied source", "target of nearest source"):
        assert any(line.startswith(f"{name}  ") for line in lines), name
    assert "words: the mistakes with the highest probabilities p" in lines
    assert result.stderr.splitlines()[0] == "model: words/model.safetensors"


def test_of_labels_the_report_has_confusion_and_mistakes() -> None:
    lines = evaluate("kinds").stdout.splitlines()
    assert "bits) per target" in lines[0] and "character" not in lines[0]
    assert lines[1].startswith("accuracy ")
    assert any(line.startswith("commonest label  ") for line in lines)
    assert any(line.startswith("true ") and set(line.split()) == {"true", "yes", "no"} for line in lines)
    assert "kinds: the mistakes with the highest probabilities p" in lines


@pytest.mark.parametrize("run", ["words", "kinds"])
def test_the_table_is_80_columns_wide_and_a_blank_line_follows_it(run: str) -> None:
    lines = evaluate(run).stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("model "))
    table = lines[start : lines.index("", start)]
    assert len(table) >= 4
    assert max(map(len, table)) <= 80


@pytest.mark.parametrize("form", [None, "csv"])
def test_only_the_screen_has_short_names_of_baselines(form: str | None) -> None:
    shown = evaluate("kinds", "--baselines", *(["--form", form] if form else [])).stdout
    assert ("naive Bayes over character n-grams," in shown) == (form == "csv")
    assert ("naive Bayes, n-grams  " in shown) == (form is None)


def test_the_report_of_texts_has_these_numbers() -> None:
    (item,) = scores("words")
    for key in ("exact_match", "character_error_rate", "word_error_rate"):
        assert key in item
    assert "bleu" not in item  # single words are no sentences
    for key in ("nats", "nats_per_target", "nats_per_token", "bits_per_character", "mistakes", "by_length"):
        assert key in item
    assert (item["text"].split("/")[-1], item["part"], item["rank"]) == ("words.tsv", "valid", 1)
    assert item["yardsticks"][0]["name"] in ("copied source", "target of the nearest training source")
    assert "exact_match" in item["yardsticks"][0]


def test_the_report_of_labels_has_these_numbers() -> None:
    (item,) = scores("kinds")
    for key in ("accuracy", "accuracy_low", "macro_f1", "log_loss_nats", "calibration_error", "confusion"):
        assert key in item
    assert item["nats_per_target"] == pytest.approx(item["log_loss_nats"])
    assert item["bits_per_character"] is None


def test_every_pair_is_written_with_its_prediction() -> None:
    rows = [json.loads(line) for line in evaluate("words", "--by", "pair").stdout.splitlines()]
    assert list(rows[0]) == ["run", "text", "pair", "source", "target", "prediction", "probability", "is_right", "nats"]
    in_csv = list(csv.DictReader(evaluate("words", "--by", "pair", "--form", "csv").stdout.splitlines()))
    assert [row["prediction"] for row in in_csv] == [row["prediction"] for row in rows]


@pytest.mark.parametrize("part", ["train", "test"])
def test_another_part_is_scored(part: str) -> None:
    (item,) = scores("words", "--part", part)
    assert item["part"] == part


def test_a_file_of_pairs_is_scored_with_a_warning_about_known_sources(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text(reversed_words() + "new\twen\n", encoding="utf-8")
    result = evaluate("words", "--on", path)
    assert "words on other.tsv, 41 pairs" in result.stdout
    assert "sources of other.tsv also stand in the training part" in result.stderr
    assert "source: the model does not know 'n'" in result.stderr


def test_columns_name_source_and_target_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("id,out,in\n1,ba,ab\n2,dc,cd\n", encoding="utf-8")
    assert_one_line(evaluate("words", "--on", path), "as in --columns text,label")
    rows = evaluate("words", "--on", path, "--columns", "in,out", "--by", "pair").stdout.splitlines()
    assert [(json.loads(row)["source"], json.loads(row)["target"]) for row in rows] == [("ab", "ba"), ("cd", "dc")]


def test_labels_that_the_training_part_lacks_are_said(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text(labelled_words(9) + "abc\tperhaps\n", encoding="utf-8")
    result = evaluate("kinds", "--on", path)
    said = "1 pair has a label that the training part lacks: it counts as a mistake, and is left out of the loss"
    assert said in " ".join(result.stdout.split())
    assert evaluate("kinds", "--on", path, "--by", "pair").stdout.count('"nats": null') == 1


def test_several_runs_are_ranked_and_every_two_compared(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text(reversed_words(30), encoding="utf-8")
    result = evaluate("words", "plain", "--on", path)
    assert "words and plain cannot be told apart on these pairs" in result.stdout
    assert "mistakes" not in result.stdout
    assert sorted(item["rank"] for item in scores("words", "plain", "--on", path)) == [1, 2]
    (compared,) = others("words", "plain", "--on", path)
    assert compared["difference"]["measure"] == "character error rate"
    assert len(compared["differences"]) == 3
    assert evaluate("words", "plain", "--on", path, "-v").stdout.count("the mistakes with") == 2


def test_runs_on_different_pairs_have_a_table_each() -> None:
    result = evaluate("words", "kinds")
    assert sum(line.startswith("model ") for line in result.stdout.splitlines()) == 2
    assert others("words", "kinds") == []


@pytest.mark.parametrize("form", ["csv", "markdown", "latex"])
def test_the_table_has_forms_for_other_programs(form: str) -> None:
    result = evaluate("words", "--form", form)
    assert result.exit_code == 0
    assert "copied source" in result.stdout
    assert ("model,exact match,CER" in result.stdout) == (form == "csv")


def test_pictures_are_drawn_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pictures"
    assert evaluate("kinds", "--out", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["confusion.png", "lengths.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())


def test_several_runs_are_on_one_picture(tmp_path: Path) -> None:
    evaluate("words", "plain", "--out", tmp_path / "both")
    assert [path.name for path in (tmp_path / "both").iterdir()] == ["lengths.png"]


def test_a_file_is_no_folder_for_pictures(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_one_line(evaluate("words", "--out", tmp_path / "file"), "file is a file; name a folder")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--novelty"], "--novelty cannot be given for runs of pairs: leave out --novelty"),
        (["--samples", "3"], "--samples cannot be given for runs of pairs"),
        (["--dynamic"], "--dynamic cannot be given for runs of pairs"),
        (["--context", "cold:8"], "--context cannot be given for runs of pairs"),
        (["--show"], "--show cannot be given for runs of pairs"),
        (["--highest-loss"], "--highest-loss cannot be given for runs of pairs"),
        (["--by", "line"], "--by line is for runs of texts: --by pair prints every pair"),
        (["--form", "jsonl"], "the table has no form jsonl"),
        (["--beam", "0"], "--beam is 0"),
        (["--columns", "a,b"], "--columns means nothing without --on"),
        (["--on", "words.tsv", "--columns", "a"], "--columns is 'a': it must be two different names"),
    ],
)
def test_options_that_make_no_sense_for_pairs_are_refused(options: list[str], words: str) -> None:
    assert_one_line(evaluate("words", *options), words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by", "pair"], "--by pair is for runs of pairs: choose token, line or document"),
        (["--beam", "3", "--ignore-case"], "--beam and --ignore-case cannot be given for runs of texts"),
        (["--out", "pictures"], "--out cannot be given for runs of texts"),
        (["--on", "story.txt", "--columns", "a,b"], "--columns cannot be given for runs of texts"),
    ],
)
def test_options_of_pairs_are_refused_for_texts(options: list[str], words: str) -> None:
    assert_one_line(evaluate("story", *options), words)


def test_runs_of_texts_and_of_pairs_are_not_scored_together() -> None:
    assert_one_line(evaluate("story", "words"), "story learned from a text and words from pairs")


def test_a_text_without_pairs_is_refused() -> None:
    assert_one_line(evaluate("words", "--on", "story.txt"), "story.txt")
