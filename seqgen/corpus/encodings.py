"""Which encoding a text is probably in, judged by the whole of it."""

from __future__ import annotations

import codecs
import itertools
import re
from typing import NamedTuple

_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""Byte-order marks; the longer ones first."""
_MULTIBYTE = ("shift_jis", "cp932", "euc_jp", "gb18030", "big5", "cp949")
_PUNCTUATION = "“”„‘’‚–—…«»·°§€№\u00a0"
_CENTRAL = "ąęłśżźćńóáéíúýčďěňřšťůžőűăâîäöüßŁŚŻĆČŘŠŽÁÉÍÚÓ"
_CYRILLIC = "оеаинтсрвлкмдпуяьы"
_USUAL: dict[str, str] = {
    "cp1252": "éèàùâêîôûëïüöäßñáíóúçãõåøæœÉÈÀÄÖÜ¿¡£",
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": "αοιετσνηυρπκμλωςήίόάέ",
    "cp1254": "çğıöşüâîûÇĞİÖŞÜ",
    "cp1255": "יוהלאמרתבשנםדעכקח",
    "cp1256": "اليمونرتبةعدأفهكسق",
    "latin-1": "éèàùâêîôûëïüöäßñáíóúçãõåøæÉÈÀÄÖÜ¿¡£",
}
"""Encodings of one byte a character, the likeliest first, each with characters that are frequent in its texts."""
_LATIN = {"cp1252", "latin-1", "cp1250", "iso8859-2", "cp1254"}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_WITHIN_WORD = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])")
_ACCENTED = re.compile(r"[^\W\d_\x00-\x7f]")
_BESIDE_PLAIN = re.compile(f"(?<=[A-Za-z]){_ACCENTED.pattern}|{_ACCENTED.pattern}(?=[A-Za-z])")
_JUDGED_CHARACTERS = 100_000
_SHOWN_CHARACTERS = 40
_LEAST_PRINTABLE = 0.99
_LEAST_BESIDE = 0.3
"""The least share of accented letters that stand beside a plain one where the letters are Latin."""
_MOST_MESS = 0.2
"""The most disorder that `charset-normalizer` may find in a text; its own limit."""


class _Candidate(NamedTuple):
    encoding: str
    text: str


def advise(data: bytes, *, encoding: str, offset: int = 0) -> str:
    """What to do about a text that cannot be decoded at a byte; empty if no encoding suggests itself.

    >>> from seqgen.corpus.encodings import advise
    >>> advise("Où est l’été ?\\n".encode("cp1252"), encoding="utf-8", offset=1)
    "it looks like cp1252, in which the line reads 'Où est l’été ?': try --encoding cp1252"
    """
    if _is_mostly_utf8(data):
        is_utf8 = codecs.lookup(encoding).name.startswith("utf-8")
        return "the rest of it is utf-8, so mend that place" if is_utf8 else "it looks like utf-8: try --encoding utf-8"
    candidate = _by_mark(data) or (_wide(data) if b"\0" in data else _multibyte(data) or _one_byte(data))
    if (
        candidate is None
        or not _is_readable(candidate.text)
        or codecs.lookup(candidate.encoding) == codecs.lookup(encoding)
    ):
        return ""
    name, text = candidate
    start = len(data[:offset].decode(name, "ignore"))
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    first = max(line_start, start - _SHOWN_CHARACTERS // 2)
    line = text[first : first + _SHOWN_CHARACTERS].lstrip("\ufeff").splitlines()
    return f"it looks like {name}, in which the line reads {line[0] if line else ''!r}: try --encoding {name}"


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether far more characters are whole in UTF-8 than bytes are wrong in it."""
    text = data.decode("utf-8", "surrogateescape")
    n_wrong = len(re.findall("[\udc80-\udcff]", text))
    return len(_BEYOND_ASCII.findall(text)) > 5 * n_wrong


def _decode(data: bytes, encoding: str) -> str | None:
    """All of a text in an encoding; None if a byte does not fit. A last character may be cut short."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeError:
        return None


def _by_mark(data: bytes) -> _Candidate | None:
    """The encoding that a byte-order mark tells."""
    for mark, encoding in _MARKS.items():
        text = _decode(data, encoding) if data.startswith(mark) else None
        if text is not None:
            return _Candidate(encoding, text)
    return None


def _wide(data: bytes) -> _Candidate | None:
    """UTF-16 or UTF-32 without a byte-order mark, whose spaces or line ends hold zero bytes."""
    for encoding in reversed(_WIDE):
        text = _decode(data, encoding)
        if text and _is_readable(text) and any(space in text for space in " \n\u3000"):
            return _Candidate(encoding, text)
    return None


def _is_readable(text: str) -> bool:
    """Whether almost all characters can be printed."""
    judged = text[:_JUDGED_CHARACTERS]
    n_readable = sum(character.isprintable() or character in "\n\r\t\f\u00a0\u3000" for character in judged)
    return n_readable >= _LEAST_PRINTABLE * len(judged)


def _multibyte(data: bytes) -> _Candidate | None:
    """An encoding of Chinese, Japanese or Korean."""
    candidates = [
        _Candidate(encoding, text)
        for encoding in _MULTIBYTE
        if (text := _decode(data, encoding)) is not None and not _stands_within_words(text[:_JUDGED_CHARACTERS])
    ]
    mess = {name: _mess_of(data, name) for name, _ in candidates}
    candidates = [candidate for candidate in candidates if mess[candidate.encoding] < _MOST_MESS]
    return min(candidates, key=lambda candidate: mess[candidate.encoding], default=None)


def _stands_within_words(text: str) -> bool:
    """Whether half or more of the characters beyond ASCII stand alone behind an ASCII letter, as accented ones do."""
    return 2 * len(_WITHIN_WORD.findall(text)) >= len(_BEYOND_ASCII.findall(text))


def _mess_of(data: bytes, encoding: str) -> float:
    """How disordered a text looks in an encoding, from 0 to 1."""
    from charset_normalizer import from_bytes

    found = from_bytes(data[: 2 * _JUDGED_CHARACTERS], cp_isolation=[encoding], preemptive_behaviour=False).best()
    return 1.0 if found is None else found.chaos


def _one_byte(data: bytes) -> _Candidate | None:
    """The encoding of one byte a character in which most characters beyond ASCII are usual ones."""
    best, candidate = 0.0, None
    for encoding, frequent in _USUAL.items():
        text = _decode(data, encoding)
        if text is not None and (encoding not in _LATIN or _is_latin(text[:_JUDGED_CHARACTERS])):
            usual = _share_of_usual(text, frequent + _PUNCTUATION)
            if usual > best + 0.02:
                best, candidate = usual, _Candidate(encoding, text)
    return candidate if best > 0.5 else None


def _is_latin(text: str) -> bool:
    """Whether accented letters stand beside plain ones, as they do in the languages that have both."""
    return len(_BESIDE_PLAIN.findall(text)) >= _LEAST_BESIDE * len(_ACCENTED.findall(text))


def _share_of_usual(text: str, usual: str) -> float:
    others = [match[0] for match in itertools.islice(_BEYOND_ASCII.finditer(text), _JUDGED_CHARACTERS)]
    return sum(map(set(usual).__contains__, others)) / max(1, len(others))
