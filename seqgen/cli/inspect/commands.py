"""The commands of `seqgen inspect`, in the order of its help."""

from __future__ import annotations

import typer

from seqgen.cli.inspect.attention import attention
from seqgen.cli.inspect.ball import ball
from seqgen.cli.inspect.criteria import criteria
from seqgen.cli.inspect.depth import depth
from seqgen.cli.inspect.embeddings import embeddings
from seqgen.cli.inspect.gradients import gradients
from seqgen.cli.inspect.memory import memory
from seqgen.cli.inspect.probe import probe
from seqgen.cli.inspect.units import units
from seqgen.cli.shared.typer_commands import typer_command

inspect_app = typer.Typer(rich_markup_mode=None)
for command in (memory, gradients, units, attention, embeddings, probe, ball, criteria, depth):
    inspect_app.command()(typer_command(command))
