"""What a text is made of: counts, scripts, entropy."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqgen.tokenizers.alphabet import N_CODES, code_points

_SCRIPTLESS = "Common"
_NO_SCRIPTS = {
    "COMBINING", "COMMON", "DOUBLE-STRUCK", "FEMININE", "IDEOGRAPHIC", "MASCULINE", "MATHEMATICAL", "MICRO",
    "MODIFIER", "VARIATION",
}  # fmt: skip


@dataclass(frozen=True)
class TextStatistics:
    """Counts over one text; `entropy_bits` is that of a character drawn at random from it."""

    n_characters: int
    n_bytes: int
    n_distinct: int
    n_lines: int
    scripts: dict[str, float]
    """Script -> share of the letters, the largest first."""
    entropy_bits: float


def measure_text(chunks: Iterable[str]) -> TextStatistics:
    """Read a text once, in constant memory."""
    counts = np.zeros(N_CODES, dtype=np.int64)
    n_bytes = 0
    last = ""
    for chunk in chunks:
        n_bytes += len(chunk.encode())
        last = chunk[-1:] or last
        seen = np.bincount(code_points(chunk))
        counts[: seen.size] += seen
    codes = np.flatnonzero(counts)
    n_characters = int(counts.sum())
    shares = counts[codes] / max(1, n_characters)
    n_lines = int(counts[ord("\n")]) + (last not in ("", "\n"))
    return TextStatistics(
        n_characters=n_characters,
        n_bytes=n_bytes,
        n_distinct=len(codes),
        n_lines=n_lines,
        scripts=_count_scripts(codes.tolist(), counts[codes].tolist()),
        entropy_bits=float(-(shares * np.log2(shares)).sum()) + 0.0,
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
    """The script of a letter by the first word of its Unicode name, which is near enough for a summary."""
    if unicodedata.category(character)[0] not in "LM":
        return _SCRIPTLESS
    name = unicodedata.name(character, _SCRIPTLESS.upper())
    first = name.removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").split()[0]
    return _SCRIPTLESS if first in _NO_SCRIPTS else {"CJK": "Han"}.get(first, first.capitalize())
