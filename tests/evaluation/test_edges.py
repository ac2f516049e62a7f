"""Scores where there is next to nothing to score, or what is needed is gone."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqgen.cli.evaluate import summary
from seqgen.config import ByteConfig, ReadingConfig
from seqgen.corpus import encode_text
from seqgen.corpus.corpus import reopen_part
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import Context, TextSelection, measure_quality, score_nats
from seqgen.evaluation.copies import find_copies
from seqgen.evaluation.external_texts import store_external
from seqgen.evaluation.held_out_gaps import score_gaps
from seqgen.evaluation.learned_expert import weigh_expert
from seqgen.evaluation.learned_temperature import best_temperature
from seqgen.evaluation.oov import oov_charges
from seqgen.evaluation.pair_runs import pair_sets
from seqgen.evaluation.pair_runs.answers import Answers
from seqgen.evaluation.prediction_measures import measure_texts
from seqgen.evaluation.scoring_modes import FromEnd
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import train_tokenizer
from tests import tiny


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


def without(model: SavedModel, part: str) -> SavedModel:
    parts = {name: record for name, record in model.record.corpus.parts.items() if name != part}
    return replace(model, record=replace(model.record, corpus=replace(model.record.corpus, parts=parts)))


def text_of(model: SavedModel) -> list[str]:
    return [str(model.path.parent.with_suffix(".txt"))]


def gone(*_: Any, **__: Any) -> Any:
    raise CorpusError("the text is gone")


def test_ids_that_were_scored_leave_the_memory(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.score._MAX_IDS_IN_MEMORY", 3)
    text, n_released = encode_text(["Mina sat"], model.tokenizer), [0]

    def release() -> None:
        n_released[0] += 1

    watched: Any = SimpleNamespace(
        ids=text.ids,
        n_characters=text.n_characters,
        n_bytes=text.n_bytes,
        n_oov=text.n_oov,
        is_lossless=text.is_lossless,
        n_words=text.n_words,
        release=release,
    )
    parts = [np.full(2, 0.5)] * 4
    assert score_nats(parts, watched, tokenizer=model.tokenizer) == score_nats(parts, text, tokenizer=model.tokenizer)
    assert n_released == [2]


def test_the_mode_of_a_model_that_reads_backward_is_said() -> None:
    assert str(FromEnd(Context(8, 4))) == str(Context(8, 4))
    assert FromEnd(Context()).describe() == f"{Context().describe()}, from the end"


def test_a_vocabulary_of_everything_charges_nothing_for_what_it_lacks() -> None:
    assert oov_charges(train_tokenizer(ByteConfig(), ["abc"], n_bytes=3)) == (0.0, 0.0)


def test_copies_are_found_without_a_held_out_text_to_compare_with(model: SavedModel, tmp_path: Path) -> None:
    path = tmp_path / "copy.txt"
    path.write_text(tiny.TEXT[:300], encoding="utf-8")
    report = find_copies(without(model, "valid"), [str(path)], corpus_paths=text_of(model))
    assert report.human is None
    assert report.written.spans[0].length == 300


def test_a_name_that_no_file_can_have_is_refused_as_a_text() -> None:
    with pytest.raises(CorpusError, match=r"cannot be (read|used)|does not exist"):
        store_external("x" * 5000, ReadingConfig())


def test_gaps_are_not_scored_on_different_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: SavedModel
) -> None:
    other = open_model(tiny.trained(tmp_path / "other", text=tiny.READABLE, backward=True))
    parts = {"tiny": SimpleNamespace(key="one"), "other": SimpleNamespace(key="two")}
    found = iter(parts.values())
    monkeypatch.setattr("seqgen.evaluation.held_out_gaps.reopen_part", lambda *_, **__: next(found))
    models: Any = SimpleNamespace(forward=model, backward=other)
    with pytest.raises(ConfigError, match="hold out different texts: train both on the same text"):
        score_gaps(models, 5)


def test_no_expert_and_no_temperature_are_sought_without_their_texts(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = model.record.corpus
    parts = {name: reopen_part(corpus, name, corpus_paths=text_of(model)) for name in corpus.parts}
    monkeypatch.setattr("seqgen.evaluation.learned_expert._MOST_WORK", 1)
    monkeypatch.setattr("seqgen.evaluation.learned_expert._FEWEST_VALID_IDS", 1)
    assert weigh_expert(model, parts) is None  # too large a model for even the fewest
    monkeypatch.setattr("seqgen.evaluation.learned_expert.encode_part", gone)
    assert weigh_expert(model, parts) is None
    monkeypatch.setattr("seqgen.evaluation.learned_temperature._is_legible", lambda record: True)
    monkeypatch.setattr("seqgen.evaluation.learned_temperature.compare_samples", gone)
    assert best_temperature(model, parts) is None


def test_answers_without_probabilities_have_no_surest_mistakes() -> None:
    measures = measure_texts(["2", "3"], [["two"], ["3"]])
    answers = Answers(name="copied source", predictions=("2", "3"), is_right=np.array([False, True]), measures=measures)
    assert answers.surest_mistakes(["2", "3"]) == []


def test_a_model_that_writes_nothing_has_no_samples_to_compare(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "seqgen.evaluation.sample_quality.write_texts",
        lambda *_, **__: [SimpleNamespace(text="", ending="end-of-text")],
    )
    monkeypatch.setattr("seqgen.evaluation.sample_quality._MIN_HELD_OUT_LENGTH", 1)
    with pytest.raises(CorpusError, match="ends every document before its first character"):
        measure_quality(model, n_samples=1, corpus_paths=text_of(model))


@pytest.mark.parametrize(
    ("best", "said"), [(SimpleNamespace(temperature=0.7), "fewest faults at temperature 0.7"), (None, "not near human")]
)
def test_the_temperature_that_suits_a_model_is_said(
    model: SavedModel, best: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.evaluation.measure_quality", lambda *_, **__: SimpleNamespace(best=best))
    sentence, was_measured = summary.temperature_sentence(model, ())
    assert said in sentence
    assert was_measured


def test_standard_input_is_read_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "typed").write_bytes(b"one\r\ntwo")
    with (tmp_path / "typed").open(encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        stored = store_external("-", ReadingConfig())
    assert stored.raw is not None
    assert (stored.raw.read_bytes(), stored.path.read_bytes()) == (b"one\r\ntwo", b"one\ntwo")


def test_sources_of_a_training_part_that_is_gone_are_unknown(
    pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("abc\tcba\n", encoding="utf-8")
    module = import_module("seqgen.evaluation.pair_runs.pair_sets")  # the package has a function of that name
    monkeypatch.setattr(module, "training_pairs", gone)
    (pair_set,) = pair_sets(open_model(pair_folder), TextSelection.of([str(path)]))
    assert (len(pair_set.pairs), pair_set.n_known, pair_set.warning) == (1, 0, None)
