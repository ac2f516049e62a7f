"""`seqgen inspect memory`: how far back models look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.readings import announced_readings, are_of_pairs, open_runs
from seqgen.cli.inspect.memory_report import draw_memories, print_memories
from seqgen.cli.inspect.options import DEFAULT_LONGEST, MemoryOptions
from seqgen.cli.shared.options import require_seed
from seqgen.cli.shared.render import note, print_json
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.inspection.memory import Memory, MemoryConfig
    from seqgen.inspection.memory_curve import Beyond
    from seqgen.run import SavedModel


def memory(options: MemoryOptions) -> None:
    """Measure how far back models look. Scores the same tokens, given more and more of the text before them.

    A model looks back as far as the shortest context with which it gains 99 % of what the longest one gains.
    """
    with starting():
        from seqgen.inspection.memory import MemoryConfig

    require_seed(options.seed)
    path = require_picture(options.out)
    wanted: dict[Beyond, bool] = {"shuffled": options.shuffled, "replaced": options.replaced}
    beyond = tuple(name for name, is_wanted in wanted.items() if is_wanted)
    config = MemoryConfig(longest=options.longest, beyond=beyond, seed=options.seed)
    models = open_runs(options.runs, with_experts=not options.no_expert)
    if are_of_pairs(models):
        raise ConfigError(f"{models[0].name} learned from pairs: its memory is not measured; give a run of a text")
    memories = _measure(models, options, config)
    names = [each.name for each in memories]
    text = memories[0].text
    with written(path, lambda: draw_memories(memories, names, title=f"memory on {text}")) as picture:
        if options.as_json:
            print_json({"memory": [each.to_json() for each in memories], "picture": picture and str(picture)})
            return
        _note_lengths(memories, options)
        print_memories(memories, names)


def _measure(models: Sequence[SavedModel], options: MemoryOptions, config: MemoryConfig) -> list[Memory]:
    from seqgen.evaluation import Context, TextSelection
    from seqgen.inspection.memory import measure_memory

    files = () if options.on is None else (options.on,)
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    readings = announced_readings(models, selection, Context(), are_named=bool(options.runs))
    return [measure_memory(reading, config) for reading in readings]


def _note_lengths(memories: Sequence[Memory], options: MemoryOptions) -> None:
    """Say how much was scored, and that a text was too short for the usual contexts."""
    for text, n_tokens in dict.fromkeys((each.text, each.n_tokens) for each in memories):
        note(f"{text}: {n_tokens:,} tokens, each scored with every context")
    longest = max(each.units_per_token * each.nothing.lengths[-1] for each in memories)
    if options.longest is None and longest < DEFAULT_LONGEST / 2:
        note(f"contexts up to {longest:,.0f} {memories[0].unit}s, because the text is short")
