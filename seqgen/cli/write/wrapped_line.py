"""Lines of the edited text that break between words. prompt_toolkit alone breaks them at the last column."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import final

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from seqgen.cli.write.rows import rows_of


@final
class BreakBetweenWords(Processor):
    """Fills each row with blanks to its end, so that the next word begins the next row. The text does not change."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The line with its blanks, and where each character of it is then."""
        fragments, width = transformation_input.fragments, transformation_input.width
        if width < 2:
            return Transformation(fragments)
        starts, widths = rows_of(fragment_list_to_text(fragments), width)
        blanks = [-columns % width for columns in widths[:-1]]
        n_blanks_before = [0, *accumulate(blanks)]
        exploded = explode_text_fragments(fragments)
        filled: StyleAndTextTuples = []
        for start, end, n_blanks in zip(starts, starts[1:], blanks, strict=False):
            filled += [*exploded[start:end], ("", " " * n_blanks)]
        filled += exploded[starts[-1] :]
        shown_starts = [start + n for start, n in zip(starts, n_blanks_before, strict=True)]

        def to_display(position: int) -> int:
            return position + n_blanks_before[bisect_right(starts, position) - 1]

        def to_source(position: int) -> int:
            row = bisect_right(shown_starts, position) - 1
            source = position - n_blanks_before[row]
            return source if row + 1 == len(starts) else min(source, starts[row + 1] - 1)

        return Transformation(filled, to_display, to_source)
