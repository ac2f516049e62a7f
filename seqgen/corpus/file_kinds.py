"""Files that hold a text, but are none themselves: recognised by their first bytes, with what to do about it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from seqgen.corpus.compression import DECOMPRESSION_ERRORS, open_decompressed

HEAD_BYTES = 4096
"""Bytes at the start of a file by which its kind is recognised."""
_SAVE_AS_TEXT = "open it in the program that made it and save it as plain text"
_UNPACK = "unpack it and give the files in it"


@dataclass(frozen=True)
class FileKind:
    """A kind of file, and how to get a text out of one.

    >>> from seqgen.corpus.file_kinds import kind_of
    >>> kind_of(b"%PDF-1.7").name
    'a PDF'
    """

    name: str
    remedy: str


_IMAGE = FileKind("an image", "give the text itself")
_SOUND = FileKind("a sound file", "give the text itself")
_STARTS: dict[bytes, FileKind] = {
    b"%PDF-": FileKind("a PDF", "save its text, for example with pdftotext"),
    b"{\\rtf": FileKind("an RTF document", _SAVE_AS_TEXT),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": FileKind("an old Office document", _SAVE_AS_TEXT),
    b"SQLite format 3\0": FileKind("an SQLite database", "export the column that holds the text"),
    b"\x89PNG\r\n\x1a\n": _IMAGE,
    b"\xff\xd8\xff": _IMAGE,
    b"II*\0": _IMAGE,
    b"MM\0*": _IMAGE,
    b"OggS\0": _SOUND,
    b"\x7fELF": FileKind("a program", "give the text itself"),
    b"7z\xbc\xaf\x27\x1c": FileKind("a 7z archive", _UNPACK),
    b"Rar!\x1a\x07": FileKind("a RAR archive", _UNPACK),
    b"\x1f\x8b\x08": FileKind("compressed with gzip", "let its name end in .gz, or unpack it"),
    b"\xfd7zXZ\0": FileKind("compressed with xz", "let its name end in .xz, or unpack it"),
    b"\x28\xb5\x2f\xfd": FileKind("compressed with zstd", "let its name end in .zst, or unpack it"),
}
"""Kinds by their first bytes."""

_TAR = FileKind("a tar archive", _UNPACK)
_ZIP = FileKind("a zip archive", _UNPACK)
_ZIP_CONTENTS: dict[bytes, FileKind] = {
    b"application/epub+zip": FileKind("an EPUB book", "convert it to plain text, for example with pandoc -t plain"),
    b"application/vnd.oasis.opendocument": FileKind("an OpenDocument file", _SAVE_AS_TEXT),
    b"[Content_Types].xml": FileKind("an Office document", _SAVE_AS_TEXT),
    b"word/": FileKind("an Office document", _SAVE_AS_TEXT),
}
"""Kinds of zip archives, by what stands in their first bytes."""
_OTHERS: tuple[tuple[int, bytes, FileKind], ...] = (
    (0, b"GIF8", _IMAGE),
    (0, b"ID3", _SOUND),
    (0, b"PAR1", FileKind("a Parquet table", "export the column that holds the text, for example as JSON Lines")),
    (257, b"ustar", _TAR),
    (8, b"WEBP", _IMAGE),
    (8, b"WAVE", _SOUND),
    (4, b"ftyp", FileKind("a film or a sound file", "give the text itself")),
    (60, b"BOOKMOBI", FileKind("a Mobipocket book", "convert it to plain text")),
)
"""Kinds by bytes that a text may hold at this place too: a zero byte among the first must tell that it is none."""
_BZIP2 = FileKind("compressed with bzip2", "let its name end in .bz2, or unpack it")


def kind_of(head: bytes) -> FileKind | None:
    """The kind of a file that begins with some bytes; None if it may be a text.

    >>> kind_of(b"Once upon a time") is None
    True
    """
    if head.startswith(b"PK\3\4"):
        return next((kind for mark, kind in _ZIP_CONTENTS.items() if mark in head), _ZIP)
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head.startswith(b"BZh") and head.startswith(b"1AY&SY", 4):
        return _BZIP2
    if b"\0" not in head:
        return None
    return next((kind for offset, mark, kind in _OTHERS if head.startswith(mark, offset)), None)


def kind_of_file(path: Path, *, encoding: str) -> str | None:
    """What a file is if it is not a text, in words; None if it may be one.

    >>> from pathlib import Path
    >>> kind_of_file(Path("story.txt"), encoding="utf-8") is None
    True
    """
    try:
        with open_decompressed(path) as stream:
            head = stream.read(HEAD_BYTES)
    except DECOMPRESSION_ERRORS:
        return None  # reading it will say what is wrong
    except OSError as error:
        return f"cannot be read: {error.strerror}" if error.errno else None
    kind = kind_of(head)
    if kind is not None:
        return kind.name
    has_wide_characters = _is_wide(encoding) or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "binary" if b"\0" in head and not has_wide_characters else None


def _is_wide(encoding: str) -> bool:
    """Whether text in an encoding may hold zero bytes."""
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "u16", "u32"))
