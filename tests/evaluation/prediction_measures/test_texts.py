"""Measures of texts: exact match, edits to the nearest reference, and the scores of sacrebleu."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.evaluation.prediction_measures import (
    count_edits,
    measure_texts,
    score_sentences,
    sentence_scores_note,
    unite_sources,
)

ANSWERS = ("the cat sat on the mat", "there is a small dog", "")
REFERENCES = (("the cat sat on a mat", "a cat sat on the mat"), ("there is a little dog",), ("yes", "no"))


def plain_distance(first: str, second: str) -> int:
    """The edit distance by the table of Wagner and Fischer."""
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_edits_are_counted_as_the_table_counts_them(first: str, second: str) -> None:
    assert count_edits(first, [second]) == (plain_distance(first, second), len(second))


def test_the_nearest_reference_counts_and_of_several_the_longest() -> None:
    assert count_edits("abcd", ["xyz", "abc", "abcde", "abcd e"]) == (1, 5)


def test_words_are_edited_as_whole_words() -> None:
    measures = measure_texts(["HH AH L OW"], [["HH EH L OW"]])
    assert measures.word_error_rate is not None and measures.word_error_rate.value == 0.25
    assert measures.character_error_rate is not None and measures.character_error_rate.value == 0.1


def test_a_small_case_is_as_computed_by_hand() -> None:
    measures = measure_texts(ANSWERS, REFERENCES)
    assert measures.exact_match.value == 0
    assert measures.character_edits.counts.tolist() == [3, 5, 2]
    assert measures.character_edits.sizes.tolist() == [20, 21, 2]
    assert measures.word_edits.counts.tolist() == [1, 1, 1]
    assert measures.word_edits.sizes.tolist() == [6, 5, 1]


def test_an_answer_is_exact_if_it_is_any_of_its_references() -> None:
    measures = measure_texts(["two", "2", "three"], [["2", "two"]] * 3)
    assert measures.exact.counts.tolist() == [1, 1, 0]


def test_perfect_answers_get_1_and_0() -> None:
    measures = measure_texts(["one", "two"], [["one"], ["three", "two"]])
    assert measures.exact_match.value == 1
    assert measures.character_error_rate is not None and measures.character_error_rate.value == 0


def test_references_without_content_have_no_error_rate() -> None:
    measures = measure_texts(["", "a"], [[""], [""]])
    assert measures.exact_match.value == 0.5
    assert measures.character_error_rate is measures.word_error_rate is None
    assert "character_error_rate" not in measures.to_json()


def test_models_are_ranked_by_characters_or_by_exact_matches_where_there_are_none() -> None:
    names = [outcomes.measure for outcomes in measure_texts(ANSWERS, REFERENCES).compared]
    assert names == ["character error rate", "exact match", "word error rate"]
    assert [outcomes.measure for outcomes in measure_texts(["a"], [[""]]).compared] == ["exact match"]


def test_the_order_of_the_sources_plays_no_part() -> None:
    forward, backward = measure_texts(ANSWERS, REFERENCES), measure_texts(ANSWERS[::-1], REFERENCES[::-1])
    assert forward.to_json() == pytest.approx(backward.to_json())


def test_the_targets_of_equal_sources_are_references_of_one_question() -> None:
    one, other = unite_sources([("a", "1"), ("b", "2"), ("a", "3"), ("a", "1")])
    assert (one.source, one.targets, other.source, other.targets) == ("a", ("1", "3"), "b", ("2",))


def test_chrf_and_bleu_are_those_of_sacrebleu_with_its_signatures() -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")
    streams = [[found[0] for found in REFERENCES], [(*found, None)[1] for found in REFERENCES]]
    chrf, bleu = score_sentences(ANSWERS, REFERENCES, lowercase=True)
    theirs = metrics.BLEU(lowercase=True)
    assert chrf.value == metrics.CHRF(lowercase=True).corpus_score(ANSWERS, streams).score
    assert bleu.value == theirs.corpus_score(ANSWERS, streams).score
    assert bleu.signature == str(theirs.get_signature())
    assert "case:lc" in bleu.signature and "nrefs:var" in bleu.signature
    assert "case:mixed" in score_sentences(ANSWERS, REFERENCES)[1].signature


def test_the_report_is_json_with_signatures() -> None:
    pytest.importorskip("sacrebleu")
    report = json.loads(json.dumps(measure_texts(ANSWERS, REFERENCES).to_json(), allow_nan=False))
    assert {"n_sources", "exact_match_low", "word_error_rate", "chrf", "bleu", "bleu_signature"} <= set(report)


def test_single_words_have_no_scores_of_sentences() -> None:
    assert measure_texts(["wugs"], [["wugs"]]).sentence_scores == ()


def test_without_sacrebleu_the_scores_are_left_out_and_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    assert sentence_scores_note() == "chrF and BLEU need another package: pip install sacrebleu"
    assert measure_texts(ANSWERS, REFERENCES).sentence_scores == ()


def test_outcomes_of_some_sources_can_be_picked() -> None:
    picked = measure_texts(ANSWERS, REFERENCES).word_edits.where(np.array([True, False, True]))
    assert picked.sizes.tolist() == [6, 1]
