"""The segments in which seqgen encodes a text, as a step of the library: no token reaches across the end of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.tokenizers.segments import MAX_SEGMENT_LENGTH

if TYPE_CHECKING:
    from tokenizers import pre_tokenizers

_MOST = MAX_SEGMENT_LENGTH
SEGMENT = "|".join(
    (
        rf"[^\n]{{0,{_MOST - 1}}}\n",  # up to a newline,
        rf"[^\n]{{1,{_MOST}}}\z",  # or to the end of the text,
        rf"[^\n]{{1,{_MOST - 1}}}(?=[ \t])",  # or to the last space in a line that is too long,
        rf"[^\n]{{{_MOST}}}",  # or as far as a segment may reach
    )
)
"""What `split_segments` does, as a regular expression for each segment in turn."""


def split_into_segments() -> pre_tokenizers.PreTokenizer:
    """The step that cuts a text into segments."""
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(SEGMENT), behavior="isolated")
