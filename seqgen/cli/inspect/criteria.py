"""`seqgen inspect criteria`: a run beside a fixed window and a bag of tokens, by what is asked of sequence models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.cli.evaluate.readings import announced_readings, are_of_pairs, open_runs
from seqgen.cli.inspect.criteria_pictures import draw_criteria
from seqgen.cli.inspect.criteria_report import print_criteria
from seqgen.cli.inspect.options import CriteriaOptions
from seqgen.cli.shared.options import require_seed
from seqgen.cli.shared.render import print_json
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from seqgen.inspection.criteria import Criteria, CriteriaConfig
    from seqgen.run import SavedModel


def criteria(options: CriteriaOptions) -> None:
    """Measure four things that a model of sequences needs.

    They are inputs of variable length, their order, long-term dependencies, and shared parameters.

    A window of 16 tokens (Bengio et al. 2003) and a bag of tokens learn the same text for some seconds and stand beside
    the run, so that every number can be compared. The run is measured without its n-gram expert.
    """
    with starting():
        from seqgen.inspection.criteria import N_STEPS, CriteriaConfig

    require_seed(options.seed)
    path = require_picture(options.out)
    n_steps = N_STEPS if options.steps is None else options.steps
    config = CriteriaConfig(longest=options.longest, n_steps=n_steps, seed=options.seed)
    models = open_runs(() if options.run is None else (options.run,), with_experts=False)
    if are_of_pairs(models):
        raise ConfigError(f"{models[0].name} learned from pairs: the criteria are those of texts; give a run of a text")
    measured = _measure(models[0], options, config)
    with written(path, lambda: draw_criteria(measured)) as picture:
        if options.as_json:
            print_json({**measured.to_json(), "picture": picture and str(picture)})
        else:
            print_criteria(measured)


def _measure(saved: SavedModel, options: CriteriaOptions, config: CriteriaConfig) -> Criteria:
    from seqgen.corpus import encode_part, reopen_part
    from seqgen.evaluation import Context, TextSelection
    from seqgen.inspection.criteria import measure_criteria

    files = () if options.on is None else (options.on,)
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    try:
        train = reopen_part(saved.record.corpus, "train", corpus_paths=options.corpus)
    except CorpusError as error:
        if saved.record.corpus.paths_of("train"):
            raise
        raise CorpusError(
            f"{saved.name} came without its text, from which the window and the bag learn: give a run of your own, or "
            "that text with --corpus FILE"
        ) from error
    (reading,) = announced_readings([saved], selection, Context(), are_named=options.run is not None)
    return measure_criteria(reading, encode_part(train, saved.tokenizer).ids, config)
