"""The rows of the editor: words stay whole, and the cursor stands on the character that it stands before."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import DummyApplication
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text.utils import fragment_list_len
from prompt_toolkit.layout import BufferControl, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.processors import TransformationInput
from prompt_toolkit.layout.screen import Char, Screen, WritePosition

from seqgen.cli.write.row_moves import move_by_row
from seqgen.cli.write.rows import rows_of, wrapped
from seqgen.cli.write.wrapped_line import BreakBetweenWords

_HEIGHT = 30
_parts = ["the", "riverside", "well-known", " ", "  ", "é", "e\u0301", "米娜坐", "」。", "👍🏽", "🇩🇪🇫🇷", "\t"]
_lines = st.lists(st.sampled_from(_parts), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Mina sat by the river.", ["Mina sat", "by the", "river."]),
        ("Mina\n\nsat", ["Mina", "", "sat"]),
        ("a riversidehouse", ["a", "riverside", "house"]),
        ("“don’t,” she said", ["“don’t,”", "she said"]),
        ("so well-known", ["so well-", "known"]),
        ("from -5 to -6000", ["from -5", "to -6000"]),
        ("米娜坐在河边。", ["米娜坐在", "河边。"]),
        ("米娜说「你好」", ["米娜说", "「你好」"]),
        ("good 👍🏽👍🏽", ["good 👍🏽", "👍🏽"]),
        ("🇩🇪🇫🇷🇮🇹🇪🇸🇵🇹", ["🇩🇪🇫🇷", "🇮🇹🇪🇸", "🇵🇹"]),
    ],
)
def test_rows_break_between_words(text: str, rows: list[str]) -> None:
    assert wrapped(text, 10).split("\n") == rows


@given(_lines, st.integers(6, 20))
def test_no_row_is_too_long_and_no_character_is_lost(line: str, width: int) -> None:
    starts, widths = rows_of(line, width)
    assert len(starts) == len(widths) and starts[0] == 0 and list(starts) == sorted(set(starts))
    assert max(widths) <= width
    assert sum(widths) == sum(Char(character).width for character in line)


@pytest.mark.parametrize("width", range(6, 12))
def test_every_character_is_where_the_cursor_goes(width: int) -> None:
    line = "the well-known  riverside 米娜坐」。 e\u0301\u00e9 👍🏽👩‍👩‍👧 🇩🇪🇫🇷 cat "
    starts = rows_of(line, width).starts
    for position, place in enumerate(asyncio.run(_places(line, width))):
        row = sum(start <= position for start in starts) - 1
        column = sum(Char(character).width for character in line[starts[row] : position])
        assert place == ((column, row) if column < width else (0, row + 1))


@given(_lines, st.integers(6, 20))
def test_a_place_on_the_screen_leads_back_to_its_character(line: str, width: int) -> None:
    control, document = BufferControl(Buffer()), Document(line)
    source = TransformationInput(control, document, 0, lambda position: position, [("", line)], width, _HEIGHT)
    shown = BreakBetweenWords().apply_transformation(source)
    for position in range(len(line) + 1):
        assert shown.display_to_source(shown.source_to_display(position)) == position
    sources = [shown.display_to_source(place) for place in range(fragment_list_len(shown.fragments))]
    assert sources == sorted(sources) and set(sources) == set(range(len(line)))


def test_up_and_down_go_by_rows_and_keep_their_column() -> None:
    buffer = Buffer(document=Document("the cat sat\n\non the 米娜 mat"))
    buffer.cursor_position = 9
    places = []
    for by in (1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1):
        move_by_row(buffer, by, width=8)
        places.append(buffer.cursor_position)
    assert places == [12, 14, 20, 24, 24, 20, 14, 12, 9, 1, 1]


async def _places(line: str, width: int) -> list[tuple[int, int]]:
    """Column and row of each position of the cursor, as prompt_toolkit draws the window."""
    buffer, places = Buffer(document=Document(line)), []
    window = Window(BufferControl(buffer, input_processors=[BreakBetweenWords()]), wrap_lines=True)
    place = WritePosition(xpos=0, ypos=0, width=width, height=_HEIGHT)
    with set_app(DummyApplication()):
        for position in range(len(line) + 1):
            buffer.cursor_position = position
            window.write_to_screen(Screen(), MouseHandlers(), place, parent_style="", erase_bg=False, z_index=None)
            assert window.render_info is not None
            cursor = window.render_info.cursor_position
            places.append((cursor.x, cursor.y))
    return places
