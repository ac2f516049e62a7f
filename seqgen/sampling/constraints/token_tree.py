"""The tokens of a vocabulary as a tree of characters: tokens that begin alike share a branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from seqgen.tokenizers import END_OF_TEXT


@final
@dataclass(frozen=True, eq=False)
class Branch:
    """The tokens that begin with the same characters."""

    tokens: list[int] = field(default_factory=list)
    """Those that end here."""
    longer: dict[str, Branch] = field(default_factory=dict)
    """The branches of those that have more characters, by the next one."""


@final
class TokenTree:
    """All tokens but the end-of-text token; `pieces` has the bytes of every token.

    >>> from seqgen.sampling.constraints.token_tree import TokenTree
    >>> tree = TokenTree([b"", b"a", b"an", b"ax", "é".encode()[:1]])
    >>> tree.root.longer["a"].tokens, sorted(tree.root.longer["a"].longer), tree.partial
    ([1], ['n', 'x'], {b'\\xc3': 4})
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.root = Branch()
        self.partial: dict[bytes, int] = {}
        """Tokens that hold a part of a character, by their bytes."""
        for token, piece in enumerate(pieces):
            if token == END_OF_TEXT:
                continue
            try:
                characters = piece.decode()
            except UnicodeDecodeError:
                self.partial[piece] = token
                continue
            branch = self.root
            for character in characters:
                branch = branch.longer.setdefault(character, Branch())
            branch.tokens.append(token)
