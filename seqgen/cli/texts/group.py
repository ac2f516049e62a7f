"""The group `seqgen corpus`."""

from __future__ import annotations

from typing import ClassVar, final

from seqgen.cli.shared.command_group import CommandGroup
from seqgen.cli.shared.listed_commands import Listed


@final
class CorpusGroup(CommandGroup):
    """What a text is made of, and public texts to fetch."""

    listed: ClassVar = {
        "stats": Listed("Count characters, bytes, lines, scripts and documents.", "seqgen.cli.texts.corpus:stats"),
        "list": Listed("List the public texts that can be fetched.", "seqgen.cli.texts.corpus:list_texts"),
        "fetch": Listed("Fetch a public text, verify it, and print its path.", "seqgen.cli.texts.corpus:fetch"),
    }
