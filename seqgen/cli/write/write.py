"""`seqgen write`: write a text together with a model, in the terminal."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import note
from seqgen.cli.shared.sampling_options import at_best_temperature, note_no_copy, note_seed, sampling_config
from seqgen.cli.write.editor import Editor
from seqgen.cli.write.options import WriteOptions
from seqgen.cli.write.text_file import TextFile
from seqgen.errors import ConfigError
from seqgen.waiting import watched

if TYPE_CHECKING:
    from prompt_toolkit.application import Application

    from seqgen.config import SamplingConfig
    from seqgen.sampling import CoWriter


def write(options: WriteOptions) -> None:
    """Write together with a model. It suggests how your text continues, and shows which tokens are likely next.

    Tab accepts the suggestion, ^N asks for another one. ^T raises the temperature, ^G lowers it. ^Z undoes a change, ^Y
    redoes it. ^B starts a branch: it keeps the whole text as a version and deletes what follows the cursor. ^P shows
    the next version. ^S saves, ^Q quits.
    """
    config = sampling_config(options, temperature=options.temp)
    require_at_least(options, 1, "length")
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("seqgen write needs a terminal; to write into a file or pipe, use seqgen sample")
    text_file = TextFile(Path(options.file))
    from seqgen.cli.write.screen import build_application

    co_writer, config = _open(options, config)
    editor = Editor(co_writer, text_file, config=config, length=options.length)
    application = build_application(editor)
    note_seed(options, config, again="the same suggestions again")

    _run(application, editor)
    note(editor.farewell)


def _run(application: Application[None], editor: Editor) -> None:
    """Show the screen until the user leaves. The text is kept if the terminal closes, or the process is told to end."""

    def rescue(*_: object) -> None:
        editor.rescue()
        application.exit()

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # pragma: no branch - Windows has no SIGHUP
            signal.signal(getattr(signal, name), rescue)
    try:
        with watched(None):  # the screen is the editor's
            application.run()
    except BaseException:
        editor.rescue()
        raise
    if not sys.stdin.isatty():  # the terminal has closed, whichever key its end was taken for
        editor.rescue()


def _open(options: WriteOptions, config: SamplingConfig) -> tuple[CoWriter, SamplingConfig]:
    """The model, ready to write, and the configuration with its temperature if none was given."""
    from seqgen.run import open_model
    from seqgen.sampling import CoWriter

    model = open_model(options.run)
    note_no_copy(config, model)
    if options.temp is None:
        config = at_best_temperature(config, model)
    co_writer = CoWriter(model)
    co_writer.continue_text("", config, length=options.length)  # refuses an impossible --match before the screen opens
    return co_writer, config
