"""The contract of all constraints: what each of them is told about a text, and what it may decide."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Literal

from seqgen.sampling.filters import Logits

Method = Literal["apply", "rejects", "is_complete"]
"""What a constraint may override."""


class Constraint(ABC):
    """Follows one text token by token and limits its next token.

    For every token, `apply` changes the logits before one is sampled, and `rejects` may refuse the sampled one after.
    Use `rejects` for a check too slow to make for the whole vocabulary. A constraint overrides what it needs, and
    is asked for nothing else.

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


def overriding(constraints: Iterable[Constraint], method: Method) -> list[Constraint]:
    """The constraints that override a method. Of the others it does nothing, so it need not be called.

    >>> from seqgen.sampling.constraints.no_copy import NoCopy
    >>> from seqgen.sampling.constraints.substring_index import SubstringIndex
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> constraint = NoCopy(SubstringIndex.of_text("the cat", 3), ByteTokenizer(), separator="")
    >>> overriding([constraint], "rejects") == [constraint], overriding([constraint], "apply")
    (True, [])
    """
    return [each for each in constraints if getattr(type(each), method) is not getattr(Constraint, method)]


def is_complete(constraints: Iterable[Constraint]) -> bool:
    """Whether a text must end here because one of its constraints lets nothing follow."""
    return any(constraint.is_complete for constraint in constraints)
