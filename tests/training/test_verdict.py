"""What the reports of a training run are taken to mean."""

from __future__ import annotations

import math

import pytest

from seqgen.run import EndReport, History, Report, StepReport, ValidationReport
from seqgen.training.race_verdict import judge_race
from seqgen.training.verdict import Verdict, judge


def a_step(step: int, loss: float = 1.0) -> StepReport:
    return StepReport(
        step=step, n_tokens=1, loss_nats=loss, grad_norm=1.0, rate_share=1.0, elapsed_s=float(step), fraction=0.5
    )


def a_validation(step: int, nats: float, n_tokens: int | None = None) -> ValidationReport:
    return ValidationReport(
        step=step,
        nats_per_token=nats,
        bits_per_character=None,
        is_best=False,
        is_average=False,
        took_s=0.0,
        elapsed_s=float(step),
        n_tokens=n_tokens,
    )


def history(scores: list[float], loss: float = 1.0, *, n_tokens: int | None = None) -> History:
    """A hundred steps and a validation after each."""
    reports: list[Report] = []
    for number, nats in enumerate(scores, start=1):
        reports += [a_step(100 * number, loss), a_validation(100 * number, nats, n_tokens)]
    return History(tuple(reports))


def test_a_score_that_rises_again_is_overfitting_since_the_best_step() -> None:
    verdict = judge(history([2.0, 1.5, 1.4, 1.5, 1.6]))
    assert verdict.kind == "overfitting"
    assert "since step 300" in verdict.text
    assert "--dropout" in verdict.text


def test_a_score_that_falls_to_the_end_is_still_improving() -> None:
    verdict = judge(history([2.0, 1.8, 1.6, 1.5, 1.4, 1.3]))
    assert verdict.kind == "improving"
    assert "15.4%" in verdict.text  # 1.5 at two thirds of the steps, or before, over 1.3


def test_a_score_that_falls_to_less_than_half_is_told_in_losses() -> None:
    text = judge(history([900.0, 400.0, 300.0, 8.0])).text
    assert "improved by 392.0000, to 8.0000 nats" in text
    assert "%" not in text


def test_a_score_that_stands_still_has_converged() -> None:
    assert judge(history([2.0, 1.5, 1.402, 1.401, 1.4005, 1.4], loss=1.35)).kind == "converged"


def test_a_converged_model_that_knows_its_text_by_heart_wants_dropout_and_another_wants_width() -> None:
    scores = [2.0, 1.5, 1.402, 1.401, 1.4005, 1.4]
    assert "--dropout" in judge(history(scores, loss=0.7)).text
    assert "--width" in judge(history(scores, loss=1.39)).text


def test_a_difference_by_chance_is_no_overfitting() -> None:
    assert judge(history([2.0, 1.5, 1.4, 1.39, 1.391])).kind != "overfitting"


def test_without_validation_nothing_is_claimed() -> None:
    assert judge(History((a_step(1),))).kind == "unvalidated"
    assert judge(History()).kind == "unvalidated"


@pytest.mark.parametrize("scores", [[1.5], [1.5, 1.2]], ids=str)
def test_fewer_than_three_validations_are_no_trend(scores: list[float]) -> None:
    assert judge(history(scores)).kind == "short"


def test_a_rise_that_a_short_validation_part_cannot_tell_is_no_overfitting() -> None:
    scores = [2.0, 1.5, 1.4, 1.39, 1.4]
    assert judge(history(scores, n_tokens=1_000)).kind == "unclear"
    assert judge(history(scores, n_tokens=1_000_000)).kind == "overfitting"


def test_more_validation_text_tells_only_slowly_smaller_differences_apart() -> None:
    scores = [2.0, 1.5, 1.4, 1.39, 1.3955]  # 0.4 %
    assert judge(history(scores, n_tokens=100_000)).kind != "overfitting"
    assert judge(history(scores, n_tokens=10_000_000)).kind == "overfitting"


def test_a_rise_that_is_hardly_above_chance_is_called_probable() -> None:
    scores = [2.0, 1.5, 1.4, 1.39, 1.407]  # 1.22 %
    assert judge(history(scores, n_tokens=10_000)).text.startswith("probably overfitting since step 400: ")
    assert judge(history(scores, n_tokens=100_000)).text.startswith("overfitting since step 400: ")


def test_a_short_validation_part_cannot_tell_that_a_run_has_converged() -> None:
    scores = [2.0, 1.5, 1.402, 1.401, 1.4005, 1.4]
    assert judge(history(scores, n_tokens=600)).kind == "unclear"
    assert judge(history(scores, n_tokens=60_000)).kind == "converged"


def test_a_diverged_training_is_no_other_thing() -> None:
    end = EndReport(step=300, reason="diverged", elapsed_s=300.0)
    assert judge(History((*history([2.0, 1.9, math.nan]).reports, end))).kind == "diverged"


def test_a_text_without_any_surprise_is_judged_too() -> None:
    assert judge(history([0.5, 0.0, 0.0, 0.0, 0.0, 0.0], loss=0.0)).kind == "converged"


