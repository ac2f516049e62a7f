"""One visible character for each byte: how tokenizers of the GPT-2 kind write tokens that need not be UTF-8."""

from __future__ import annotations

from functools import cache

_FIRST_SUBSTITUTE = 0x100


@cache
def byte_alphabet() -> tuple[str, ...]:
    """The character of each byte (Radford et al. 2019). Visible bytes of Latin-1 are themselves, others come after.

    >>> from seqgen.export.byte_alphabet import byte_alphabet
    >>> byte_alphabet()[ord("a")], byte_alphabet()[ord(" ")], len(set(byte_alphabet()))
    ('a', 'Ġ', 256)
    """
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    hidden = [byte for byte in range(256) if byte not in visible]
    substitutes = {byte: chr(_FIRST_SUBSTITUTE + number) for number, byte in enumerate(hidden)}
    return tuple(substitutes.get(byte, chr(byte)) for byte in range(256))


def in_byte_alphabet(data: bytes) -> str:
    """Bytes in this alphabet.

    >>> from seqgen.export.byte_alphabet import in_byte_alphabet
    >>> in_byte_alphabet("né ".encode())
    'nÃ©Ġ'
    """
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in data)
