"""The contract of all constraints: what each of them is told about a text, and what it may decide."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from seqgen.sampling.filters import Logits


class Constraint(ABC):
    """Follows one text token by token and limits its next token.

    For every token, `apply` changes the logits before one is sampled, and `rejects` may refuse the sampled one after.
    Use `rejects` for a check too slow to make for the whole vocabulary. A constraint overrides what it needs.

    When texts part, each gets a shallow copy (`copy.copy`) of the constraint. So an attribute that changes is replaced,
    never changed in place.
    """

    @abstractmethod
    def take(self, token: int) -> None:
        """Note that the text has grown by a token."""

    def apply(self, logits: Logits) -> None:  # noqa: B027
        """Change the logits of the next token, (V,), in place: -inf removes a token."""

    def rejects(self, token: int) -> bool:
        """Whether the sampled token is refused. Another one is then sampled in its place."""
        return False

    @property
    def is_complete(self) -> bool:
        """Whether the text must end here because nothing may follow."""
        return False


def is_complete(constraints: Iterable[Constraint]) -> bool:
    """Whether a text must end here because one of its constraints lets nothing follow."""
    return any(constraint.is_complete for constraint in constraints)
