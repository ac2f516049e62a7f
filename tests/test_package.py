"""What the package says of itself."""

from __future__ import annotations

import typer

import seqgen
from seqgen.cli import app


def test_every_name_that_is_listed_is_among_its_attributes() -> None:
    assert {*seqgen.__all__} <= {*dir(seqgen)}


def test_commands_are_listed_in_the_order_of_their_help() -> None:
    group = typer.main.get_group(app)
    names = group.list_commands(typer.Context(group))
    assert names[:3] == ["train", "plan", "race"]
