"""Up and down in the editor go by rows of the screen. prompt_toolkit alone skips whole paragraphs."""

from __future__ import annotations

from bisect import bisect_right

from prompt_toolkit.buffer import Buffer

from seqgen.cli.write.rows import columns_of, rows_of


def move_by_row(buffer: Buffer, by: int, *, width: int) -> None:
    """Move the cursor one row up (`by` is -1) or down (1), and keep its column beyond shorter rows.

    >>> buffer = Buffer()
    >>> buffer.text, buffer.cursor_position = "the cat sat", 9
    >>> move_by_row(buffer, -1, width=8)
    >>> buffer.cursor_position
    1
    """
    document = buffer.document
    number, position = document.cursor_position_row, document.cursor_position_col
    line = document.lines[number]
    starts = rows_of(line, width).starts
    row = bisect_right(starts, position) - 1
    column = buffer.preferred_column
    if column is None:
        column = columns_of(line[starts[row] : position])
    row += by
    if not 0 <= row < len(starts):
        number += by
        if not 0 <= number < document.line_count:
            return
        line = document.lines[number]
        starts = rows_of(line, width).starts
        row = 0 if by > 0 else len(starts) - 1
    is_last = row + 1 == len(starts)
    end = len(line) if is_last else starts[row + 1] - 1
    target = starts[row]
    while target < end and columns_of(line[starts[row] : target + 1]) <= column:
        target += 1
    buffer.cursor_position = document.translate_row_col_to_index(number, target)
    buffer.preferred_column = column
