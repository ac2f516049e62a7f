"""The command line: each command parses its options, calls the library and shows the result.

Nothing heavier than typer is imported before a command runs, and no module of a command before it is named.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, ClassVar, final

import typer

from seqgen.cli.shared.command_group import CommandGroup, end_of_output
from seqgen.cli.shared.listed_commands import Listed
from seqgen.cli.shared.locales import read_words_as_utf8
from seqgen.cli.shared.streams import prepare_streams
from seqgen.launch import process_count
from seqgen.version import __version__

__all__ = ["app", "main"]


@final
class _Commands(CommandGroup):
    """All commands of seqgen."""

    listed: ClassVar = {
        "train": Listed("Train a model on a text or on pairs.", "seqgen.cli.train.train:train"),
        "plan": Listed("Find a model for a text, or pairs, and a time.", "seqgen.cli.train.plan:plan"),
        "race": Listed("Find the kind of model for a text or pairs.", "seqgen.cli.train.race:race"),
        "sample": Listed("Write new text with a trained model.", "seqgen.cli.sample.sample:sample"),
        "fill": Listed('Fill the gaps of a text: seqgen fill "The __ sat on the mat."', "seqgen.cli.fill.fill:fill"),
        "predict": Listed(
            "Predict the targets of sources with a model of pairs.", "seqgen.cli.predict.predict:predict"
        ),
        "write": Listed("Write together with a model.", "seqgen.cli.write.write:write"),
        "music": Listed(
            "Write tunes with a model of ABC notation, and count the bars that add up.", "seqgen.cli.music.music:music"
        ),
        "eval": Listed("Measure how well models predict texts.", "seqgen.cli.evaluate.evaluate:evaluate"),
        "report": Listed("Write one HTML file about runs.", "seqgen.cli.evaluate.report:report"),
        "info": Listed("Describe a model.", "seqgen.cli.evaluate.info:info"),
        "models": Listed("List the bases, which come with seqgen.", "seqgen.cli.evaluate.models:list_models"),
        "export": Listed(
            "Write a model for other programs: seqgen export --to html.", "seqgen.cli.export.export:export"
        ),
        "serve": Listed("Serve models over HTTP with OpenAI's completions API.", "seqgen.cli.serve.serve:serve"),
        "tokenize": Listed("Show the tokens of a text.", "seqgen.cli.texts.tokenize:tokenize"),
        "corpus": Listed("Measure a text, or fetch a well-known one.", "seqgen.cli.texts.group:CorpusGroup"),
        "inspect": Listed(
            "Show what a model remembers, what it looks at, and what its units do.",
            "seqgen.cli.inspect.group:InspectGroup",
        ),
    }


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is half as long, and appears at once
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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
    read_words_as_utf8()
    prepare_streams()
    warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, about overflow: such logits are refused
    try:
        app()
    except SystemExit as leaving:
        if process_count() > 1:
            _leave_at_once(leaving.code)
        if leaving.code:
            sys.unraisablehook = lambda _: None  # a line has said why; libraries that fail as they clean up add nothing
        raise
    except OSError as error:  # from printing a help text or the version
        end_of_output(error)


def _leave_at_once(code: str | int | None) -> None:
    """End one of several processes without taking down PyTorch's threads, which sometimes aborts the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
