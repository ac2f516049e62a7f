"""`seqgen inspect depth`: the same number of parameters as one layer, as two, as four."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.options import DepthOptions
from seqgen.cli.shared.length_pictures import LengthAxes, LengthCurve, draw_lengths_as_png
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import count, print_json, print_prose, print_table, rounded
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.errors import ConfigError
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.depth import DepthConfig, DepthResult


def depth(options: DepthOptions) -> None:
    """Compare one layer with several. Trains models with the same number of parameters each.

    The widths are solved so that the numbers of parameters agree within 1 %. All get the same steps and the same rules
    for everything else. No run is saved.
    """
    require_at_least(options, 1, "params", "steps", "seeds")
    path = require_picture(options.out)
    with starting():
        from seqgen.config import MODEL_CONFIGS, CorpusConfig, TrainingConfig, parse_settings, tokenizer_config
        from seqgen.inspection.depth import DepthConfig, depth_request, measure_depth

    config = DepthConfig(
        cell=options.cell,
        layers=_parse_layers(options.layers),
        n_parameters=options.params,
        n_steps=options.steps,
        n_seeds=options.seeds,
        seed=options.seed,
    )
    settings = parse_settings(options.set_, [MODEL_CONFIGS[options.cell], TrainingConfig])
    corpus = CorpusConfig(paths=options.texts, documents=options.documents)
    tokenizer = tokenizer_config(options.tokenizer, {})
    request = depth_request(corpus, config, tokenizer=tokenizer, settings=settings)
    results = list(measure_depth(request, config))
    with written(path, lambda: _draw(results, config)) as picture:
        if options.as_json:
            models = [result.to_json() for result in results]
            figures = {"cell": config.cell, "steps": config.n_steps, "models": models}
            print_json({**figures, "picture": picture and str(picture)})
        else:
            _print(results, config)


def _parse_layers(text: str) -> tuple[int, ...]:
    from seqgen.inspection.depth import LAYERS_EXPECTED

    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise ConfigError(f"is {text!r}: it must be {LAYERS_EXPECTED}", field="layers")
    return tuple(map(int, parts))


def _print(results: Sequence[DepthResult], config: DepthConfig) -> None:
    has_seeds = config.n_seeds > 1
    header = ["layers", "width", "parameters", "bits/char", *(["±"] if has_seeds else []), "train"]
    rows = [
        [
            str(result.n_layer),
            count(result.d_model),
            count(result.n_parameters),
            f"{result.mean_bits:.3f}",
            *([f"{result.deviation:.3f}"] if has_seeds else []),
            f"{result.mean_train_bits:.3f}",
        ]
        for result in results
    ]
    best = min(range(len(results)), key=lambda number: results[number].mean_bits)
    print_table(header, rows, n_left=0, bold=[best])
    for sentence in _sentences(results, config):
        print_prose(sentence)


def _sentences(results: Sequence[DepthResult], config: DepthConfig) -> Iterator[str]:
    from seqgen.inspection.equal_sizes import size_spread

    spread = size_spread([result.n_parameters for result in results])
    yield (
        f"{config.cell}, {count_of(config.n_steps, 'step')}; bits/char: best validation; train: training loss at the "
        f"end, with dropout; the parameters agree within {100 * spread:.1f} %"
        + (f"; ±: standard deviation over {config.n_seeds} seeds" if config.n_seeds > 1 else "")
    )
    best, *others = sorted(results, key=lambda result: result.mean_bits)
    if not others:
        return
    second, least = others[0], best.certain_lead(others[0])
    lead = second.mean_bits - best.mean_bits
    ahead = f"{count_of(best.n_layer, 'layer')}: ahead of {second.n_layer} by {lead:.3f} bits per character"
    if least is None:
        yield f"{ahead}; one seed cannot tell how much of that is chance: add --seeds 3"
    else:
        yield f"{ahead}, {'more' if lead > least else 'no more'} than chance between seeds explains ({least:.3f})"


def _draw(results: Sequence[DepthResult], config: DepthConfig) -> bytes:
    by_layers = sorted(results, key=lambda result: result.n_layer)
    layers = [result.n_layer for result in by_layers]
    curves = [
        LengthCurve(
            label="validation",
            lengths=layers,
            ys=[result.mean_bits for result in by_layers],
            plus_minus=[result.deviation for result in by_layers],
        ),
        LengthCurve(
            label="training, with dropout", lengths=layers, ys=[result.mean_train_bits for result in by_layers], group=1
        ),
    ]
    size = rounded(sum(result.n_parameters for result in results) / len(results))
    seeds = f", {config.n_seeds} seeds" if config.n_seeds > 1 else ""
    axes = LengthAxes(
        title=f"{config.cell}: {size} parameters, {count_of(config.n_steps, 'step')}{seeds}",
        x_label="layers (band: standard deviation over seeds)" if seeds else "layers",
        y_label="bits per character",
    )
    return draw_lengths_as_png(curves, axes)
