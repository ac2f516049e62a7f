"""`seqgen music`: whole tunes from a model of ABC notation, checked bar by bar, to see and to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.cli.music.files import require_new_folder, save_tunes
from seqgen.cli.music.options import MusicOptions
from seqgen.cli.music.output import MusicReport, print_report, report_as_json
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import note, note_run, print_json
from seqgen.cli.shared.sampling_options import at_best_temperature, note_no_copy, note_seed, sampling_config
from seqgen.cli.shared.wanted_files import attempted
from seqgen.config import unescape
from seqgen.errors import CorpusError
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.music import AddingUp, WrittenTunes
    from seqgen.run import SavedModel


def music(options: MusicOptions) -> None:
    """Write tunes with a model of ABC notation, and count the bars that add up.

    Only whole tunes are kept. With --out, a page shows and plays them, and each tune is an ABC file and a MIDI file. If
    verovio is installed, there is notation as well.
    """
    require_at_least(options, 1, "count", "length")
    config = sampling_config(options, temperature=options.temp)
    folder = None if options.out is None else require_new_folder(options.out)
    from seqgen.music import AddingUp, write_tunes
    from seqgen.run import open_model

    model = open_model(options.run)
    note_run(model, is_named=options.run is not None)
    note_no_copy(config, model)
    if options.temp is None:
        config = at_best_temperature(config, model)
    note_seed(options, config, again="the same tunes again")
    written = write_tunes(
        model, config=config, count=options.count, length=options.length, prompt=unescape(options.prompt)
    )
    _note_other_texts(written, options)
    training, reason = _training_text(model, options)
    report = MusicReport(model.name, written.tunes, AddingUp.of(written.tunes), training, reason)
    with attempted(lambda: [] if folder is None else save_tunes(folder, report)) as files:
        if options.as_json:
            facts = {"run": model.address, "sha256": model.sha256, "seed": config.seed}
            print_json({**facts, **report_as_json(report, files or ())})
        else:
            print_report(report)


def _note_other_texts(written: WrittenTunes, options: MusicOptions) -> None:
    """Say how many tunes are missing, and what else was written on the way."""
    if len(written.tunes) < options.count:
        note(f"{count_of(len(written.tunes), 'tune')} instead of {options.count}: the texts after them were no tunes")
    if written.n_unended:
        note(
            f"not whole, so left out: {count_of(written.n_unended, 'text')} of {written.n_texts:,}, which the model "
            f"did not end within {options.length:,} characters"
        )
    if written.n_other:
        note(f"no tune, so left out: {count_of(written.n_other, 'text')} of {written.n_texts:,}")


def _training_text(model: SavedModel, options: MusicOptions) -> tuple[AddingUp | None, str]:
    """What the tunes are compared with; None and the reason if there is nothing."""
    from seqgen.music import AddingUp, training_tunes

    try:
        return AddingUp.of(training_tunes(model, corpus_paths=options.corpus)), ""
    except CorpusError as error:
        return None, str(error)
