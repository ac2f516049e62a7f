"""How the ball flies: exactly, without loss, and always at a random moment of its flight."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.inspection.ball.motion import Box, Flight

gravities = pytest.mark.parametrize("gravity", [0.0, 0.05, 0.2, 0.9])
SIZE, SPEED = 8.0, 2.0


def states(n: int, *, gravity: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(0)
    place, velocity = random.uniform(0.1, SIZE - 0.1, n), random.uniform(-SPEED, SPEED, n)
    fits = velocity**2 + 2 * gravity * place < SPEED**2
    return place[fits], velocity[fits]


def in_small_steps(place: NDArray[np.float64], velocity: NDArray[np.float64], *, gravity: float) -> list[float]:
    """Where one ball is at times 0, 1, 2 and so on, with many small steps and a turn at every wall."""
    n_parts = 4000
    places = [float(place)]
    for _ in range(6):
        for _ in range(n_parts):
            place = place + velocity / n_parts - gravity / 2 / n_parts**2
            velocity = velocity - gravity / n_parts
            if not 0 <= place <= SIZE:
                place = -place if place < 0 else 2 * SIZE - place
                velocity = -velocity
        places.append(float(place))
    return places


@gravities
def test_a_flight_is_that_of_many_small_steps(gravity: float) -> None:
    place, velocity = states(6, gravity=gravity)
    flight = Flight.of(place, velocity, size=SIZE, gravity=gravity)
    exact = np.stack([flight.at(time) for time in range(7)], axis=1)
    for number in range(len(place)):
        stepwise = in_small_steps(place[number], velocity[number], gravity=gravity)
        np.testing.assert_allclose(exact[number], stepwise, atol=0.02)


def test_a_ball_bounces_as_light_from_a_mirror() -> None:
    flight = Flight.of(np.array([3.0]), np.array([-2.0]), size=5)
    assert [flight.at(time).item() for time in range(8)] == pytest.approx([3, 1, 1, 3, 5, 3, 1, 1])


def test_a_ball_with_gravity_bounces_at_the_floor_and_turns_in_the_air() -> None:
    flight = Flight.of(np.array([0.0]), np.array([1.0]), size=8, gravity=0.5)  # up for two steps, down for two
    assert [flight.at(time).item() for time in range(7)] == pytest.approx([0, 0.75, 1, 0.75, 0, 0.75, 1])


@gravities
def test_no_ball_leaves_the_box_or_loses_energy(gravity: float) -> None:
    place, velocity = states(200, gravity=gravity)
    flight = Flight.of(place, velocity, size=SIZE, gravity=gravity)
    energy, instant = velocity**2 / 2 + gravity * place, 1e-5
    for time in np.linspace(0, 40, 50).tolist():
        before, now, after = (flight.at(time + shift) for shift in (-instant, 0, instant))
        assert now.min() >= -1e-9 and now.max() <= SIZE + 1e-9
        flies = np.abs(after - 2 * now + before) < 1e-8  # it does not turn at a wall just now
        speed = (after - before)[flies] / (2 * instant)
        np.testing.assert_allclose(speed**2 / 2 + gravity * now[flies], energy[flies], atol=1e-4)
        assert flies.mean() > 0.95


def test_a_ball_without_speed_stays_where_it_is() -> None:
    flight = Flight.of(np.array([0.0, 2.5]), np.array([0.0, 0.0]), size=SIZE)
    assert flight.at(16.0).tolist() == pytest.approx([0, 2.5], abs=1e-6)


@gravities
def test_the_beginning_of_a_path_is_a_moment_like_all_others(gravity: float) -> None:
    """Otherwise a model could tell from the number of cells it sees how old the path is."""
    cells = Box(gravity=gravity).throw(40_000, np.random.default_rng(0)).cells(21)
    first, last = (np.bincount(cells[:, time], minlength=96) for time in (0, 20))
    usual = np.sqrt(first + last).clip(min=1)
    assert np.abs((first - last) / usual).mean() < 1  # 0.8 is the mean of the size of a normal number


def test_cells_are_counted_from_the_lowest_row() -> None:
    box = Box(width=5, height=3)
    throws = box.throw(50, np.random.default_rng(0))
    cells, places = throws.cells(4), throws.places(3)
    assert cells.shape == (50, 4)
    np.testing.assert_array_equal(cells[:, 3], places[:, 1].astype(int) * 5 + places[:, 0].astype(int))
    assert np.linalg.norm(box.points()[cells[:, 3]] - places, axis=1).max() <= 0.5**0.5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"width": 0}, "width is 0: it must be from 1 to 100"),
        ({"speed": 0.0}, "speed is 0: it must be above 0"),
        ({"gravity": -0.1}, "gravity is -0.1: it must be from 0 to 1"),
        ({"gravity": float("nan")}, "gravity is nan: it must be from 0 to 1"),
    ],
)
def test_a_box_that_cannot_be_is_refused(fields: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Box(**fields)  # type: ignore[arg-type]