def test_a_rise_of_a_few_nats_on_the_whole_validation_part_is_no_overfitting() -> None:
    scores = [0.9, 0.2, 0.02, 0.03, 0.05]  # 0.05 - 0.02 is 2.1 nats on 70 tokens, and 300 on 10,000
    few, many = judge(history(scores, n_tokens=70)), judge(history(scores, n_tokens=10_000))
    assert few.kind != "overfitting"
    assert "differences below 0.0429 nats per token may be chance" in few.text  # 3 nats over 70 tokens
    assert "%" not in few.text
    assert many.kind == "overfitting"
    assert "its validation loss is 2.5 times that of this step, 0.0500 instead of 0.0200 nats per token" in many.text
    assert "150" not in many.text


def test_a_rise_of_a_loss_of_a_few_nats_is_told_in_bits_per_label_and_not_in_percent() -> None:
    made = history([0.5, 0.2, 0.068, 0.09, 0.1274], n_tokens=71)  # 87 % worse, and 62 % may be chance
    text = judge(made, learns_from="labels").text
    assert text.startswith("probably overfitting since step 300: ")
    assert "its validation loss is 0.1838 instead of 0.0981 bits per label" in text
    assert "(differences below 0.0610 bits per label may be chance)" in text
    assert "%" not in text


def test_a_rise_of_a_larger_loss_is_told_in_percent() -> None:
    text = judge(history([0.9, 0.6, 0.5, 0.7, 0.8], n_tokens=1_000), learns_from="labels").text
    assert "60.0% worse than at that step (differences below 1.8% may be chance)" in text


def test_a_gain_of_a_loss_of_a_few_nats_is_told_in_nats_per_token() -> None:
    text = judge(history([0.9, 0.2, 0.1, 0.06, 0.05, 0.05], n_tokens=70), learns_from="pairs").text
    assert "improved by 0.0100, to 0.0500 nats per token in the last third of the run" in text
    assert "differences below 0.0429 nats per token may be chance" in text


def test_a_model_of_labels_that_is_hardly_ever_wrong_is_judged_in_bits() -> None:
    verdict = judge(history([0.9, 0.2, 0.004, 0.0036, 0.02], n_tokens=70), learns_from="labels")
    assert "almost without error, at 0.0052 bits per label" in verdict.text


def test_a_model_that_is_hardly_ever_wrong_has_converged() -> None:
    verdict = judge(history([0.9, 0.2, 0.004, 0.0036, 0.02], n_tokens=70))
    assert verdict.kind == "converged"
    assert "almost without error, at 0.0036 nats per token" in verdict.text


@pytest.mark.parametrize(
    "scores", [[2.0, 1.5, 1.4, 1.5, 1.6], [2.0, 1.5, 1.402, 1.401, 1.4005, 1.4], [2.0, 1.4, 1.4], []], ids=str
)
@pytest.mark.parametrize("n_tokens", [600, 10_000])
def test_a_run_of_pairs_is_told_to_get_more_pairs(scores: list[float], n_tokens: int) -> None:
    made = history(scores, loss=0.7, n_tokens=n_tokens)
    of_text, of_pairs = judge(made), judge(made, learns_from="pairs")
    assert of_text.kind == of_pairs.kind
    assert "text" not in of_pairs.text
    assert ("pairs" in of_pairs.text) is ("text" in of_text.text)


def test_scores_that_are_no_numbers_are_left_out() -> None:
    assert judge(history([2.0, math.nan, 1.5, math.inf, 1.4])).kind == "improving"


IMPROVING, OVER = Verdict("improving", ""), Verdict("overfitting", "")


def test_the_verdict_of_a_race_names_the_first_its_lead_and_who_may_catch_up() -> None:
    text = judge_race({"a": 2.0, "b": 1.0, "c": 1.5}, {"a": IMPROVING, "b": OVER, "c": IMPROVING})
    assert text.startswith("b predicts this text best: 1.0000 bits per character, 33.3% fewer than c.")
    assert "Still improving at the end, so perhaps closer with more time: c, a." in text
    assert text.endswith("Already memorising the training part: b")


def test_a_race_too_short_to_tell_says_so() -> None:
    short = judge(history([2.0]))
    assert short.kind == "short"
    text = judge_race({"a": 2.0, "b": 1.0}, {"a": short, "b": OVER})
    assert "Validated too seldom to judge, so race for longer: a" in text
    assert "Still improving" not in text


@pytest.mark.parametrize(("second", "n_tokens"), [(1.001, 10**9), (1.01, 10_000), (1.01, 100_000)])
def test_a_narrow_lead_in_a_race_names_no_winner(second: float, n_tokens: int) -> None:
    text = judge_race({"a": 1.0, "b": second}, {"a": OVER, "b": OVER}, n_tokens=n_tokens)
    assert text.startswith("a and b cannot be told apart (1.0000 and ")
    assert "best" not in text


def test_means_over_seeds_that_vary_more_than_they_differ_name_no_winner() -> None:
    scores, verdicts = {"a": 1.0, "b": 1.1}, {"a": OVER, "b": OVER}
    assert "best" in judge_race(scores, verdicts, n_tokens=10**6, errors={"a": 0.01, "b": 0.01})
    assert "cannot be told apart" in judge_race(scores, verdicts, n_tokens=10**6, errors={"a": 0.05, "b": 0.01})


def test_a_race_of_one_has_no_winner() -> None:
    assert (
        judge_race({"a": 1.0, "b": math.inf}, {"a": OVER, "b": OVER})
        == "fewer than two cells have a score, so there is nothing to compare"
    )
