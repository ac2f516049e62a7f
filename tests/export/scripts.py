"""Texts of many scripts, made from a seed, and characters that tokenizers like to get wrong."""

from __future__ import annotations

import random
import unicodedata

SCRIPTS: dict[str, tuple[int, int]] = {
    "Latin": (0x41, 0x7A),
    "Latin-1": (0xC0, 0xFF),
    "Latin Extended": (0x100, 0x24F),
    "IPA": (0x250, 0x2AF),
    "Greek": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Armenian": (0x531, 0x58A),
    "Hebrew": (0x591, 0x5F4),
    "Arabic": (0x600, 0x6FF),
    "Syriac": (0x700, 0x74F),
    "Thaana": (0x780, 0x7B1),
    "NKo": (0x7C0, 0x7FA),
    "Devanagari": (0x900, 0x97F),
    "Bengali": (0x980, 0x9FE),
    "Gurmukhi": (0xA01, 0xA76),
    "Gujarati": (0xA81, 0xAFF),
    "Oriya": (0xB01, 0xB77),
    "Tamil": (0xB82, 0xBFA),
    "Telugu": (0xC00, 0xC7F),
    "Kannada": (0xC80, 0xCF3),
    "Malayalam": (0xD00, 0xD7F),
    "Sinhala": (0xD81, 0xDF4),
    "Thai": (0xE01, 0xE5B),
    "Lao": (0xE81, 0xEDF),
    "Tibetan": (0xF00, 0xFDA),
    "Burmese": (0x1000, 0x109F),
    "Georgian": (0x10A0, 0x10FF),
    "Hangul Jamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x139F),
    "Cherokee": (0x13A0, 0x13FD),
    "Canadian": (0x1400, 0x167F),
    "Khmer": (0x1780, 0x17F9),
    "Mongolian": (0x1800, 0x18AA),
    "Hiragana": (0x3041, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3105, 0x312F),
    "CJK": (0x4E00, 0x9FFF),
    "Hangul": (0xAC00, 0xD7A3),
    "Gothic": (0x10330, 0x1034A),
    "Mathematical": (0x1D400, 0x1D7FF),
    "Emoji": (0x1F300, 0x1F64F),
}
"""The first and the last code point of a block for each of 41 scripts."""

NASTY = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n\n",
    " \n \n",
    "a  b   c    d        e",
    "\t\ta\t b",
    "one\r\ntwo\rthree\r\n\r\n",
    "\0a\0\0",
    "\u2581",
    " \u2581a \u2581\u2581b\u2581 ",
    "\u2028a\u2029b\u0085c\x1cd\x1fe",
    "\u00a0a\u3000b\u200b\ufeffc",
    "e\u0301 \u0301 a\u0308\u0323",
    "👩\u200d👩\u200d👧 🇩🇪 👍🏽 ☺\ufe0f",
    "हिन्दी में क्षि",
    "Isn't it 'so'? don’t ’n’ l'''x",
    "a_b __init__ _ x1y2 ½ Ⅷ ² ٣٤",
    "<|endoftext|>",
    "a<|endoftext|><|endoftext1|>b",
    "<0x0A><0xE2><0x41>",
    "<<0x0A>>< 0x41>",
    "<unk><s></s>[UNK] ##a Ġa Ċ Ã©",
    "\ufffd \ufffe \uffff",
    "\U0010ffff\ue000",
    "aaaaaaaaaaaaaaaaaaaaaa",
    "-----===------- - -- ---",
]
"""Each a text by itself."""

_BETWEEN = (" ", " ", " ", "  ", "\n", ". ", ", ", "\r\n", "'", "-", "_", "7")


def letters_of(script: str) -> str:
    """The characters of a script's block that exist, at most a few dozen, spread over it."""
    first, last = SCRIPTS[script]
    assigned = [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
    return "".join(assigned[:: max(1, len(assigned) // 60)])


def texts_of_many_scripts(n_texts: int, *, seed: int = 1) -> list[str]:
    """Texts of some words each, in one script or two, with spaces, line ends and nasty things between them."""
    numbers = random.Random(seed)
    alphabets = [letters_of(script) for script in SCRIPTS]
    return [_text(numbers, alphabets) for _ in range(n_texts)]


def _text(numbers: random.Random, alphabets: list[str]) -> str:
    chosen = numbers.choices(alphabets, k=2)
    parts: list[str] = []
    for _ in range(numbers.randrange(1, 9)):
        alphabet = chosen[numbers.random() < 0.2]
        parts.append("".join(numbers.choices(alphabet[:20], k=numbers.randrange(1, 7))))
        parts.append(numbers.choice(_BETWEEN))
    if numbers.random() < 0.2:
        parts.insert(numbers.randrange(len(parts)), numbers.choice(NASTY))
    return "".join(parts)
