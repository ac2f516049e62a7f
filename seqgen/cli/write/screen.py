"""The screen and the keys of `seqgen write`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import TabsProcessor

from seqgen.cli.shared.tokens import shown_token
from seqgen.cli.write.editor import Editor
from seqgen.cli.write.row_moves import move_by_row
from seqgen.cli.write.rows import fitting, wrapped
from seqgen.cli.write.wrapped_line import BreakBetweenWords

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

_TEMPERATURE_STEP = 0.1
_KEYS = ["^S save", "^Q quit", "Tab accept", "^N new", "^Z undo", "^B branch", "^P next", "^T hotter", "^G cooler"]
"""The keys in the order in which a narrow screen keeps them."""


def build_application(editor: Editor) -> Application[None]:
    """The full screen, from top to bottom: text, suggestion, likely tokens, status, keys."""

    def show_suggestion() -> StyleAndTextTuples:
        return [("fg:ansigreen", wrapped(editor.suggestion.replace("\n", "⏎"), _columns()))]

    def show_odds() -> StyleAndTextTuples:
        odds = [(f" {shown_token(text)} ", f"{probability:.0%}") for text, probability in editor.odds]
        shown: StyleAndTextTuples = []
        for text, probability in odds[: fitting(map("".join, odds), _columns())]:
            shown += [("bold", text), ("", f"{probability} ")]
        return shown

    def show_keys() -> str:
        return " ".join(_KEYS[: fitting(_KEYS, _columns())])

    def show_status() -> str:
        return editor.status(_columns())

    tabs_as_blanks = TabsProcessor(char1=" ", char2=" ")
    text = Window(BufferControl(editor.buffer, input_processors=[tabs_as_blanks, BreakBetweenWords()]), wrap_lines=True)
    screen = HSplit(
        [
            text,
            Window(height=1, char="─"),
            Window(FormattedTextControl(show_suggestion), height=Dimension(min=2, max=4), wrap_lines=True),
            Window(FormattedTextControl(show_odds), height=1),
            Window(
                FormattedTextControl(show_status),
                height=Dimension(min=1, max=3),
                dont_extend_height=True,
                style="reverse",
            ),
            Window(FormattedTextControl(show_keys), height=1),
        ]
    )
    return Application(Layout(screen, text), key_bindings=_keys(editor), full_screen=True)


def _columns() -> int:
    return get_app().output.get_size().columns


def _keys(editor: Editor) -> KeyBindings:
    keys = KeyBindings()
    changes: dict[str, Callable[[], None]] = {
        "tab": editor.accept,
        "c-b": editor.branch,
        "c-p": editor.show_next_version,
    }
    others: dict[str, Callable[[], None]] = {
        "c-n": editor.ask_for_another,
        "c-t": lambda: editor.heat(_TEMPERATURE_STEP),
        "c-g": lambda: editor.heat(-_TEMPERATURE_STEP),
        "c-z": editor.buffer.undo,
        "c-y": editor.buffer.redo,
        "c-s": editor.save,
        "up": lambda: move_by_row(editor.buffer, -1, width=_columns()),
        "down": lambda: move_by_row(editor.buffer, 1, width=_columns()),
    }

    def leave(event: KeyPressEvent) -> None:
        if editor.may_leave():
            event.app.exit()

    for key, action in changes.items():  # the text before a change is kept for undo
        keys.add(key)(lambda _, action=action: action())
    for key, action in others.items():
        keys.add(key, save_before=lambda _: False)(lambda _, action=action: action())
    for key in ("c-q", "c-c"):
        keys.add(key, save_before=lambda _: False)(leave)
    return keys
