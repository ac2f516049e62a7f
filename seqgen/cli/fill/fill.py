"""`seqgen fill`: the gaps of a text, filled by a model that reads forward and one that reads backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqgen.cli.fill.options import FillOptions
from seqgen.cli.fill.output import print_fills, print_scores, print_texts
from seqgen.cli.shared.options import require_at_least, settings_of
from seqgen.cli.shared.render import note
from seqgen.cli.shared.wait_line import starting
from seqgen.config import FillConfig, fresh_seed, unescape
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling.filling import FillModels


def fill(options: FillOptions) -> None:
    """Fill the gaps of a text: seqgen fill "The __ sat on the mat."

    Two runs work together, one of seqgen train TEXT and one of seqgen train TEXT --backward. Each writes candidates
    into the gap, away from what it has read. Both score each candidate together with the text around it. One is chosen
    by importance resampling: by the root of the product of both, over the chance of having been drawn.
    """
    require_at_least(options, 1, "score")
    settings: dict[str, Any] = settings_of(options)
    if options.score is not None:
        _score(options, FillConfig(**settings), options.score)
        return
    if options.text is None:
        raise ConfigError('give a text with a gap, as in seqgen fill "The __ sat.", or --score GAPS')
    config = FillConfig(**{"seed": fresh_seed(), **settings})
    from seqgen.sampling.filling import GappedText, fill_text, find_fills

    gapped = GappedText.parse(unescape(options.text), unescape(options.gap))
    if options.odds and len(gapped.parts) > 2:
        raise ConfigError("--odds shows the fills of one gap: leave it out, or fill all gaps but one")
    models = _open(options)
    gapped = gapped.fitted(models)
    for line in gapped.notes:
        note(f"text: {line}")
    if options.odds:
        fills = find_fills(models, gapped.around(0, []), config, seed=config.seed)
        print_fills(fills, as_json=options.as_json)
        return
    if "seed" not in options.given and config.temperature > 0:
        note(f"seed {config.seed}; the same again with --seed {config.seed}")
    print_texts(fill_text(models, gapped, config), config, raw=options.raw, as_json=options.as_json)


def _score(options: FillOptions, config: FillConfig, n_gaps: int) -> None:
    with starting():
        from seqgen.evaluation.held_out_gaps import score_gaps

    models = _open(options)
    scores = score_gaps(models, n_gaps, length=config.length, seed=config.seed, corpus_paths=options.corpus)
    print_scores(scores, models, as_json=options.as_json)


def _open(options: FillOptions) -> FillModels:
    """The two models. A note says which they are."""
    from seqgen.sampling.filling import open_fill_models

    models = open_fill_models(options.forward, options.backward)
    note(f"forward: {_described(models.forward)}; backward: {_described(models.backward)}")
    return models


def _described(model: SavedModel) -> str:
    return f"{model.address} ({model.record.model.cell}, {model.tokenizer.kind})"
