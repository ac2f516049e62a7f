"""The page of `seqgen music --out`: tunes to see and to hear, in one file that needs no other."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.music.output import MusicReport, describe_wrong
from seqgen.cli.shared.escaping import escape_undecodable
from seqgen.version import __version__
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.music import AddingUp, Tune

PAGE_FILE = "index.html"
_MILLISECONDS = 1000


def page_of(report: MusicReport, drawings: Sequence[str | None], files: Sequence[Mapping[str, str]]) -> str:
    """The page as HTML. Drawings stand in it as images, so that nothing in them can act on the page."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("seqgen.cli.music", "."), autoescape=True)
    tunes = [_facts(tune, drawing, names) for tune, drawing, names in zip(report.tunes, drawings, files, strict=True)]
    html = environment.get_template("tunes.html.jinja").render(
        model=report.model,
        tunes=tunes,
        sentences=[_share_sentence(name, text) for name, text in report.rows],
        version=__version__,
        created=datetime.datetime.now().astimezone().strftime("%d %B %Y"),
    )
    return escape_undecodable(html)


def _share_sentence(name: str, text: AddingUp) -> str:
    return f"{name}: every bar adds up in {text.n_right:,} of {count_of(text.n_tunes, 'tune')}, {text.share}"


def _facts(tune: Tune, drawing: str | None, files: Mapping[str, str]) -> dict[str, Any]:
    """What the page shows of a tune. Notes are triples: start, length in milliseconds, and pitch."""
    from seqgen.music import check_bars, play

    check = check_bars(tune)
    notes = [
        (round(note.start_s * _MILLISECONDS), round(note.length_s * _MILLISECONDS), note.pitch) for note in play(tune)
    ]
    return {
        "title": tune.title or "without a title",
        "facts": ", ".join(
            filter(None, [tune.metre, f"key {tune.key}" if tune.key else "", count_of(check.n_bars, "bar")])
        ),
        "verdict": "every bar adds up" if check.adds_up else "" if check.has_metre else "no metre to add up to",
        "wrong": describe_wrong(check.wrong),
        "drawing": "" if drawing is None else base64.b64encode(drawing.encode()).decode(),
        "abc": tune.text,
        "files": files,
        "notes": notes,
        "length_ms": max((start + length for start, length, _ in notes), default=0),
    }
