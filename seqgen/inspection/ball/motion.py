"""The ball itself: how it flies between the walls of a box, exactly, and in which cells of a grid it is seen.

The two directions do not touch each other: sideways the ball flies at one speed from wall to wall, and up and down it
does the same or, with gravity, rises and falls in arcs. It loses nothing where it bounces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.config.fields import require

_SLOWEST = 1e-9
"""A ball that stands still in the middle of the air is given this speed, so that nothing is divided by zero."""
_MOST_CELLS = 100
"""The longest side of a box."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flight:
    """Many balls in one direction, each between two walls, the lower of which is the floor.

    >>> flight = Flight.of(np.array([11.5]), np.array([1.0]), size=12)
    >>> [flight.at(time).round(3).tolist() for time in (0, 0.5, 1, 2)]  # it bounces at 12
    [[11.5], [12.0], [11.5], [10.5]]
    """

    floor_speed: NDArray[np.float64]
    """The speed at the floor, the highest that gravity gives the ball. (N,)"""
    rise: NDArray[np.float64]
    """The time from the floor to the upper wall, or to the top of the arc if the ball does not get there. (N,)"""
    began: NDArray[np.float64]
    """The time since the ball was at the floor; below zero if it is falling to it. (N,)"""
    gravity: float

    @classmethod
    def of(
        cls, place: NDArray[np.float64], velocity: NDArray[np.float64], *, size: float, gravity: float = 0.0
    ) -> Flight:
        """The flight of balls that are at these places now, with these velocities; below zero is downward."""
        speed = np.maximum(np.abs(velocity), _SLOWEST)
        floor_speed = np.sqrt(speed**2 + 2 * gravity * place)
        left = floor_speed**2 - 2 * gravity * size  # the square of the speed at the upper wall
        to_wall = 2 * size / (floor_speed + np.sqrt(np.maximum(left, 0)))
        rise = to_wall if gravity == 0 else np.where(left > 0, to_wall, floor_speed / gravity)
        since_floor = 2 * place / (floor_speed + speed)
        return cls(
            floor_speed=floor_speed,
            rise=rise,
            began=np.where(velocity < 0, -since_floor, since_floor),
            gravity=gravity,
        )

    def at(self, time: float) -> NDArray[np.float64]:
        """The places at a time, (N,). A ball comes down the way it went up, so time itself goes up and down."""
        since_floor = np.abs((self.began + time + self.rise) % (2 * self.rise) - self.rise)
        return self.floor_speed * since_floor - self.gravity / 2 * since_floor**2


@dataclass(frozen=True, kw_only=True)
class Box:
    """The grid in which the ball is seen, how fast it may be, and what pulls it down.

    >>> box = Box(width=4, height=3)
    >>> throws = box.throw(5, np.random.default_rng(0))
    >>> throws.cells(3).shape, box.n_cells
    ((5, 3), 12)
    """

    width: int = 12
    height: int = 8
    """Cells."""
    speed: float = 2.0
    """The highest speed in each direction, in cells per step; upward, that at the floor."""
    gravity: float = 0.0
    """By how much the ball falls faster in every step, in cells per step."""

    def __post_init__(self) -> None:
        for side in ("width", "height"):
            require(self, side, 1 <= getattr(self, side) <= _MOST_CELLS, f"from 1 to {_MOST_CELLS}")
        require(self, "speed", self.speed > 0, "above 0")
        require(self, "gravity", 0 <= self.gravity <= 1, "from 0 to 1")

    @property
    def n_cells(self) -> int:
        """There is a token for each cell."""
        return self.width * self.height

    def throw(self, n: int, random: np.random.Generator) -> Throws:
        """Balls at random moments of their flights: every state that is slow enough is as likely as any other.

        A flight never changes that, so the beginning of a path is a moment like all others.
        """
        x = self._fly(n, self.width, gravity=0.0, random=random)
        y = self._fly(n, self.height, gravity=self.gravity, random=random)
        return Throws(box=self, x=x, y=y)

    def _fly(self, n: int, size: int, *, gravity: float, random: np.random.Generator) -> Flight:
        place, velocity = np.zeros(n), np.zeros(n)
        drawn = np.arange(n)
        while len(drawn):
            place[drawn] = random.uniform(0, size, len(drawn))
            velocity[drawn] = random.uniform(-self.speed, self.speed, len(drawn))
            energy = velocity[drawn] ** 2 + 2 * gravity * place[drawn]
            drawn = drawn[energy > self.speed**2]
        return Flight.of(place, velocity, size=size, gravity=gravity)

    def points(self) -> NDArray[np.float64]:
        """The middle of every cell, sideways and upward: (V, 2). Tokens count the lowest row first.

        >>> Box(width=2, height=2).points().tolist()
        [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5], [1.5, 1.5]]
        """
        token = np.arange(self.n_cells)
        return np.stack([token % self.width + 0.5, token // self.width + 0.5], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Throws:
    """Balls that were thrown into a box.

    >>> throws = Box(width=4, height=3).throw(2, np.random.default_rng(0))
    >>> throws.places(0.5).shape, bool((throws.places(0.5)[:, 0] <= 4).all())
    ((2, 2), True)
    """

    box: Box
    x: Flight
    y: Flight

    def places(self, time: float) -> NDArray[np.float64]:
        """Where the balls are at a time, sideways and upward: (N, 2)."""
        return np.stack([self.x.at(time), self.y.at(time)], axis=1)

    def seen(self, n_steps: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """The column and the row of each ball at whole times, (T, N) each."""
        columns = [_cell(self.x.at(time), self.box.width) for time in range(n_steps)]
        rows = [_cell(self.y.at(time), self.box.height) for time in range(n_steps)]
        return np.stack(columns), np.stack(rows)

    def cells(self, n_steps: int) -> NDArray[np.int64]:
        """The same as tokens, one for each cell: (N, T)."""
        columns, rows = self.seen(n_steps)
        return (rows.astype(np.int64) * self.box.width + columns).T


def _cell(places: NDArray[np.float64], size: int) -> NDArray[np.int8]:
    return np.clip(places, 0, size - 1).astype(np.int8)
