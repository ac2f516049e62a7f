"""What to say of a text that was perhaps meant to be read as pairs or records: its options were forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqgen.corpus.fields import holds_records
from seqgen.corpus.stored_text import StoredText

_HEAD = 1 << 16
"""Characters at the beginning of a text that are looked at."""
_FEWEST_LINES = 10
_TAB = "\t"


def describe_columns(text: StoredText, paths: Sequence[str]) -> Iterator[str]:
    """Say if the text that came from some paths looks like a table of two columns or like records.

    >>> from pathlib import Path
    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> _ = Path("pairs.txt").write_text("".join(f"{n}\\t{n * n}\\n" for n in range(50)))
    >>> for note in open_corpus(CorpusConfig(paths=("pairs.txt",))).notes:
    ...     print(note)
    each line has two columns, with a tab between them, that are learned as text: --pairs learns one from the other
    """
    if _has_two_columns(text):
        yield (
            "each line has two columns, with a tab between them, that are learned as text: "
            "--pairs learns one from the other"
        )
        return
    for path in paths:
        if holds_records(path):
            yield (
                f"{path} holds records, and all of it is learned as text: --field NAME takes one of their fields, and "
                "--pairs --columns A,B learns one from another"
            )
            return


def _has_two_columns(text: StoredText) -> bool:
    """Whether every line at the beginning of a text has exactly one tab, with something on both sides."""
    head = next(text.chunks(), "")[:_HEAD]
    lines = [line for line in head.split("\n")[:-1] if line.strip()]  # the last one may be cut
    return len(lines) >= _FEWEST_LINES and all(line.count(_TAB) == 1 and line.strip() == line for line in lines)
