"""What `seqgen write` knows and does: text, suggestion, versions, saving. How it looks is in `screen.py`."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from seqgen.cli.write.text_file import TextFile
from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError, SeqgenError
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.sampling import CoWriter

_N_ODDS = 8


@final
class Editor:
    """The text that a person and a model write, and everything kept beside it."""

    def __init__(self, co_writer: CoWriter, text_file: TextFile, *, config: SamplingConfig, length: int) -> None:
        from prompt_toolkit.buffer import Buffer
        from prompt_toolkit.document import Document

        self._suggestion = ""
        self._odds: list[tuple[str, float]] = []
        self._co_writer = co_writer
        self._file = text_file
        self._length = length
        self._config = config
        self._temperature = config.temperature
        self._seed = config.seed
        self._versions: list[str] = []
        self._message = ""
        self._has_asked_to_leave = False
        self._suggested_for: tuple[str, int, float] | None = None
        """Text before the cursor, seed and temperature of the present suggestion."""
        self.buffer = Buffer(
            multiline=True,
            document=Document(text_file.text),
            on_text_changed=lambda _: self._note_change(),
        )
        self._rescued: Path | None = None

    @property
    def suggestion(self) -> str:
        """How the text before the cursor may continue. The model is asked only now, not once for every key."""
        self._suggest()
        return self._suggestion

    @property
    def odds(self) -> list[tuple[str, float]]:
        """The likeliest next tokens as text, with their probabilities."""
        self._suggest()
        return self._odds

    def accept(self) -> None:
        """Insert the suggestion at the cursor."""
        self.buffer.insert_text(self.suggestion)

    def ask_for_another(self) -> None:
        """Show another suggestion."""
        self._seed += 1

    def heat(self, by: float) -> None:
        """Change the temperature."""
        self._temperature = max(0.0, round(self._temperature + by, 2))

    def branch(self) -> None:
        """Keep the text as a version, and continue from the cursor without what follows it."""
        text, before = self.buffer.text, self.buffer.document.text_before_cursor
        number = self._keep_version(text)
        if before != text:
            self._set_text(before)
        self._message = f"version {number} kept" if number else "no text to keep"

    def show_next_version(self) -> None:
        """Show the next version. The present text becomes a version too, so that nothing is lost."""
        number = self._keep_version(self.buffer.text)
        if not self._versions:
            self._message = "no versions yet: ^B keeps one"
            return
        number %= len(self._versions)
        self._set_text(self._versions[number])
        self._message = f"version {number + 1} of {len(self._versions)}"

    def save(self) -> None:
        """Save the text in its file; the message says whether that worked."""
        try:
            self._file.save(self.buffer.text)
        except ConfigError as error:
            self._message = f"not saved: {error}"
            return
        self._message = f"saved in {self._file.path}"

    def may_leave(self) -> bool:
        """Whether everything is saved, or the user has been warned and wants to leave all the same."""
        n_unsaved = sum(version != self._file.text for version in self._versions)
        may_leave = self._has_asked_to_leave or (self._is_saved and not n_unsaved)
        self._has_asked_to_leave = True
        warnings = [
            "" if self._is_saved else "not saved: ^S saves",
            f"{count_of(n_unsaved, 'version')} not saved" if n_unsaved else "",
            "^Q again quits",
        ]
        self._message = ", ".join(filter(None, warnings))
        return may_leave

    def rescue(self) -> None:
        """Keep an unsaved text in a file beside its own."""
        if not self._is_saved:
            self._rescued = self._file.rescue(self.buffer.text)

    @property
    def _is_saved(self) -> bool:
        return self.buffer.text == self._file.text

    @property
    def farewell(self) -> str:
        """What became of the text."""
        path = self._file.path
        if self._rescued is not None:
            return f"the unsaved text is in {self._rescued}"
        return f"saved in {path}" if self._is_saved and path.exists() else f"left without saving to {path}"

    def status(self, width: int) -> str:
        """A line about the text and its file. It leaves out what has no room; a long message takes several lines."""
        self._suggest()  # its message is part of the line
        path = self._file.path
        state = self._message or ("saved" if self._is_saved else "changed")
        if self._is_saved and not self._message and not path.exists():
            state = "new"
        temperature, length = f"temperature {self._temperature:g}", count_of(len(self.buffer.text), "character")
        for facts in ([temperature, length, str(path)], [temperature, str(path)], [temperature, path.name], []):
            if len(line := "  ".join([f" {state}", *facts])) <= width:
                return line
        return textwrap.fill(state, width, initial_indent=" ", subsequent_indent=" ")

    def _keep_version(self, text: str) -> int:
        """The number of a version, counted from 1, which is new unless there is an equal one; 0 for an empty text."""
        if not text.strip():
            return 0
        if text not in self._versions:
            self._versions.append(text)
        return self._versions.index(text) + 1

    def _set_text(self, text: str) -> None:
        """Replace the text and put the cursor at its end."""
        from prompt_toolkit.document import Document

        self.buffer.document = Document(text)

    def _note_change(self) -> None:
        self._has_asked_to_leave, self._message = False, ""

    def _suggest(self) -> None:
        """Ask the model how the text before the cursor continues, unless nothing has changed since it was asked."""
        before = self.buffer.document.text_before_cursor
        if self._suggested_for == (before, self._seed, self._temperature):
            return
        self._suggested_for = before, self._seed, self._temperature
        config = replace(self._config, temperature=self._temperature, seed=self._seed)
        try:
            self._odds = self._co_writer.odds(before, _N_ODDS)
            self._suggestion = self._co_writer.continue_text(before, config, length=self._length)
        except SeqgenError as error:  # the model knows no character of the text, or the constraints leave no token
            self._odds, self._suggestion, self._message = [], "", str(error)
