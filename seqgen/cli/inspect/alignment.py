"""`seqgen inspect attention` for a model of pairs: where it looks in a source while it writes the target."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.inspect.options import AttentionOptions
from seqgen.cli.predict.attention import draw_alignment, names
from seqgen.cli.shared.pictures import draw_map_as_png
from seqgen.cli.shared.render import note, note_run, print_json, print_prose
from seqgen.cli.shared.wanted_files import written
from seqgen.config import PredictionConfig, unescape

if TYPE_CHECKING:
    from seqgen.run import SavedModel


def inspect_alignment(saved: SavedModel, options: AttentionOptions, path: Path | None) -> None:
    """Show the alignment of one source and its likeliest target: of the prompt, or of the first pair in validation."""
    from seqgen.sampling import Predictor, align

    source = _first_source(saved, options) if options.prompt is None else unescape(options.prompt)
    predictor = Predictor(saved, PredictionConfig())
    note_run(saved, is_named=options.run is not None)
    prediction = predictor.predict([source])[0][0]
    for line in predictor.new_notes():
        note(f"source: {line}")
    alignment = align(saved, source, prediction)
    rows, columns = names(alignment.target), names(alignment.source)
    weights = alignment.weights.tolist()
    with written(path, lambda: draw_map_as_png(weights, rows=rows, columns=columns, title=saved.name)):
        if options.as_json:
            print_json({"run": saved.name, "source": columns, "target": rows, "weights": weights})
            return
        print_prose(f"{source} → {prediction.target}")
        print(draw_alignment(alignment, width=shutil.get_terminal_size().columns))


def _first_source(saved: SavedModel, options: AttentionOptions) -> str:
    from seqgen.corpus import read_pairs, reopen_part

    part = reopen_part(saved.record.corpus, "valid", corpus_paths=options.corpus)
    return next(iter(read_pairs(part))).source
