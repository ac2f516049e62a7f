"""Files that hold a text but are none are recognised, and the line says what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from seqgen.corpus.file_kinds import kind_of, kind_of_file
from seqgen.corpus.sources import read_text
from seqgen.errors import CorpusError


def zipped(*names: str, mimetype: str = "") -> bytes:
    """A zip archive; a file `mimetype` comes first and is not compressed, as in books and documents."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, "text")
    return data.getvalue()


def tarred() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO(b""))
    return data.getvalue()


def database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("create table t (a text)")
    return (folder / "a.db").read_bytes()


KINDS = {
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\n",
    "an RTF document": b"{\\rtf1\\ansi text}",
    "an Office document": zipped("[Content_Types].xml", "word/document.xml"),
    "an EPUB book": zipped("a.xhtml", mimetype="application/epub+zip"),
    "an OpenDocument file": zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
    "a zip archive": zipped("a.txt"),
    "a tar archive": tarred(),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(9),
    "compressed with gzip": gzip.compress(b"text", mtime=0),
    "compressed with bzip2": bz2.compress(b"text"),
    "compressed with xz": lzma.compress(b"text"),
    "compressed with zstd": zstandard.compress(b"text"),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_file_of_another_kind_is_named_in_one_line(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / "text.txt").write_bytes(KINDS[name])
    with pytest.raises(CorpusError, match=rf"text\.txt is {name}, not plain text: \w+") as error:
        list(read_text(str(tmp_path / "text.txt"), encoding))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("head", "kind", "remedy"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "open it in the program"),
        (b"\xff\xd8\xff\xe0", "an image", "give the text itself"),
        (b"II*\0", "an image", "give the text itself"),
        (b"MM\0*", "an image", "give the text itself"),
        (b"GIF89a\0", "an image", "give the text itself"),
        (b"RIFF1234WEBP\0", "an image", "give the text itself"),
        (b"RIFF1234WAVE\0", "a sound file", "give the text itself"),
        (b"OggS\0", "a sound file", "give the text itself"),
        (b"ID3\3\0", "a sound file", "give the text itself"),
        (b"\0\0\0\x18ftypmp42", "a film or a sound file", "give the text itself"),
        (b"\x7fELF", "a program", "give the text itself"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and give"),
        (b"Rar!\x1a\x07", "a RAR archive", "unpack it and give"),
        (b"PAR1\0", "a Parquet table", "export the column"),
        (bytes(60) + b"BOOKMOBI", "a Mobipocket book", "convert it to plain text"),
        (b"PK\3\4\0word/document.xml", "an Office document", "open it in the program"),
        (b"PK\3\4\0[Content_Types].xml", "an Office document", "open it in the program"),
    ],
)
def test_a_kind_is_known_by_its_bytes_and_has_a_remedy(head: bytes, kind: str, remedy: str) -> None:
    found = kind_of(head)
    assert found is not None
    assert (found.name, found.remedy.startswith(remedy)) == (kind, True)


@pytest.mark.parametrize("encoding", ["utf-16", "UTF_32_LE", "u16", "U32"])
def test_a_file_with_zero_bytes_is_binary_unless_its_encoding_has_them(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "text").write_bytes("one".encode("utf-16-le"))
    assert kind_of_file(tmp_path / "text", encoding="utf-8") == "binary"
    assert kind_of_file(tmp_path / "text", encoding=encoding) is None
    (tmp_path / "text").write_bytes(b"\xfe\xff" + "one".encode("utf-16-be"))
    assert kind_of_file(tmp_path / "text", encoding="utf-8") is None


def test_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(database(tmp_path))
    with pytest.raises(CorpusError, match="an SQLite database, not plain text: export"):
        list(read_text(str(tmp_path / "text.txt")))


def test_an_archive_in_an_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.tar.gz").write_bytes(gzip.compress(tarred()))
    with pytest.raises(CorpusError, match=r"text\.tar\.gz is a tar archive"):
        list(read_text(str(tmp_path / "text.tar.gz")))


@pytest.mark.parametrize(
    "text", ["ID3 is an algorithm", "PK is a name", "GIF89a was a format", "BZh", "%PDF", "II*", "The 1AY&SY"]
)
def test_a_text_that_begins_like_another_kind_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "text").write_text(text, encoding="utf-8")
    assert "".join(read_text(str(tmp_path / "text"))) == text
