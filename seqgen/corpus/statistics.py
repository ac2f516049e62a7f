"""What a text is made of: counts of characters and lines, the scripts it is written in, its entropy."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqgen.tokenizers.alphabet import N_CODES, code_points

_SCRIPTLESS = "Common"
_NO_SCRIPTS = {  # first words of Unicode names that do not name a script
    "COMBINING", "COMMON", "DOUBLE-STRUCK", "FEMININE", "IDEOGRAPHIC", "MASCULINE", "MATHEMATICAL", "MICRO",
    "MODIFIER", "VARIATION",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TextStatistics:
    """Counts over one text."""

    n_characters: int
    n_bytes: int
    n_distinct: int
    n_lines: int
    scripts: dict[str, float]
    """The share of the letters that each script has, the largest first."""
    entropy_bits: float
    """Bits per character of a model that knows only how often each character occurs."""


def measure_text(chunks: Iterable[str]) -> TextStatistics:
    """Read a text once, in constant memory.

    >>> from seqgen.corpus.statistics import measure_text
    >>> statistics = measure_text(["abab\\n", "жж\\n"])
    >>> statistics.n_characters, statistics.n_bytes, statistics.n_lines
    (8, 10, 2)
    >>> statistics.scripts
    {'Latin': 0.666..., 'Cyrillic': 0.333...}
    """
    counts = np.zeros(N_CODES, dtype=np.int64)
    n_bytes = 0
    last_character = ""
    for chunk in chunks:
        n_bytes += len(chunk.encode())
        last_character = chunk[-1:] or last_character
        chunk_counts = np.bincount(code_points(chunk))
        counts[: chunk_counts.size] += chunk_counts
    codes = np.flatnonzero(counts)
    n_characters = int(counts.sum())
    shares = counts[codes] / max(1, n_characters)
    n_lines = int(counts[ord("\n")]) + (last_character not in ("", "\n"))
    return TextStatistics(
        n_characters=n_characters,
        n_bytes=n_bytes,
        n_distinct=len(codes),
        n_lines=n_lines,
        scripts=_count_scripts(codes.tolist(), counts[codes].tolist()),
        entropy_bits=float(-(shares * np.log2(shares)).sum()) + 0.0,  # adding 0.0 turns -0.0 into 0.0
    )


def _count_scripts(codes: list[int], counts: list[int]) -> dict[str, float]:
    letters: Counter[str] = Counter()
    for code, count in zip(codes, counts, strict=True):
        script = _script_of(chr(code))
        if script != _SCRIPTLESS:
            letters[script] += count
    total = sum(letters.values())
    return {script: count / total for script, count in letters.most_common()}


def _script_of(character: str) -> str:
    """The script of a letter, from the first word of its Unicode name. That is close enough for a summary."""
    if unicodedata.category(character)[0] not in "LM":
        return _SCRIPTLESS
    name = unicodedata.name(character, _SCRIPTLESS.upper())
    first = name.removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").split()[0]
    return _SCRIPTLESS if first in _NO_SCRIPTS else {"CJK": "Han"}.get(first, first.capitalize())
