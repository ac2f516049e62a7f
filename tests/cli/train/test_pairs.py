"""`seqgen train --pairs`: what is said, what is refused, and what the run shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.evaluate.readings import open_runs
from seqgen.cli.train import progress
from seqgen.cli.train.options import TrainOptions
from seqgen.cli.train.request import base_to_weigh, train_request
from seqgen.config import ByteConfig, SentencePieceConfig, WordConfig
from seqgen.errors import ConfigError
from seqgen.run import CURVE_FILE, MODEL_FILE, open_model
from tests.cli.one_line import assert_one_line, run
from tests.cli.parsing import parse
from tests.cli.train.commands import train, trained
from tests.tiny_pairs import KINDS, labelled_words

TINY = ["--pairs", "--width", "16", "--streams", "8", "--steps", "3", "--device", "cpu", "--out", "run"]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, text in KINDS.items():
        Path(f"{kind}.tsv").write_text(text)
    rows = [line.split("\t") for line in KINDS["text"].splitlines()]
    Path("pairs.csv").write_text("id,out,in\n" + "".join(f'{n},{b},"{a}"\n' for n, (a, b) in enumerate(rows)))
    Path("pairs.jsonl").write_text("".join(json.dumps({"in": a, "out": b}) + "\n" for a, b in rows))
    Path("story.txt").write_text("a line without a tab\n" * 50)


def test_a_run_of_pairs_says_what_it_learns_from_and_how_to_predict() -> None:
    said = trained("text.tsv", *TINY).stderr
    for words in (
        r"training on 3\d pairs \(\d+ tokens of targets, vocabulary sizes 5 and 5\), validating on \d pairs;",
        "targets are text: ",
        "gru 1x16 behind a bidirectional encoder 1x16 with attention, with",
        "bits/char",
        "validation ",
        "verdict: ",
        rf"model: run/{MODEL_FILE}; its curve: run/{CURVE_FILE}",
    ):
        assert re.search(words, " ".join(said.split())), words
    assert said.splitlines()[-1] == "predict with it: seqgen predict SOURCE --run run"
    assert "temperature" not in said


def test_labels_are_counted_in_bits_per_label() -> None:
    said = trained("label.tsv", *TINY, "--encoder", "none").stderr
    assert re.search(r"validation [\d.]+ bits/label, [\d.]+ nats/label", said)
    assert re.search(r"the best validation: [\d.]+ bits per label \([\d.]+ nats per label\)", " ".join(said.split()))
    assert "bits/char" not in said
    assert "token)" not in said
    assert "gru 1x16, which reads the sources too, with" in said


@pytest.mark.parametrize("name", ["pairs.csv", "pairs.jsonl"])
def test_columns_name_source_and_target(name: str) -> None:
    trained(name, *TINY, "--columns", "in,out")
    trained("text.tsv", *TINY[:-1], "other")
    scores = [open_model(folder).record.progress.valid_nats_per_token for folder in ("run", "other")]
    assert scores[0] == scores[1]


def test_the_encoder_is_that_of_the_options() -> None:
    trained("text.tsv", *TINY, *["--encoder", "forward", "--no-attention", "--set", "encoder_width=12"])
    encoder = open_model("run").record.encoder
    assert encoder is not None
    assert (encoder.direction, encoder.attention, encoder.d_model) == ("forward", False, 12)


def test_info_shows_encoder_sources_and_pairs() -> None:
    trained("text.tsv", *TINY)
    shown = CliRunner().invoke(app, ["info", "run"]).stdout
    assert "encoder     bidirectional encoder 1x16 with attention" in shown
    assert "sources     char, vocabulary size 5, and the unknown token" in shown
    assert re.search(r"train +\d+ characters of targets, .* tokens, 3\d pairs", shown)
    assert "source_vocab_size" not in shown
    record = json.loads(CliRunner().invoke(app, ["info", "run", "--json"]).stdout)
    assert record["encoder"]["direction"] == "bidirectional"
    trained("text.tsv", *TINY[:-1], "joined", "--encoder", "none")
    shown = CliRunner().invoke(app, ["info", "joined"]).stdout
    assert "encoder     none: the decoder reads the sources too" in shown
    assert "source_vocab_size 6" in shown


def test_a_run_of_pairs_is_resumed() -> None:
    trained("text.tsv", *TINY)
    said = trained("--resume", "run", "--steps", 5).stderr
    assert "continuing run after step 3" in said
    assert open_model("run").record.budget.steps == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("text.tsv --pairs --documents line", "--documents cannot be given with --pairs, which makes each pair a"),
        ("text.tsv --pairs --field text", "--field cannot be given with --pairs"),
        ("label.tsv --pairs --from english", "nothing can begin with the weights of english: the targets are labels"),
        ("text.tsv --pairs --from english --width 8", "--width is 8: the model that --from names has 800"),
        ("text.tsv --pairs --tokenizer auto", "--tokenizer auto cannot be given with --pairs: name a tokenizer"),
        ("text.tsv --encoder none", "--encoder means nothing without --pairs: add --pairs, or leave --encoder out"),
        ("text.tsv --no-attention", "--attention means nothing without --pairs"),
        ("text.tsv --pairs --columns text", "--columns is 'text': it must be two different names, as in --columns "),
        ("pairs.csv --pairs --columns in,in", "--columns is 'in,in': it must be two different names"),
        ("text.tsv --pairs --encoder none --attention", "--attention means nothing with --encoder none"),
        ("label.tsv --pairs --target-tokenizer byte", "--target-tokenizer byte: the targets are labels"),
        ("story.txt --pairs", "story.txt, line 1 has 1 column: pairs need 2, source TAB target"),
        ("text.tsv --pairs --targets label", "distinct targets"),
        ("text.tsv --pairs --set encoder_width=7", "encoder_width is 7: it must be even"),
        ("story.txt --set encoder_width=8", "encoder_width does not belong to the cell"),
        ("story.txt --set source_vocab_size=8", "source_vocab_size does not belong to the cell"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(options: str, message: str) -> None:
    if "--targets label" in options:
        Path("text.tsv").write_text("".join(f"{n}\t{n}\n" for n in range(300)))
    result = train(*options.split(), "--steps", 2, "--out", "refused")
    assert_one_line(result, message)
    assert not Path("refused").exists()


def test_settings_of_tokenizers_go_to_those_that_have_them() -> None:
    def tokenizers(text: str) -> tuple[object, object]:
        request = train_request(parse(TrainOptions, "text.tsv", "--pairs", *text.split()))
        return request.tokenizer, request.target_tokenizer

    both = tokenizers("--tokenizer word --vocab-size 300 --target-tokenizer sentencepiece")
    assert both == (WordConfig(vocab_size=300), SentencePieceConfig(vocab_size=300))
    one = tokenizers("--tokenizer byte --vocab-size 300 --target-tokenizer sentencepiece")
    assert one == (ByteConfig(), SentencePieceConfig(vocab_size=300))
    with pytest.raises(ConfigError, match="vocab_size does not belong to the tokenizer byte"):
        tokenizers("--tokenizer byte --vocab-size 300")


def test_no_base_of_texts_is_weighed_for_pairs() -> None:
    options = parse(TrainOptions, "text.tsv", "--pairs", "--minutes", "1")
    assert base_to_weigh(options, train_request(options)) is None


def test_from_goes_on_with_a_run_of_pairs() -> None:
    trained("text.tsv", *TINY)
    Path("other.tsv").write_text("".join(KINDS["text"].splitlines(keepends=True)[10:]))
    options = ["--pairs", "--from", "run", "--steps", 3, "--device", "cpu", "--out", "child"]
    said = " ".join(trained("other.tsv", *options).stderr.split())
    assert "begun from run, which learned from " in said
    assert "all weights and both vocabularies are those of run, so targets are text" in said


def test_what_a_tokenizer_of_targets_has_can_be_set_with_a_parent() -> None:
    trained("text.tsv", *TINY)
    words = ["--pairs", "--from", "run", "--target-tokenizer", "word", "--vocab-size", "9"]
    assert train_request(parse(TrainOptions, "text.tsv", *words)).target_tokenizer == WordConfig(vocab_size=9)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_for_two_sources_are_shown_on_the_way(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LEGIBLE_BITS", 100.0)
    monkeypatch.setattr(progress, "_SAMPLE_EVERY", 0.5)
    said = trained(f"{kind}.tsv", *TINY, "--set", "evaluate_every=1").stderr
    shown = [line for line in said.splitlines() if line.startswith("  | ")]
    assert len(shown) == 2
    assert all(re.fullmatch(r"  \| [abcd]{1,5} → [a-z]*…?( \(right: [a-z]+\))?", line) for line in shown)


def test_the_verdict_on_pairs_speaks_of_pairs() -> None:
    longer = ["40" if word == "3" else word for word in TINY]
    said = trained("text.tsv", *longer, "--set", "evaluate_every=5").stderr
    verdict = next(line for line in said.splitlines() if line.startswith("verdict: "))
    assert "text" not in verdict


@pytest.mark.parametrize(("kind", "unit"), [("text", "bits per character"), ("label", "bits per label")])
def test_two_seeds_of_pairs_are_compared(kind: str, unit: str) -> None:
    said = " ".join(trained(f"{kind}.tsv", *TINY, "--seeds", 2).stderr.split())
    assert re.search(rf"2 seeds: [\d.]+ {unit} on validation, standard deviation [\d.]+; the best is seed \d", said)
    assert open_model("run-seed-1").record.encoder == open_model("run").record.encoder


def test_a_run_of_labels_says_what_its_expert_brings_and_info_shows_it() -> None:
    Path("many.tsv").write_text(labelled_words(900))
    said = " ".join(trained("many.tsv", *TINY).stderr.split())
    assert "mixed with logistic regression over words and short runs of characters, the model predicts " in said
    assert re.search(
        r"[\d.]+% of the validation labels rightly instead of [\d.]+%, and reaches [\d.]+ bits/label", said
    )
    shown = run("info", "run").stdout
    assert re.search(r"best score +[\d.]+ bits per label, [\d.]+ nats per label, on validation", shown)
    assert "logistic regression over n-grams of the source" in " ".join(shown.split())
    assert json.loads(run("info", "run", "--json").stdout)["label_expert"]["n_rows"] == 8192


def test_without_its_expert_a_model_of_labels_is_its_network() -> None:
    Path("many.tsv").write_text(labelled_words(900))
    trained("many.tsv", *TINY)
    (whole,), (network,) = open_runs(["run"]), open_runs(["run"], with_experts=False)
    assert whole.label_expert is not None
    assert network.label_expert is None
