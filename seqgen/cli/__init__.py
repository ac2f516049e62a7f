"""The command line: each command parses its options, calls the library and shows the result.

Nothing heavier than typer is imported before a command runs.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated

import typer

from seqgen.cli.evaluate.evaluate import evaluate
from seqgen.cli.evaluate.info import info
from seqgen.cli.evaluate.models import list_models
from seqgen.cli.evaluate.report import report
from seqgen.cli.export.export import export
from seqgen.cli.fill.fill import fill
from seqgen.cli.inspect.group import InspectGroup
from seqgen.cli.music.music import music
from seqgen.cli.predict.predict import predict
from seqgen.cli.sample.sample import sample
from seqgen.cli.shared.command_group import CommandGroup, end_of_output
from seqgen.cli.shared.streams import prepare_streams
from seqgen.cli.shared.typer_commands import typer_command
from seqgen.cli.texts.corpus import fetch, list_texts, stats
from seqgen.cli.texts.tokenize import tokenize
from seqgen.cli.train.plan import plan
from seqgen.cli.train.race import race
from seqgen.cli.train.train import train
from seqgen.cli.write.write import write
from seqgen.launch import process_count
from seqgen.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is half as long, and appears at once
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(typer_command(train))
app.command()(typer_command(plan))
app.command()(typer_command(race))
app.command()(typer_command(sample))
app.command()(typer_command(fill))
app.command()(typer_command(predict))
app.command()(typer_command(write))
app.command()(typer_command(music))
app.command("eval")(typer_command(evaluate))
app.command()(typer_command(report))
app.command()(typer_command(info))
app.command("models")(list_models)
app.command()(typer_command(export))
app.command()(typer_command(tokenize))

_corpus = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure a text, or fetch a well-known one.",
)
_corpus.command()(typer_command(stats))
_corpus.command("list")(list_texts)
_corpus.command()(typer_command(fetch))
app.add_typer(_corpus, name="corpus")

_inspect = typer.Typer(
    cls=InspectGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show what a model remembers, what it looks at, and what its units do.",
)
app.add_typer(_inspect, name="inspect")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"seqgen {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Train a language model on any text, write new text with it, and measure how good it is.

    Start with: seqgen train story.txt --minutes 1, then seqgen sample, then seqgen eval.
    """


def main() -> None:
    """Entry point of the `seqgen` command."""
    prepare_streams()
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="seqgen")  # logits that overflow are refused
    try:
        app()
    except SystemExit as leaving:
        if process_count() > 1:
            _leave_at_once(leaving.code)
        raise
    except OSError as error:  # from printing a help text or the version
        end_of_output(error)


def _leave_at_once(code: str | int | None) -> None:
    """End one of several processes without taking down PyTorch's threads, which sometimes aborts the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
