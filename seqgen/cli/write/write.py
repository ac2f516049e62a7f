"""`seqgen write`: write together with a model, in the terminal."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, final

import typer

from seqgen.cli.shared.options import option
from seqgen.cli.shared.render import note
from seqgen.cli.write.text_file import TextFile
from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError, TokenizerError

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from seqgen.sampling import CoWriter

_N_ODDS = 8
_LENGTH = 60
_STEP = 0.1
_HELP = "^S save ^Q quit Tab take ^N other ^Z undo ^B branch ^P next ^T hotter ^G cooler"


def write(
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    file: Annotated[str | None, option("Text to go on with, and where it is saved; story.txt if left out.")] = None,
    temp: Annotated[float, option("Below 1 safer, above 1 wilder; to be changed while writing.")] = SamplingConfig().temperature,
    length: Annotated[int, option(f"Characters that the model offers at a time; {_LENGTH} if left out.")] = _LENGTH,
) -> None:  # fmt: skip
    """Write together with a model: it offers to go on where you stop, and shows what may come next.

    Tab takes what is offered; ^N asks for another; ^T and ^G change the temperature; ^Z takes a change back, ^Y that;
    ^B begins a branch: it keeps the text as a version, and cuts it at the cursor; ^P shows the next version; ^S saves,
    ^Q quits.
    """
    config = SamplingConfig(temperature=temp)
    if length < 1:
        raise ConfigError(f"--length is {length}: it must be 1 or more")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("seqgen write needs a terminal; seqgen sample writes to pipes and files")
    text_file = TextFile(Path(file or "story.txt"))
    from seqgen.run import open_model
    from seqgen.sampling import CoWriter

    editor = _Editor(CoWriter(open_model(run)), text_file, config, length)
    application = editor.application()

    def rescue(*_: object) -> None:
        """The terminal is gone, or the process is to end."""
        editor.rescue()
        application.exit()

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), rescue)
    application.run()
    note(editor.farewell)


@final
class _Editor:
    """The text, what the model offers after it, and the versions that were kept."""

    def __init__(self, co_writer: CoWriter, text_file: TextFile, config: SamplingConfig, length: int) -> None:
        from prompt_toolkit.buffer import Buffer
        from prompt_toolkit.document import Document

        self._co_writer = co_writer
        self._file = text_file
        self._length = length
        self._temperature = config.temperature
        self._seed = 0
        self._versions: list[str] = []
        self._message = ""
        self._asks_to_leave = False
        self._offer, self._odds = "", list[tuple[str, float]]()
        self._thought_of: tuple[str, int, float] | None = None
        self.buffer = Buffer(
            multiline=True,
            document=Document(text_file.text),
            on_text_changed=lambda _: self._note_change(),
            on_cursor_position_changed=lambda _: self._think(),
        )
        self._is_saved = True
        self._rescued: Path | None = None
        self._think()

    def application(self) -> Application[None]:
        """The screen: the text, the offer, the odds, a line of help."""
        from prompt_toolkit.application import Application
        from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
        from prompt_toolkit.layout.dimension import Dimension

        text = Window(BufferControl(self.buffer), wrap_lines=True)
        screen = HSplit(
            [
                text,
                Window(height=1, char="─"),
                Window(FormattedTextControl(self._show_offer), height=Dimension(min=2, max=4), wrap_lines=True),
                Window(FormattedTextControl(self._show_odds), height=1),
                Window(FormattedTextControl(self._show_status), height=1, style="reverse"),
                Window(FormattedTextControl(_HELP), height=1),
            ]
        )
        return Application(Layout(screen, text), key_bindings=self._keys(), full_screen=True)

    def _keys(self) -> KeyBindings:
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()
        for key, work in {"tab": self._accept, "c-b": self._branch, "c-p": self._next_version}.items():
            keys.add(key)(lambda _, work=work: work())  # which keeps the text for undo before
        for key, work in {
            "c-n": self._ask_for_another,
            "c-t": lambda: self._heat(_STEP),
            "c-g": lambda: self._heat(-_STEP),
            "c-z": self.buffer.undo,
            "c-y": self.buffer.redo,
            "c-s": self._save,
        }.items():
            keys.add(key, save_before=lambda _: False)(lambda _, work=work: work())
        for key in ("c-q", "c-c"):
            keys.add(key, save_before=lambda _: False)(self._leave)
        return keys

    # --- what keys do ---------------------------------------------------------------------------------

    def _accept(self) -> None:
        self.buffer.insert_text(self._offer)

    def _ask_for_another(self) -> None:
        self._seed += 1
        self._think()

    def _heat(self, by: float) -> None:
        self._temperature = max(0.0, round(self._temperature + by, 2))
        self._think()

    def _branch(self) -> None:
        """Keep the text, and go on from the cursor without what follows it."""
        text, before = self.buffer.text, self.buffer.document.text_before_cursor
        if text not in self._versions:
            self._versions.append(text)
        number = self._versions.index(text) + 1
        if before != text:
            self._set_text(before)
        self._message = f"version {number} kept"

    def _next_version(self) -> None:
        """Show the next of the versions kept; the text as it stands becomes one, so that nothing is lost."""
        if self.buffer.text not in self._versions:
            self._versions.append(self.buffer.text)
        version = (self._versions.index(self.buffer.text) + 1) % len(self._versions)
        self._set_text(self._versions[version])
        self._message = f"version {version + 1} of {len(self._versions)}"

    def _set_text(self, text: str) -> None:
        """With the cursor at the end."""
        from prompt_toolkit.document import Document

        self.buffer.document = Document(text)

    def _save(self) -> None:
        try:
            self._file.save(self.buffer.text)
        except ConfigError as error:
            self._message = f"not saved: {error}"
            return
        self._is_saved, self._message = True, f"saved in {self._file.path}"

    def _leave(self, event: KeyPressEvent) -> None:
        n_lost = sum(version != self._file.text for version in self._versions)
        if self._asks_to_leave or (self._is_saved and not n_lost):
            event.app.exit()
        self._asks_to_leave = True
        what = "" if self._is_saved else "not saved: ^S saves, "
        self._message = (
            what + (f"{n_lost} version{'s' * (n_lost > 1)} not saved, " if n_lost else "") + "^Q again quits"
        )

    def rescue(self) -> None:
        """Keep what is not saved beside the file."""
        if not self._is_saved:
            self._rescued = self._file.rescue(self.buffer.text)

    @property
    def farewell(self) -> str:
        """What became of the text."""
        path = self._file.path
        if self._rescued is not None:
            return f"what was not saved is in {self._rescued}"
        return f"saved in {path}" if self._is_saved and path.exists() else f"left without saving to {path}"

    def _note_change(self) -> None:
        self._is_saved, self._asks_to_leave, self._message = False, False, ""
        self._think()

    def _think(self) -> None:
        """What the model makes of the text before the cursor."""
        before = self.buffer.document.text_before_cursor
        if self._thought_of == (before, self._seed, self._temperature):
            return
        self._thought_of = before, self._seed, self._temperature
        config = SamplingConfig(temperature=self._temperature, seed=self._seed)
        try:
            self._odds = self._co_writer.odds(before, _N_ODDS)
            self._offer = self._co_writer.continue_text(before, config, length=self._length)
        except TokenizerError as error:  # nothing of the text is known to the model yet
            self._odds, self._offer, self._message = [], "", str(error)

    # --- what is shown --------------------------------------------------------------------------------

    def _show_offer(self) -> StyleAndTextTuples:
        return [("fg:ansigreen", self._offer.replace("\n", "⏎"))]

    def _show_odds(self) -> StyleAndTextTuples:
        shown: StyleAndTextTuples = []
        for text, probability in self._odds:
            shown += [("bold", f" {text!r} "), ("", f"{probability:.0%} ")]
        return shown

    def _show_status(self) -> str:
        state = self._message or ("saved" if self._is_saved else "changed")
        if self._is_saved and not self._message and not self._file.path.exists():
            state = "new"
        return f" {state}  temperature {self._temperature:g}  {len(self.buffer.text):,} characters  {self._file.path}"
