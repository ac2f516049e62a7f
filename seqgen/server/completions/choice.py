"""A choice: one text of an answer, while it is written and when it has ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, final

from seqgen.sampling import Ending, FittedPrompt
from seqgen.server.completions.scored_tokens import TokenLog, TokenScore
from seqgen.server.engine import Event, Failed, Finished
from seqgen.server.faults import RequestError, worded
from seqgen.server.work import stopping
from seqgen.tokenizers import END_OF_TEXT, Tokenizer


@final
class Choice:
    """A text that follows a prompt. `told` gives what is new since the last call.

    With an echo, the text begins with the prompt; `prompt_scores` are then those of its tokens.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> from seqgen.server.engine import Finished, Piece
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> choice = Choice(0, fit_prompt("Mi", tokenizer), tokenizer, has_logprobs=False)
    >>> for event in (Piece("n", 5, -1.0), Piece("a", 6, -0.5), Finished("length")):
    ...     choice.take(event)
    >>> choice.told()
    {'text': 'na', 'index': 0, 'logprobs': None, 'finish_reason': 'length', 'ending': 'length'}
    """

    def __init__(self, index: int, prompt: FittedPrompt, tokenizer: Tokenizer, *, has_logprobs: bool) -> None:
        self.index = index
        self.n_tokens = 0
        """Tokens that were written."""
        self._is_echo = False
        self._half = prompt.detokenizer.fork().finish()
        """What stands for the last character of the prompt if its token ids end within it: the text may complete it."""
        self._n_shown = len(prompt.text) - len(self._half)
        self._n_written = 0
        self._new = ""
        self._nats = 0.0
        self._ending: Ending | None = None
        self._prompt = prompt
        self._tokenizer = tokenizer
        self._log: TokenLog | None = None
        if has_logprobs:
            previous = prompt.ids[-1] if prompt.ids else END_OF_TEXT
            detokenizer = prompt.detokenizer.fork()
            self._log = TokenLog(tokenizer, detokenizer, n_before=self._n_shown, previous=previous)

    def echo(self, prompt_scores: Sequence[TokenScore]) -> None:
        """Let the text begin with its prompt. Call it before any event is taken."""
        self._is_echo = True
        self._new = self._prompt.text[: self._n_shown]
        if self._log is not None:
            self._log = TokenLog.of_prompt(self._tokenizer, prompt_scores)

    def take(self, event: Event) -> None:
        """Note what the engine tells.

        Raises:
            RequestError: the text could not be written.
        """
        if isinstance(event, Failed):
            raise _refusal(event)
        self._new += event.text
        self._n_shown += len(event.text)
        self._n_written += len(event.text)
        if isinstance(event, Finished):
            self._ending = event.reason
            return
        self._nats -= event.logprob
        self.n_tokens += 1
        if self._log is not None:
            self._log.take(TokenScore(event.token, event.logprob, event.top_logprobs))

    def end(self) -> None:
        """Let the text end without a word from the engine, which wrote nothing."""
        self._ending = "length"
        self._new += self._half if self._is_echo else ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes."""
        return self._ending is not None

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._new) or self.has_ended

    @property
    def nats_per_character(self) -> float:
        """How surprising the model found the text; infinite for one without characters."""
        return self._nats / self._n_written if self._n_written else math.inf

    def told(self) -> dict[str, Any]:
        """What is new, as an answer or an event of a stream holds it."""
        text, self._new = self._new, ""
        is_whole = self.has_ended and self._ending != "stop"  # tokens of a stop string are not told
        logprobs = None if self._log is None else self._log.told(n_shown=None if is_whole else self._n_shown)
        finish = None if self._ending is None else "length" if self._ending == "length" else "stop"
        return {
            "text": text,
            "index": self.index,
            "logprobs": logprobs,
            "finish_reason": finish,
            "ending": self._ending,
        }


def _refusal(failed: Failed) -> RequestError:
    if failed.cause == "ending":
        return stopping()
    return RequestError(500 if failed.cause == "server" else 400, worded(failed.message))
