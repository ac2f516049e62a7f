"""Text shaded by how surprising each token was to the model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from rich.color import ColorSystem

_LEVELS = (
    (1, "color(244)", "dim"),
    (2, "", ""),
    (4, "color(136)", "yellow"),
    (8, "color(166)", "red"),
    (math.inf, "bold color(160)", "bold red"),
)
"""Upper limit of surprise in bits, style in 256 colours, style in 16. All are readable on black and on white."""


@final
class Shading:
    """Paints text for a terminal in the colours that it has; in none under `NO_COLOR` or in a pipe."""

    def __init__(self, system: ColorSystem | None) -> None:
        from rich.color import ColorSystem
        from rich.style import Style

        self._system = system
        column = 2 if system == ColorSystem.STANDARD else 1
        self._styles = [(level[0], Style.parse(str(level[column]))) for level in _LEVELS]

    @classmethod
    def of_terminal(cls) -> Shading:
        """The shading that standard output can show."""
        return cls(color_system())

    def paint(self, text: str, nats: float) -> str:
        """The text in the colour of its surprise, which is its nats."""
        if self._system is None:
            return text
        bits = nats / math.log(2)
        style = next((style for below, style in self._styles if bits < below), self._styles[-1][1])
        return style.render(text, color_system=self._system)

    def legend(self) -> str:
        """A line that says what the colours mean, or why there are none."""
        if self._system is None:
            return "no colours: standard output is not a terminal, or NO_COLOR is set"
        names = ["below 1", "1 to 2", "2 to 4", "4 to 8", "8 and more"]
        bits = [0.5, 1.5, 3.0, 6.0, 9.0]
        painted = [self.paint(name, value * math.log(2)) for name, value in zip(names, bits, strict=True)]
        return f"surprise in bits: {', '.join(painted)}"


def color_system() -> ColorSystem | None:
    """The colours that standard output can show; None in a pipe, and under `NO_COLOR`."""
    from rich.color import ColorSystem
    from rich.console import Console

    console = Console()
    names = {
        "standard": ColorSystem.STANDARD,
        "256": ColorSystem.EIGHT_BIT,
        "truecolor": ColorSystem.TRUECOLOR,
        "windows": ColorSystem.STANDARD,
    }
    return None if console.no_color else names.get(console.color_system or "")
