"""Tokens with their log-probabilities, in the form that OpenAI's completions have."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

from seqgen.tokenizers import END_OF_TEXT, Detokenizer, Tokenizer

SPELLED_END = "<|endoftext|>"
"""How the end-of-text token is spelled among the tokens, whatever it decodes to."""
_LEAST_LOGPROB = -9999.0
"""Stands for that of a token whose probability rounds to 0: JSON has no infinity."""

TopTokens = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class TokenScore:
    """A token, and how likely it was."""

    token: int
    logprob: float | None
    """None for the first token of a prompt, as in OpenAI's API."""
    top: TopTokens = ()


@final
class TokenLog:
    """The tokens of one text with its prompt, told up to where their characters may be shown.

    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> log = TokenLog(tokenizer, Detokenizer(tokenizer), n_before=0, previous=END_OF_TEXT)
    >>> for token in tokenizer.encode("Mi").ids.tolist():
    ...     log.take(TokenScore(token, -0.5))
    >>> log.told(n_shown=1)["tokens"], log.told(n_shown=2)["text_offset"]
    (['M'], [1])
    """

    def __init__(self, tokenizer: Tokenizer, detokenizer: Detokenizer, *, n_before: int, previous: int) -> None:
        self._tokenizer = tokenizer
        self._detokenizer = detokenizer
        self._n_characters = n_before
        self._previous = previous
        self._waiting: list[_Entry] = []

    @classmethod
    def of_prompt(cls, tokenizer: Tokenizer, scores: Sequence[TokenScore]) -> TokenLog:
        """A log that begins with the tokens of a prompt.

        >>> from seqgen.run import open_model
        >>> log = TokenLog.of_prompt(open_model("checkpoints/story").tokenizer, [TokenScore(3, None)])
        >>> log.told(n_shown=1)["token_logprobs"]
        [None]
        """
        log = cls(tokenizer, Detokenizer(tokenizer), n_before=0, previous=END_OF_TEXT)
        if scores and scores[0].token == END_OF_TEXT:  # before the text, where it stands for no separator
            log._waiting.append(_Entry(SPELLED_END, None, None, 0))
            scores = scores[1:]
        for score in scores:
            log.take(score)
        return log

    def take(self, score: TokenScore) -> None:
        """Add the next token."""
        pieces = self._tokenizer.pieces(self._previous)
        logprob = None if score.logprob is None else max(score.logprob, _LEAST_LOGPROB)
        top = None if logprob is None else _top([*score.top, (score.token, logprob)], pieces)
        own = self._tokenizer.separator if score.token == END_OF_TEXT else _completed(pieces[score.token])
        n_new = len(self._detokenizer.write(score.token))
        n_late = max(0, n_new - len(own))  # broken characters of earlier tokens, which could be told only now
        self._waiting.append(_Entry(_spelled(score.token, pieces), logprob, top, self._n_characters + n_late))
        self._n_characters += n_new
        self._previous = score.token

    def told(self, *, n_shown: int | None) -> dict[str, Any]:
        """The tokens that begin before this character and were not told yet; all of them for None."""
        places = (n for n, entry in enumerate(self._waiting) if n_shown is not None and entry.offset >= n_shown)
        n_told = next(places, len(self._waiting))
        told, self._waiting = self._waiting[:n_told], self._waiting[n_told:]
        return {
            "tokens": [entry.token for entry in told],
            "token_logprobs": [entry.logprob for entry in told],
            "top_logprobs": [entry.top for entry in told],
            "text_offset": [entry.offset for entry in told],
        }


@dataclass(frozen=True)
class _Entry:
    token: str
    logprob: float | None
    top: dict[str, float] | None = field(repr=False)
    offset: int
    """Characters of the prompt and the text before it."""


def _top(tokens: TopTokens, pieces: Sequence[bytes]) -> dict[str, float]:
    """Tokens by their text, the likeliest first. Of two with the same text, the likelier counts."""
    named: dict[str, float] = {}
    for token, logprob in tokens:
        named.setdefault(_spelled(token, pieces), max(logprob, _LEAST_LOGPROB))
    return named


def _completed(piece: bytes) -> str:
    """The characters of a piece that need no further bytes.

    >>> _completed(b"a\\xe2\\x98")
    'a'
    """
    return codecs.getincrementaldecoder("utf-8")("replace").decode(piece)


def _spelled(token: int, pieces: Sequence[bytes]) -> str:
    """A token as text. Bytes that are no whole character are written out, as OpenAI's API does."""
    if token == END_OF_TEXT:
        return SPELLED_END
    piece = pieces[token]
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in piece)
