"""The command line: one module a command, each of which parses, calls the library and renders.

Nothing heavier than typer is imported before a command runs.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from seqgen.cli.evaluate.evaluate import evaluate
from seqgen.cli.evaluate.info import info
from seqgen.cli.evaluate.report import report
from seqgen.cli.sample.sample import sample
from seqgen.cli.shared.exits import Commands
from seqgen.cli.texts.corpus import corpus_app
from seqgen.cli.texts.tokenize import tokenize
from seqgen.cli.train.plan import plan
from seqgen.cli.train.race import race
from seqgen.cli.train.train import train
from seqgen.cli.write.write import write
from seqgen.launch import process_count
from seqgen.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: half as long, and at once
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(train)
app.command()(plan)
app.command()(race)
app.command()(sample)
app.command()(write)
app.command("eval")(evaluate)
app.command()(report)
app.command()(info)
app.command()(tokenize)
app.add_typer(corpus_app, name="corpus")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"seqgen {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Any text in, a trained language model, new text out, and honest numbers about it.

    seqgen train story.txt --minutes 1, then seqgen sample, then seqgen eval.
    """


def main() -> None:
    """Entry point of the `seqgen` command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except SystemExit as leaving:
        if process_count() > 1:
            _leave_at_once(leaving.code)
        raise


def _leave_at_once(code: str | int | None) -> None:
    """End one of several processes before PyTorch's threads are taken down, which at times aborts it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
