"""Paths to text: what is read, how it is decompressed and decoded, and what is refused in one line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from seqgen.corpus.compression import unpacking_at_most
from seqgen.corpus.folders import list_files
from seqgen.corpus.sources import read_text
from seqgen.errors import CorpusError

BLOCK_BYTES = 1 << 20
"""What the reader decodes at once."""
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
every_archive = pytest.mark.parametrize("suffix", COMPRESS)


def read(path: Path, data: bytes, encoding: str = "utf-8") -> str:
    path.write_bytes(data)
    return "".join(read_text(str(path), encoding))


def names(*paths: Path) -> list[str]:
    return [Path(name).name for name in list_files([str(path) for path in paths]).files]


def test_a_folder_is_read_recursively_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/2.txt", "a/1.txt", "c.txt.gz", ".hidden", ".git/config", "a/.cache/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["1.txt", "2.txt", "b.txt", "c.txt.gz"]


def test_paths_keep_their_order_and_a_hidden_one_is_read_if_it_is_named(tmp_path: Path) -> None:
    for name in ("b", "a", ".c"):
        (tmp_path / name).touch()
    assert names(tmp_path / "b", tmp_path / ".c", tmp_path / "a") == ["b", ".c", "a"]


def test_a_hidden_folder_above_does_not_hide_what_is_read(tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "a").touch()
    assert names(tmp_path / ".data") == ["a"]


@pytest.mark.parametrize("name", ["nowhere.txt", "nowhere/a.txt", "n" * 300])
def test_a_path_that_does_not_exist_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError, match=name):
        [text for file in list_files([str(tmp_path / name)]).files for text in read_text(file)]


def test_a_folder_without_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden").touch()
    with pytest.raises(CorpusError, match="holds no file"):
        list_files([str(tmp_path)])


def test_standard_input_is_read_as_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text"
    path.write_bytes("\ufeffé\r\n".encode())
    with path.open(encoding="ascii") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert "".join(read_text(*list_files(["-"]).files)) == "é\r\n"


def test_line_ends_and_odd_characters_are_kept(tmp_path: Path) -> None:
    text = "a\r\nb\rc\n\n\u2028d\x85\x0b\t \ufeff"
    assert read(tmp_path / "text", text.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be", "utf-8-sig"])
def test_a_byte_order_mark_is_dropped(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-8-sig") else "\ufeff"  # these two write it themselves
    assert read(tmp_path / "text", (mark + "aé").encode(encoding), encoding) == "aé"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("latin-1", "déjà\r\n"), ("cp1252", "“€”"), ("shift_jis", "日本語" * 400_000), ("utf-16-le", "😀\n" * 200_001)],
)
def test_other_encodings_are_read_whole(tmp_path: Path, encoding: str, text: str) -> None:
    assert read(tmp_path / "text", text.encode(encoding), encoding) == text


@pytest.mark.parametrize("shift", range(4))
def test_a_character_between_two_blocks_is_whole(tmp_path: Path, shift: int) -> None:
    text = "a" * (BLOCK_BYTES - shift) + "😀b"
    assert read(tmp_path / "text", text.encode()) == text


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"\xff", 0),
        ("aé".encode() + b"\xe9t\xe9", 3),
        (b"abc\xf0\x9f\x98", 3),  # the end cuts a character
        (b"a\xed\xb0\x80", 1),  # an encoded surrogate
        (b"a" * BLOCK_BYTES + b"\xffb", BLOCK_BYTES),
        (b"a" * (BLOCK_BYTES - 1) + b"\xc3\x28", BLOCK_BYTES - 1),  # begun in one block, broken in the next
        (b"a" * (BLOCK_BYTES - 2) + b"\xf0\x9f\x98", BLOCK_BYTES - 2),
    ],
)
def test_the_first_byte_that_is_not_utf_8_is_named(tmp_path: Path, data: bytes, offset: int) -> None:
    with pytest.raises(CorpusError, match=rf"text is not utf-8 at byte {offset} .*--encoding"):
        read(tmp_path / "text", data)


@pytest.mark.parametrize("offset", [0, 5, BLOCK_BYTES + 7])
def test_a_zero_byte_is_taken_for_a_binary_file(tmp_path: Path, offset: int) -> None:
    advice = "if it is text, name its encoding with --encoding"
    with pytest.raises(CorpusError, match=rf"binary \(a zero byte at {offset}\): {advice}$"):
        read(tmp_path / "text", b"a" * offset + b"\0\xff")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_text_without_the_byte_order_mark_that_its_encoding_needs_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(CorpusError, match=f"text is not {encoding}"):
        read(tmp_path / "text", "plain text".encode(f"{encoding}-le"), encoding)


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "base64", "idna", "punycode", "a\0b", "\udcc0"])
def test_a_name_that_is_no_text_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(f"no encoding is called {encoding!r}")):
        read(tmp_path / "text", b"plain text", encoding)


@pytest.mark.parametrize(("data", "encoding"), [(b"one +2AA-", "utf-7"), (rb"one \ud800", "unicode_escape")])
def test_half_a_character_is_refused(tmp_path: Path, data: bytes, encoding: str) -> None:
    with pytest.raises(CorpusError, match="text decodes to half a character"):
        read(tmp_path / "text", data, encoding)


@every_archive
def test_an_archive_is_decompressed_while_it_is_read(tmp_path: Path, suffix: str) -> None:
    text = "a\r\né😀\n" * 200_000
    assert read(tmp_path / f"text{suffix}", COMPRESS[suffix](b"\xef\xbb\xbf" + text.encode())) == text


@every_archive
def test_an_archive_of_several_members_is_read_to_its_end(tmp_path: Path, suffix: str) -> None:
    assert read(tmp_path / f"text{suffix.upper()}", COMPRESS[suffix](b"one ") + COMPRESS[suffix](b"two")) == "one two"


@every_archive
@pytest.mark.parametrize("damage", ["cut", "changed", "foreign"])
def test_a_damaged_archive_is_refused(tmp_path: Path, suffix: str, damage: str) -> None:
    compressed = COMPRESS[suffix](random.Random(0).randbytes(300_000).hex().encode())
    middle = len(compressed) // 2
    damaged = {
        "cut": compressed[:middle],
        "changed": compressed[:middle]
        + bytes(byte ^ 0xFF for byte in compressed[middle : middle + 100])
        + compressed[middle + 100 :],
        "foreign": b"plain text",
    }
    fault = {
        "cut": "is incomplete: copy or download it again",
        "changed": "cannot be decompressed: copy or download it again, or unpack it yourself",
        "foreign": "is not an? (gzip|bzip2|xz|zstd) file: if it is plain text, rename it",
    }[damage]
    with pytest.raises(CorpusError, match=f"text{suffix} {fault}$"):
        read(tmp_path / f"text{suffix}", damaged[damage])


def test_the_offset_in_an_archive_is_that_of_the_decompressed_text(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at byte 3000 "):
        read(tmp_path / "text.gz", gzip.compress(b"abc" * 1000 + b"\xff"))


@every_archive
def test_a_text_that_repeats_itself_is_decompressed_in_little_memory(tmp_path: Path, suffix: str) -> None:
    """A few kilobytes, which stand for 50 MB, are never decompressed all at once."""
    path = tmp_path / f"text{suffix}"
    path.write_bytes(COMPRESS[suffix](b"a" * 50_000_000))
    tracemalloc.start()
    try:
        length = sum(map(len, read_text(str(path))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length == 50_000_000
    assert peak < 25_000_000


@pytest.mark.parametrize("n_bytes", [1, 3, 7])
def test_frames_of_any_length_are_decompressed_in_small_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    monkeypatch.setattr("seqgen.corpus.zstd_file._STEP_BYTES", n_bytes)
    monkeypatch.setattr("seqgen.corpus.zstd_file._BLOCK_BYTES", 2 * n_bytes + 1)
    texts = ["", "one", "two " * 50, "", "three"]
    frames = b"".join(COMPRESS[".zst"](text.encode()) for text in texts)
    assert read(tmp_path / "text.zst", frames) == "".join(texts)


def test_a_frame_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    frame = COMPRESS[".zst"](b"one two three")
    for length in range(1, len(frame)):
        with pytest.raises(CorpusError, match=r"text\.zst is incomplete: "):
            read(tmp_path / "text.zst", frame[:length])


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.compression._ALWAYS_BYTES", 100_000)
    path = tmp_path / f"text{suffix}"
    path.write_bytes(COMPRESS[suffix](b"one line of a text\n" * 100_000))
    with pytest.raises(CorpusError, match=r"unpacks to more than [\d,]+ bytes: .* --max-bytes 20GB, or unpack it"):
        list(read_text(str(path)))


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_file_unpacks_to_as_much_as_is_allowed_and_no_more(tmp_path: Path, suffix: str) -> None:
    path, text = tmp_path / f"text{suffix}", "one line of a text\n" * 100
    path.write_bytes(COMPRESS[suffix](text.encode()))
    with unpacking_at_most(1900):
        assert "".join(read_text(str(path))) == text
    with unpacking_at_most(1899), pytest.raises(CorpusError, match=r"unpacks to more than 1,899 bytes"):
        list(read_text(str(path)))
    assert "".join(read_text(str(path))) == text


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_text_that_is_packed_as_texts_are_is_read_whole(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.compression._ALWAYS_BYTES", 0)
    text = random.Random(0).randbytes(50_000).hex()
    path = tmp_path / f"text{suffix}"
    path.write_bytes(COMPRESS[suffix](text.encode()))
    assert "".join(read_text(str(path))) == text
