"""The group `seqgen inspect`."""

from __future__ import annotations

from typing import ClassVar, final

from seqgen.cli.shared.command_group import CommandGroup
from seqgen.cli.shared.listed_commands import Listed


@final
class InspectGroup(CommandGroup):
    """What a trained model remembers, looks at, and does."""

    listed: ClassVar = {
        "memory": Listed("Measure how far back models look.", "seqgen.cli.inspect.memory:memory"),
        "gradients": Listed("Measure how far back gradients reach.", "seqgen.cli.inspect.gradients:gradients"),
        "units": Listed("Find out what the units of a model follow in a text.", "seqgen.cli.inspect.units:units"),
        "attention": Listed("See what the heads of a Transformer look at.", "seqgen.cli.inspect.attention:attention"),
        "embeddings": Listed("See which tokens a model takes to be alike.", "seqgen.cli.inspect.embeddings:embeddings"),
        "probe": Listed("Train small models on a task that needs memory.", "seqgen.cli.inspect.probe:probe"),
        "ball": Listed("Let a small model learn how a ball flies.", "seqgen.cli.inspect.ball:ball"),
        "criteria": Listed(
            "Measure four things that a model of sequences needs.", "seqgen.cli.inspect.criteria:criteria"
        ),
        "depth": Listed("Compare one layer with several.", "seqgen.cli.inspect.depth:depth"),
    }
