"""What the pages of `seqgen report` have in common, whether runs are of texts or of pairs."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Sequence
from typing import Any

from seqgen.cli.evaluate.options import ReportOptions
from seqgen.cli.shared.escaping import escape_undecodable
from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.pictures import Curve, draw_as_svg
from seqgen.version import __version__

_TEMPLATES = ("seqgen.cli.evaluate", "seqgen.cli.inspect")
"""Where templates are."""


def filled_page(template: str, page: dict[str, Any]) -> bytes:
    """A template, filled with the facts of a page."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader

    loader = ChoiceLoader([PackageLoader(package, ".") for package in _TEMPLATES])
    environment = Environment(loader=loader, autoescape=True, trim_blocks=False)
    created = datetime.datetime.now().astimezone().strftime("%d %B %Y")
    html = environment.get_template(template).render(version=__version__, created=created, **page)
    return escape_undecodable(html).encode("utf-8", "replace")


def loss_curve(losses: LossHistory, *, key: str) -> str:
    """Nothing for a model outside a run folder, of which there are no reports."""
    return draw_curves(losses.curves(), key=key, x_label="step", y_label=losses.unit) if losses.history.reports else ""


def draw_curves(curves: Sequence[Curve], *, key: str, x_label: str, y_label: str) -> str:
    """The curves as an SVG element; nothing if they cannot be drawn."""
    drawn = draw_or_note(lambda: draw_as_svg(curves, key=key, x_label=x_label, y_label=y_label), name="a curve")
    return drawn or ""


def corpus_options(options: ReportOptions) -> str:
    """The `--corpus` options that a command of the page must repeat."""
    return "".join(f" --corpus {shlex.quote(path)}" for path in options.corpus)
