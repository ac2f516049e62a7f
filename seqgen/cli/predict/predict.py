"""`seqgen predict`: the targets of sources, from a trained model of pairs."""

from __future__ import annotations

import shutil
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.predict.attention import draw_alignment, names
from seqgen.cli.predict.inputs import n_sources, require_no_run, source_blocks
from seqgen.cli.predict.options import PredictOptions
from seqgen.cli.predict.output import print_line, print_object
from seqgen.cli.shared.pictures import draw_map_as_png
from seqgen.cli.shared.render import note, note_run
from seqgen.cli.shared.wanted_files import require_picture
from seqgen.config import PredictionConfig
from seqgen.durable import write_bytes
from seqgen.errors import ConfigError
from seqgen.waiting import Wait, Waiting, waiting

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling import Prediction

_ALL = 1000
"""More than all labels that there can be."""


def predict(options: PredictOptions) -> None:
    """Predict the targets of sources with a model of pairs.

    A SOURCE that is the name of a file stands for its lines. There is a line of output for each source, in their order.
    """
    require_no_run(options)
    config = PredictionConfig(beam=options.beam, top=1 if options.top is None else options.top)
    picture = require_picture(options.out)
    if picture is not None and n_sources(options) != 1:
        raise ConfigError("--out draws the attention to one source: give one text")
    from seqgen.run import open_model
    from seqgen.sampling import source_tokenizer_of

    model = open_model(options.run)
    source_tokenizer_of(model)  # refuses a model of texts before anything is said
    if options.show:
        _require_attention(model)
    note_run(model, is_named=options.run is not None)
    if options.as_json and model.tokenizer.is_of_labels and options.top is None:
        config = PredictionConfig(beam=options.beam, top=_ALL)
    _predict_all(options, model, config, picture=picture)


def _predict_all(options: PredictOptions, model: SavedModel, config: PredictionConfig, *, picture: Path | None) -> None:
    from seqgen.sampling import Predictor, source_tokenizer_of

    alphabet = source_tokenizer_of(model).alphabet
    takes_tabs = alphabet is None or "\t" in alphabet.characters
    predictor, is_empty = Predictor(model, config), True
    with _progress(options) as work:
        for sources in source_blocks(options, takes_tabs=takes_tabs):
            predictions = predictor.predict(sources)
            for line in predictor.new_notes():
                note(f"source: {line}")
            for source, found in zip(sources, predictions, strict=True):
                if options.as_json:
                    print_object(source, found)
                else:
                    print_line(found, has_probabilities=options.top is not None, raw=options.raw)
                if options.show:
                    _show_attention(model, source, found[0], picture=picture)
            sys.stdout.flush()
            work.advance(len(sources))
            is_empty = False
    if is_empty:
        note("no sources read")


def _progress(options: PredictOptions) -> AbstractContextManager[Waiting]:
    """The progress over all sources; nothing is shown where the targets themselves appear on the terminal."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        return nullcontext(Waiting(Wait("predicting"), None))
    return waiting("predicting", total=n_sources(options))


def _require_attention(model: SavedModel) -> None:
    """Refuse a model that attends to no source.

    Raises:
        ConfigError: it has no encoder, or only its summary.
    """
    encoder = model.record.encoder
    if encoder is None or not encoder.attention:
        raise ConfigError(f"--show attention: {model.name} has none; train one with an encoder and with --attention")


def _show_attention(model: SavedModel, source: str, prediction: Prediction, *, picture: Path | None) -> None:
    """Print the attention of one target to its source, or draw it into a file."""
    from seqgen.sampling import align

    alignment = align(model, source, prediction)
    if picture is None:
        print(draw_alignment(alignment, width=shutil.get_terminal_size().columns))
        return
    rows, columns = names(alignment.target), names(alignment.source)
    title = f"{model.name}: target (rows), source (columns)"
    write_bytes(picture, draw_map_as_png(alignment.weights.tolist(), rows=rows, columns=columns, title=title))
    note(f"picture: {picture}")
