"""`seqgen sample --source`: targets of a source, with everything that sampling can do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqgen.run import open_model
from seqgen.sampling import predict_texts
from tests import tiny_pairs
from tests.cli.one_line import assert_one_line
from tests.cli.sample.commands import objects_of, sample, text_of


@pytest.fixture(scope="module")
def pairs(pair_folder: Path) -> Path:
    """A run of pairs."""
    return pair_folder


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of pairs without an encoder."""
    return tiny_pairs.trained(tmp_path_factory.mktemp("runs") / "joined", cell="gru", encoder="none")


def texts_of(run: Path, *arguments: object) -> list[str]:
    return [item["text"] for item in objects_of(run, *arguments)]


def test_a_target_ends_where_the_model_ends_it(pairs: Path, joined: Path) -> None:
    for run in (pairs, joined):
        for item in objects_of(run, "--source", "abc", "--count", 5):
            assert item["ending"] == "end-of-text"
            assert set(item["text"]) <= set("abcd")


def test_at_temperature_0_it_writes_what_a_beam_of_one_predicts(pairs: Path, joined: Path) -> None:
    for run in (pairs, joined):
        (found,) = predict_texts(open_model(run), ["abc"], beam=1)
        assert text_of(run, "--source", "abc", "--temp", 0).strip() == found[0].target


def test_different_sources_have_different_targets(pairs: Path) -> None:
    first, second = (texts_of(pairs, "--source", source, "--count", 8) for source in ("a", "dcbd"))
    assert first != second


def test_the_prompt_is_the_beginning_of_the_target(pairs: Path) -> None:
    assert text_of(pairs, "--source", "abc", "--prompt", "cb").startswith("cb")


@pytest.mark.parametrize(
    "options",
    [
        ["--match", "[ab]{2,3}"],
        ["--match", "[abcd]{1,5}", "--exact"],
        ["--new"],
        ["--no-copy", "2"],
        ["--best-of", "3"],
        ["--temp", "0.5", "--temp", "1"],
        ["--ban", "a"],
    ],
)
def test_the_options_of_sampling_work_after_a_source(pairs: Path, options: list[str]) -> None:
    texts = texts_of(pairs, "--source", "dcba", "--count", 2, *options)
    assert len(texts) in (2, 4)
    if "--ban" in options:
        assert not any("a" in text for text in texts)


def test_new_targets_are_no_target_of_the_training_text(pairs: Path) -> None:
    known = {line.split("\t")[1] for line in tiny_pairs.KINDS["text"].splitlines()}
    assert not known & set(texts_of(pairs, "--source", "ab", "--new", "--count", 5, "--temp", 1))


def test_known_words_are_those_of_targets(tmp_path: Path) -> None:
    """The targets have the words aa and bb, and the sources have others."""
    text = "".join(f"{source}\t{target}\n" for source in ("ab", "ba", "abab", "baba") for target in ("aa", "bb") * 5)
    run = tiny_pairs.trained(tmp_path / "run", text=text, targets="text")
    for options in (["--words", "known"], ["--no-copy", "2", "--match", "a|b|ab|ba"]):
        texts = texts_of(run, "--source", "ab", "--count", 10, *options)
        assert set(texts) <= ({"aa", "bb", "Aa", "Bb", ""} if "--words" in options else {"a", "b", "ab", "ba"})


def test_the_likeliest_target_and_the_odds_follow_the_source(pairs: Path) -> None:
    assert set(text_of(pairs, "--source", "abc", "--beam", 4).strip()) <= set("abcd")
    odds = [{row["text"]: row["probability"] for row in objects_of(pairs, "--source", s, "--odds")} for s in "ad"]
    assert odds[0] != odds[1]
    assert sum(odds[0].values()) == pytest.approx(1)


def test_samples_are_written_again_after_their_source(pairs: Path, tmp_path: Path) -> None:
    written = objects_of(pairs, "--source", "abc", "--count", 3)
    assert {item["source"] for item in written} == {"abc"}
    file = tmp_path / "samples.json"
    file.write_text(json.dumps(written), encoding="utf-8")
    assert objects_of(pairs, "--replay", file) == written


def test_what_the_model_does_not_know_in_a_source_is_noted(pairs: Path) -> None:
    assert "source: the model does not know 'Á': read as 'a'" in sample(pairs, "--source", "Á").stderr


def test_a_run_of_pairs_needs_a_source(pairs: Path) -> None:
    assert_one_line(sample(pairs), "reversed learned from pairs, and writes the target of a source|--source TEXT")


def test_a_second_source_is_refused(pairs: Path) -> None:
    assert_one_line(sample(pairs, "--source", "a", "--source", "b"), "several --source cannot be given: give one")


def test_a_run_of_a_text_has_no_source(run_folder: Path) -> None:
    assert_one_line(sample(run_folder, "--source", "abc"), "tiny learned from a text, not from pairs")


def test_labels_are_predicted_and_not_sampled(tmp_path: Path) -> None:
    run = tiny_pairs.trained(tmp_path / "run", text=tiny_pairs.KINDS["label"])
    for arguments in ([], ["--source", "abc"]):
        assert_one_line(sample(run, *arguments), "are labels, which are not sampled: use seqgen predict")
