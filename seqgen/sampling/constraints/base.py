"""What may come next in one text: the contract of ban and bias, no-copy and match."""

from __future__ import annotations

from abc import ABC, abstractmethod

from seqgen.sampling.filters import Logits


class Constraint(ABC):
    """Follows one text token by token, and has its say before every draw and after it.

    A shallow copy follows another text from there: what changes is replaced, never changed in place.
    """

    @abstractmethod
    def take(self, token: int) -> None:
        """Let the text grow by a token."""

    def read(self, token: int) -> None:
        """Know of a token of the prompt."""
        self.take(token)

    def apply(self, logits: Logits) -> None:  # noqa: B027
        """Change the logits of the next token, (V,), in place: -inf where a token may not come."""

    def rejects(self, token: int) -> bool:
        """Whether a token that was drawn may not come after all: it is then drawn again among the others."""
        return False

    @property
    def is_complete(self) -> bool:
        """Whether the text is over, because it can only stay as it is."""
        return False
