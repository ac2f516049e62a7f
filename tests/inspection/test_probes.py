"""Probes: every task asks what it says at the distance that it says, and small models of all cells learn them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqgen.errors import ConfigError
from seqgen.inspection.probes import PROBES, ProbeName
from seqgen.inspection.probes.contenders import PROBE_RECIPES, Contender, parse_contenders
from seqgen.inspection.probing import ProbeResult, run_probe
from seqgen.models import build_model, count_parameters

every_probe = pytest.mark.parametrize("name", PROBES)
RANDOM = np.random.default_rng(0)
CLOSERS = {")": "(", "]": "[", "}": "{", '"': '"'}


def texts_of(name: ProbeName, distance: int, n: int = 40) -> list[list[str]]:
    """Sequences as lists of symbols."""
    probe = PROBES[name]
    examples = probe.draw(distance, n, np.random.default_rng(distance))
    return [[probe.symbols[token] for token in row] for row in examples.ids.tolist()]


@every_probe
@pytest.mark.parametrize("distance", [4, 9, 50])
def test_examples_have_ids_of_the_vocabulary_and_answers(name: ProbeName, distance: int) -> None:
    probe = PROBES[name]
    examples = probe.draw(distance, 16, np.random.default_rng(0))
    batch = examples.batch
    assert batch.inputs.shape == batch.targets.shape == examples.asked.shape
    assert (batch.inputs[:, 1:] == batch.targets[:, :-1]).all()
    assert examples.ids.min() >= 0
    assert examples.ids.max() < len(probe.symbols)
    assert examples.asked.any(axis=1).all()
    assert (examples.learned | ~examples.asked).all()  # what is asked is also learned
    assert (probe.draw(distance, 16, np.random.default_rng(0)).ids == examples.ids).all()


@pytest.mark.parametrize("distance", [4, 10])
def test_copies_stand_a_distance_after_the_letters(distance: int) -> None:
    for text in texts_of("copy", distance):
        assert text[:3] == text[distance:]
        assert text[distance - 1] == ">"
        assert set(text[3 : distance - 1]) <= {"."}


@pytest.mark.parametrize("distance", [4, 25])
def test_the_sum_is_that_of_one_marked_digit_in_each_half(distance: int) -> None:
    for text in texts_of("adding", distance):
        *digits, equals, total = text
        assert equals == "="
        assert len(digits) == distance
        marked = [place for place, digit in enumerate(digits) if digit.startswith("[")]
        assert len(marked) == 2
        assert marked[0] < distance // 2 <= marked[1]
        assert int(total) == sum(int(digits[place].strip("[]")) for place in marked)


@pytest.mark.parametrize("distance", [2, 3, 16, 60])
def test_the_last_bracket_closes_the_one_a_distance_before(distance: int) -> None:
    for text in texts_of("brackets", distance):
        stack: list[tuple[str, int]] = []
        closed_at: dict[int, int] = {}
        for place, symbol in enumerate(text):
            if symbol in CLOSERS and stack and stack[-1][0] == CLOSERS[symbol]:
                closed_at[place] = stack.pop()[1]
            elif symbol != "x":
                assert symbol not in ")]}", text
                stack.append((symbol, place))
        assert not stack
        assert closed_at[len(text) - 1] == len(text) - 1 - distance
    kinds = [text[-1] for text in texts_of("brackets", distance, 400)]
    assert {kinds.count(kind) for kind in CLOSERS} <= set(range(70, 131))  # all as frequent, so chance is a quarter


def test_of_brackets_every_closing_one_is_learned() -> None:
    examples = PROBES["brackets"].draw(40, 20, np.random.default_rng(0))
    closing = [PROBES["brackets"].symbols.index(symbol) for symbol in ")]}"]
    is_closing = np.isin(examples.batch.targets, closing)
    assert examples.learned[is_closing].all()
    assert examples.asked.sum() == 20


def test_there_are_as_many_b_as_a_and_the_answers_are_what_follows_them() -> None:
    examples = PROBES["counting"].draw(7, 30, np.random.default_rng(0))
    for text, asked, row in zip(texts_of("counting", 7, 30), examples.asked, examples.batch.targets, strict=True):
        before, word, *padding = "".join(text).split(";")
        assert word == 7 * "a" + 7 * "b"
        assert before == len(before) // 2 * "a" + len(before) // 2 * "b"
        assert not "".join(padding)
        assert row[asked].tolist() == [2] * 6 + [0]  # six times b, and then the end


def test_chance_is_what_a_guess_gets() -> None:
    chance = {name: probe.chance_among(len(probe.distances)) for name, probe in PROBES.items()}
    assert chance == {"copy": 1 / 8, "adding": 1 / 10, "brackets": 1 / 4, "counting": 1 / 6}
    sums = [int(text[-1]) for text in texts_of("adding", 10, 4000)]
    assert max(sums.count(total) for total in range(19)) / 4000 == pytest.approx(0.1, abs=0.02)


@every_probe
def test_all_cells_have_about_as_many_parameters(name: ProbeName) -> None:
    n_symbols = len(PROBES[name].symbols)
    with torch.device("meta"):
        sizes = [count_parameters(build_model(Contender(cell=cell).model(n_symbols))) for cell in PROBE_RECIPES]
    assert max(sizes) < 1.1 * min(sizes)
    assert min(sizes) > 18_000


def test_settings_belong_to_the_cells_that_have_them() -> None:
    first, second = parse_contenders(["rnn,recurrent_init=identity", "lstm"], ["nonlinearity=relu", "clip_norm=3"])
    assert (first.name, second.name) == ("rnn relu identity, clip_norm 3", "lstm, clip_norm 3")
    assert first.model(9).nonlinearity == "relu"  # type: ignore[union-attr]
    assert second.training(seed=5).clip_norm == 3
    assert [contender.cell for contender in parse_contenders([])] == ["rnn", "lstm", "gru", "transformer"]
    with pytest.raises(ConfigError, match="cell is 'lstn': it must be one of rnn, lstm, gru, transformer"):
        parse_contenders(["lstn"])
    with pytest.raises(ConfigError, match="sets an unknown field"):
        parse_contenders(["lstm"], ["nonlinearity=relu"])


def results(name: ProbeName, *cells: str, **options: Any) -> list[ProbeResult]:
    return list(run_probe(PROBES[name], parse_contenders(cells), **options))


def test_the_same_seed_gives_the_same_result_and_another_seed_another() -> None:
    first, second, third = (results("copy", "gru,d_model=8", n_steps=5, seed=seed)[0].loss_nats for seed in (0, 0, 1))
    assert first == second != third


def test_the_state_of_torch_is_as_before() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    results("copy", "gru,d_model=8", n_steps=2)
    assert torch.equal(torch.rand(1), expected)


def test_a_gated_network_remembers_what_a_tanh_network_forgets() -> None:
    rnn, lstm = (result.accuracy[16] for result in results("copy", "rnn", "lstm", n_steps=300, at=16))
    assert rnn.high < 0.25  # chance is 0.125
    assert lstm.low > 0.5


@pytest.mark.parametrize(("name", "at"), [("copy", 8), ("adding", 4), ("brackets", 8), ("counting", 8)])
def test_every_task_can_be_learned(name: ProbeName, at: int) -> None:
    (result,) = results(name, "lstm", n_steps=160, at=at)
    assert result.accuracy[at].low > 1.5 * (PROBES[name].chance or 0.5)


def test_a_training_that_diverges_is_reported() -> None:
    (result,) = results("copy", "rnn,nonlinearity=relu,learning_rate=900,muon_rate=900", n_steps=50, at=8)
    assert result.has_diverged
    assert result.n_steps < 50


def test_a_distance_that_is_too_short_is_refused() -> None:
    with pytest.raises(ConfigError, match="at is 2: it must be 4 or more"):
        results("copy", "rnn", n_steps=1, at=2)
