"""From ABC to tunes: the header, the voices, and where tunes begin and end in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from seqgen.corpus.line_ends import unify_line_ends
from seqgen.music.bars import Bar, Tune
from seqgen.music.lengths import Metre, parse_metre, parse_tempo, parse_unit
from seqgen.music.symbols import symbols_of
from seqgen.music.voice import Voice

_FIELD = re.compile(r"([A-Za-z]):(?![|:])[ \t]*(.*)")
"""A line of its own. A line of music such as `d:|` is none."""
_COMMENT = re.compile(r"(?<!\\)%.*")
_TUNE_START = re.compile(r"^(?=X:)|\n[ \t]*\n", re.MULTILINE)
_BEATS_A_MINUTE = 120
_COMPOUND_BEATS_A_MINUTE = 100
"""Dotted quarters."""


def read_tunes(text: str) -> Iterator[Tune]:
    """The tunes of a text. A blank line or a field `X:` ends the one before; what is no tune is left out.

    >>> from seqgen.music import read_tunes
    >>> [tune.title for tune in read_tunes("A letter.\\n\\nX:1\\nT:One\\nK:C\\nc4|\\n\\nX:2\\nT:Two\\nK:C\\nd4|")]
    ['One', 'Two']
    """
    for block in _TUNE_START.split(unify_line_ends(text)):
        tune = read_tune(block)
        if tune is not None:
            yield tune


def read_tune(text: str) -> Tune | None:
    """The tune that a text is; None if it is none, because no field `K:` ends its header or no note follows.

    >>> from seqgen.music import read_tune
    >>> read_tune("Mina sat by the river.") is None
    True
    """
    lines = [_COMMENT.sub("", line).rstrip() for line in text.splitlines()]
    fields, n_lines = _read_header(lines)
    if "K" not in fields:
        return None
    voices = _read_voices(lines[n_lines:], fields)
    if not any(bar.notes for bars in voices for bar in bars):
        return None
    return Tune(
        text=text.strip("\n"),
        title=fields.get("T", ""),
        metre=fields.get("M", ""),
        key=fields["K"],
        tempo=_tempo(fields),
        voices=voices,
    )


def _read_header(lines: list[str]) -> tuple[dict[str, str], int]:
    """The first value of each field up to the key, and the number of lines that the header has."""
    fields: dict[str, str] = {}
    for number, line in enumerate(lines):
        found = _FIELD.fullmatch(line)
        if found is None:
            continue
        fields.setdefault(found[1], found[2].strip())
        if found[1] == "K":
            return fields, number + 1
    return fields, len(lines)


def _metre_and_unit(fields: dict[str, str]) -> tuple[Metre, Fraction]:
    metre = parse_metre(fields.get("M", "none"))
    return metre, parse_unit(fields.get("L", "")) or metre.unit


def _tempo(fields: dict[str, str]) -> Fraction:
    """Whole notes a minute; a usual tempo where none is named."""
    metre, unit = _metre_and_unit(fields)
    usual = metre.beat * (_COMPOUND_BEATS_A_MINUTE if metre.is_compound else _BEATS_A_MINUTE)
    return parse_tempo(fields.get("Q", ""), metre, unit=unit) or usual


def _read_voices(lines: list[str], fields: dict[str, str]) -> tuple[tuple[Bar, ...], ...]:
    """The bars of each voice that has some, in the order in which the voices appear."""
    metre, unit = _metre_and_unit(fields)
    voices: dict[str, Voice] = {}

    def voice_named(name: str) -> Voice:
        return voices.setdefault(name, Voice(metre=metre, unit=unit, key=fields["K"]))

    voice = voice_named("")
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is not None and field[1] == "V":
            voice = voice_named(field[2].split(" ")[0])
        elif field is not None:
            voice.set_field(field[1], field[2])
        else:
            for symbol in symbols_of(line + "\n"):
                if symbol.text.startswith("[V:"):
                    voice = voice_named(symbol.text[3:-1].strip().split(" ")[0])
                else:
                    voice.take(symbol)
    return tuple(bars for bars in (voice.finish() for voice in voices.values()) if bars)
