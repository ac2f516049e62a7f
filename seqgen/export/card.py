"""The README of an exported folder: what the model is, how to open it, and what it lacks."""

from __future__ import annotations

from collections.abc import Sequence

from seqgen.export.base import Notes
from seqgen.export.facts import model_facts
from seqgen.export.names import in_markdown
from seqgen.run import SavedModel


def model_card(saved: SavedModel, *, opens_with: str, examples: str, notes: Sequence[str]) -> str:
    """Markdown text about a model.

    Args:
        opens_with: the programs that open it, as a sentence.
        examples: Markdown that shows how.
        notes: what it lacks beside the run, sentences without full stops.

    >>> from seqgen.export import model_card
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> card = model_card(saved, opens_with="It opens in a browser.", examples="", notes=["it is small"])
    >>> card.splitlines()[0], "- It is small." in card
    ('# story', True)
    """
    facts = "\n".join(f"- {name}: {in_markdown(value)}" for name, value in model_facts(saved))
    parts = [
        f"# {in_markdown(saved.name)}",
        f"A language model that was trained with seqgen. {opens_with}",
        facts,
    ]
    if examples:
        parts.append(examples.strip())
    if notes:
        parts.append("## What to know\n\n" + "\n".join(f"- {_sentence(note)}" for note in notes))
    return "\n\n".join(parts) + "\n"


def notes_on_expert(saved: SavedModel) -> Notes:
    """What to know where the network is exported alone: nothing if the model has no n-gram expert.

    >>> from seqgen.export.card import notes_on_expert
    >>> from seqgen.run import open_model
    >>> notes_on_expert(open_model("checkpoints/story"))
    ()
    """
    if saved.expert is None:
        return ()
    share = f"{saved.expert.weight:.0%}"
    return (
        f"the n-gram expert, which has {share} of the say in seqgen, is left out: the network writes alone, and "
        f"seqgen eval --no-expert measures it",
    )


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."
