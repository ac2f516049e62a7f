"""The advice about a text that is not UTF-8: the encoding that makes it readable, and where it goes wrong."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from seqgen.corpus.encodings import advise
from seqgen.corpus.sources import read_text
from seqgen.errors import CorpusError

FRENCH = "Où est-il passé, le garçon ? L’été dernier, il était déjà là — « oui », dit-elle.\n" * 5
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива.\n" * 5
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n" * 5
CHINESE = "床前明月光,疑是地上霜。举头望明月,低头思故乡。\n" * 5
EXAMPLES = [
    ("cp1252", FRENCH),
    ("cp1252", "a naïve café\n" * 5),
    ("cp1252", "für\n"),
    ("cp1252", "passé, café, thé, clé\n" * 5),
    ("cp1252", "École, Été, Évry, Île\n" * 5),
    ("cp1250", "Zażółć gęślą jaźń. Litwo! Ojczyzno moja!\n" * 5),
    ("cp1251", RUSSIAN),
    ("koi8-r", RUSSIAN),
    ("cp866", RUSSIAN),
    ("cp1253", "Στην αρχή ήταν ο λόγος και ο λόγος ήταν με τον θεό.\n" * 5),
    ("cp1255", "בראשית ברא אלהים את השמים ואת הארץ.\n" * 5),
    ("shift_jis", JAPANESE),
    ("euc_jp", JAPANESE),
    ("gb18030", CHINESE),
    ("big5", "床前明月光,疑是地上霜。舉頭望明月,低頭思故鄉。\n" * 5),
    ("cp949", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.\n" * 5),
    ("utf-16-le", FRENCH),
    ("utf-16-be", RUSSIAN),
    ("utf-16-le", JAPANESE),
    ("utf-16-le", "In 1900 they sat by the river.\n" * 5),
]


def refusal(path: Path, data: bytes, encoding: str = "utf-8") -> str:
    path.write_bytes(data)
    with pytest.raises(CorpusError) as error:
        list(read_text(str(path), encoding))
    return str(error.value)


@pytest.mark.parametrize(("encoding", "text"), EXAMPLES)
def test_the_advice_names_an_encoding_that_gives_the_text_back(tmp_path: Path, encoding: str, text: str) -> None:
    message = refusal(tmp_path / "text", text.encode(encoding))
    advised = message.rpartition("--encoding ")[2]
    assert text.encode(encoding).decode(advised) == text
    assert text[:20].rstrip("\n")[:12] in message


def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-32"):
        assert refusal(tmp_path / "text", "X.\n".encode(encoding)).endswith(f"reads 'X.': try --encoding {encoding}")
    assert refusal(tmp_path / "text", codecs.BOM_UTF16_BE + "Onä\n".encode("utf-16-be")).endswith("--encoding utf-16")


def test_the_line_and_what_stands_before_the_byte_are_named(tmp_path: Path) -> None:
    message = refusal(tmp_path / "text", b"one\ntwo\na caf\xe9 here\n")
    assert "at byte 13 (" in message
    assert "in line 3 after 'a caf'" in message
    assert "the line reads 'a café here'" in message


@pytest.mark.parametrize("size", [1, 5, 7])
@pytest.mark.parametrize("data", [b"one\ntwo\na caf\xe9 here\n", b"one\n\xc3\nx", b"\xff"])
def test_a_fault_is_described_alike_however_the_file_is_read(
    tmp_path: Path, data: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = refusal(tmp_path / "text", data)
    monkeypatch.setattr("seqgen.corpus.decoding._BLOCK_BYTES", size)
    assert refusal(tmp_path / "text", data) == at_once


@pytest.mark.parametrize("size", [1, 4])
def test_the_marks_of_other_files_count_at_the_beginning_only(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.decoding._BLOCK_BYTES", size)
    (tmp_path / "text").write_bytes("\ufeffa PK\3\4 \ufeffb".encode())
    assert "".join(read_text(str(tmp_path / "text"))) == "a PK\3\4 \ufeffb"


def test_a_text_that_is_cut_short_is_told_from_one_in_another_encoding(tmp_path: Path) -> None:
    message = refusal(tmp_path / "text", b"abc\n\xf0\x9f\x98")
    assert message.endswith(
        "in line 2: it ends within a character, as if it was cut short; for another encoding, name it with --encoding"
    )
    message = refusal(tmp_path / "text", b"\xff\xfe\xfd" * 50)
    assert message.endswith("in line 1: name its encoding with --encoding")


@pytest.mark.parametrize("line_end", ["\n", "\r"])
def test_the_place_in_a_long_line_is_shown(line_end: str) -> None:
    data = (f"one{line_end}" + "x" * 50 + "é" + "y" * 50).encode("cp1252")
    assert f"reads '{'x' * 20}é{'y' * 19}'" in advise(data, encoding="utf-8", offset=54)
    short = (f"one{line_end}xé" + "y" * 50).encode("cp1252")
    assert f"reads 'xé{'y' * 38}'" in advise(short, encoding="utf-8", offset=5)
    second = f"{line_end}xé".encode("cp1252")
    assert "reads 'xé'" in advise(second, encoding="utf-8", offset=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf8", "UTF-8-sig"])
def test_a_damaged_place_in_utf_8_is_no_other_encoding(tmp_path: Path, encoding: str) -> None:
    message = refusal(tmp_path / "text", FRENCH.encode() + b"a\xff" + FRENCH.encode(), encoding)
    assert message.endswith("the rest of it is utf-8, so mend that place")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_utf_8_that_was_read_in_another_encoding_is_known(tmp_path: Path, encoding: str) -> None:
    assert refusal(tmp_path / "text", FRENCH.encode() + b"\n", encoding).endswith("try --encoding utf-8")


def test_the_byte_order_of_a_text_without_a_mark_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path / "text", FRENCH.encode("utf-16-be"), "utf-16")
    assert "reads 'Où est-il" in message
    assert message.endswith("try --encoding utf-16-be")
    assert refusal(tmp_path / "text", b"Mina", "utf-32").endswith(": name its encoding with --encoding")


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\xff\xfe\xfd" * 50, b"\0\1\2\3" * 100 + b"\xd8"])
def test_nothing_is_advised_for_what_is_no_text(data: bytes) -> None:
    assert advise(data, encoding="utf-8") == ""


@pytest.mark.parametrize("data", [b"Mina sat.\n" * 9, b"Mina sat.\n" * 9 + b"\x81", bytes(range(0xB0, 0x100)) * 20])
def test_nothing_is_advised_where_no_encoding_is_likelier_than_others(data: bytes) -> None:
    assert advise(data, encoding="utf-16") == ""


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("cp1252", b"caf\xe9 \x81" * 9), ("shift_jis", JAPANESE.encode("shift_jis")[:-2]), ("utf-16", b"\xff\xfeO\0n")],
)
def test_nothing_is_advised_that_has_just_failed(tmp_path: Path, encoding: str, data: bytes) -> None:
    assert f"try --encoding {encoding}" not in refusal(tmp_path / "text", data, encoding)
