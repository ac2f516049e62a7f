"""Models on held-out pairs: which pairs, baselines beside them, comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.api import LanguageModel
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import TextSelection
from seqgen.evaluation.pair_runs import (
    ScoredPairs,
    beside_best_baseline,
    compare_runs,
    pair_sets,
    scored_pairs,
    with_baselines,
)
from seqgen.run import SavedModel, open_model
from tests import tiny_pairs
from tests.tiny_pairs import reversed_words


def scored(model: SavedModel, **selection: object) -> ScoredPairs:
    (pair_set,) = pair_sets(model, TextSelection(**selection))  # type: ignore[arg-type]
    return ScoredPairs.of(model, pair_set)


@pytest.fixture
def row(trained: SavedModel) -> ScoredPairs:
    return scored(trained, part="valid")


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_a_part_is_the_pairs_of_the_run(trained: SavedModel, part: str) -> None:
    (pair_set,) = pair_sets(trained, TextSelection(part=part))  # type: ignore[arg-type]
    record = trained.record.corpus.parts[part]  # type: ignore[index]
    assert len(pair_set.pairs) == record.end - record.start
    assert pair_set.text_name == f"run.tsv ({part})"
    assert pair_set.warning is None


def test_sources_of_a_file_that_were_trained_on_are_warned_about(trained: SavedModel, tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text(reversed_words(), encoding="utf-8")
    (pair_set,) = pair_sets(trained, TextSelection.of([str(path)]))
    assert len(pair_set.pairs) == 40
    assert pair_set.warning is not None
    assert pair_set.warning.endswith(
        "sources of other.tsv also stand in the training part, so scores on it are optimistic"
    )


def test_a_split_that_divides_pair_by_pair_is_warned_about(tmp_path: Path) -> None:
    text = "".join(f"{source}\t{target}\n" for source in ("ab", "cd", "ef") for target in "abcdefghij")
    run = tiny_pairs.trained(tmp_path / "run", text=text, test_fraction=0.2, unite_duplicates=False)
    for part, n_known in (("train", 0), ("valid", 3), ("test", 3)):
        (pair_set,) = pair_sets(open_model(run), TextSelection(part=part))  # type: ignore[arg-type]
        assert min(n_known, 1) <= pair_set.n_known <= n_known
        assert (pair_set.warning is None) == (part == "train")


def test_runs_on_the_same_pairs_share_their_baselines(row: ScoredPairs) -> None:
    first, second = with_baselines([row, row], is_asked=True)
    assert first.baselines is second.baselines
    assert [baseline.name for baseline in first.baselines] == ["copied source", "target of the nearest training source"]


def test_baselines_that_take_long_are_left_out_unless_they_are_asked_for(
    row: ScoredPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scored_pairs, "_FEW_CHARACTERS", 10)
    assert [len(found.baselines) for found in with_baselines([row], is_asked=False)] == [0]
    assert [len(found.baselines) for found in with_baselines([row], is_asked=True)] == [2]


def test_without_the_training_part_there_are_baselines_only_if_asked_for(
    row: ScoredPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CorpusError("gone")

    monkeypatch.setattr(scored_pairs, "training_pairs", refuse)
    assert with_baselines([row], is_asked=False)[0].baselines == ()
    with pytest.raises(CorpusError, match="gone"):
        with_baselines([row], is_asked=True)


def test_a_run_is_compared_with_the_best_baseline(row: ScoredPairs) -> None:
    assert beside_best_baseline([row]) is None
    (complete,) = with_baselines([row], is_asked=True)
    difference = beside_best_baseline([complete])
    assert difference is not None
    assert (difference.first, difference.second) == ("run", "target of the nearest training source")


def test_every_two_runs_on_the_same_pairs_are_compared(row: ScoredPairs, trained: SavedModel) -> None:
    assert len(compare_runs([row, row, row])) == 3
    assert compare_runs([row, scored(trained, part="test")]) == []
    (comparison,) = compare_runs([row, row])
    assert "run and run cannot be told apart on these pairs" in comparison.sentence
    assert [found["measure"] for found in comparison.to_json()["differences"]] == [
        "character error rate",
        "exact match",
        "word error rate",
    ]


def test_every_pair_has_its_prediction_and_loss(row: ScoredPairs) -> None:
    pairs = list(row.by_pair())
    assert [pair["source"] for pair in pairs] == [pair.source for pair in row.pairs]
    assert sum(pair["nats"] for pair in pairs) == pytest.approx(row.loss.total)
    assert [pair["is_right"] for pair in pairs] == [pair["prediction"] == pair["target"] for pair in pairs]


def test_the_library_scores_pairs_as_the_command_does(row: ScoredPairs, trained: SavedModel) -> None:
    model = LanguageModel(trained)
    scored_again = model.evaluate(row.pairs)
    assert scored_again.answers.measures.to_json() == row.answers.measures.to_json()
    assert scored_again.loss.total == pytest.approx(row.loss.total)
    with pytest.raises(CorpusError, match="there is no pair"):
        model.evaluate([])


def test_a_model_of_pairs_scores_no_text(trained: SavedModel) -> None:
    with pytest.raises(ConfigError, match=r"run learned from pairs, not from a text: evaluate\(pairs\) scores it"):
        LanguageModel(trained).score("abc")
