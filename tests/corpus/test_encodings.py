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
    assert refusal(tmp_path / "text", "One\n".encode("utf-16")).endswith("try --encoding utf-16")
    assert refusal(tmp_path / "text", codecs.BOM_UTF16_BE + "Onä\n".encode("utf-16-be")).endswith("--encoding utf-16")


def test_the_line_and_what_stands_before_the_byte_are_named(tmp_path: Path) -> None:
    message = refusal(tmp_path / "text", b"one\ntwo\na caf\xe9 here\n")
    assert "at byte 13 (" in message
    assert "in line 3 after 'a caf'" in message
    assert "the line reads 'a café here'" in message


def test_a_damaged_place_in_utf_8_is_no_other_encoding(tmp_path: Path) -> None:
    message = refusal(tmp_path / "text", FRENCH.encode() + b"a\xff" + FRENCH.encode())
    assert message.endswith("the rest of it is utf-8, so mend that place")


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\xff\xfe\xfd" * 50, b"\0\1\2\3" * 100 + b"\xd8"])
def test_nothing_is_advised_for_what_is_no_text(data: bytes) -> None:
    assert advise(data, encoding="utf-8") == ""


def test_nothing_is_advised_that_has_just_failed(tmp_path: Path) -> None:
    assert "try --encoding cp1252" not in refusal(tmp_path / "text", b"caf\xe9 \x81" * 9, "cp1252")
