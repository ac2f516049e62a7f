"""The answer to a request for completions: whole, or as events while the texts are written."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, final

from seqgen.server.completions.choice import Choice
from seqgen.server.completions.order import Order
from seqgen.server.completions.prompt_scores import score_prompts
from seqgen.server.completions.scored_tokens import TokenScore
from seqgen.server.completions.writing import Writing
from seqgen.server.models import ServedModel
from seqgen.server.work import Workshop
from seqgen.tokenizers import END_OF_TEXT


@final
class Completion:
    """The answer to one order. Whoever asks for it has to `stop` it in the end."""

    def __init__(self, order: Order, model: ServedModel, workshop: Workshop) -> None:
        self._order = order
        self._model = model
        self._workshop = workshop
        self._writing: Writing | None = None
        self._choices = [
            Choice(index, prompt, model.saved.tokenizer, has_logprobs=order.logprobs is not None)
            for index, prompt in enumerate(prompt for prompt in order.prompts for _ in range(order.best_of))
        ]
        self._head = {
            "id": f"cmpl-{secrets.token_hex(12)}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model.name,
        }

    @property
    def n_prompt_tokens(self) -> int:
        """Tokens of the prompts."""
        return sum(len(prompt.ids) for prompt in self._order.prompts)

    @property
    def n_written(self) -> int:
        """Tokens that were written so far, also of texts that are not returned."""
        return sum(choice.n_tokens for choice in self._choices)

    def stop(self) -> None:
        """Give up what is not written yet. Afterwards its places are free."""
        if self._writing is not None:
            self._writing.stop()

    async def whole(self) -> dict[str, Any]:
        """The answer, when all texts have ended.

        Raises:
            RequestError: a text could not be written, or there is no room for it.
        """
        async for _ in self._news():
            pass
        return {
            **self._head,
            "choices": [{**choice.told(), "index": index} for index, choice in enumerate(self._best())],
            "usage": self._usage(),
            **self._about(),
        }

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What is new in the texts, in OpenAI's form. The last event before the end has the usage, if it is wanted.

        Raises:
            RequestError: a text could not be written, or there is no room for it.
        """
        head = {**self._head, **({"usage": None} if self._order.has_usage else {})}
        about = self._about()
        async for changed in self._news():
            for choice in changed:
                yield {**head, "choices": [choice.told()], **about}
                about = {}
        if self._order.has_usage:
            yield {**self._head, "choices": [], "usage": self._usage()}

    async def _news(self) -> AsyncIterator[list[Choice]]:
        """The choices that have something to tell, until all have ended."""
        if self._order.has_echo:
            for choice, scores in zip(self._choices, await self._prompt_scores(), strict=True):
                choice.echo(scores)
        if self._order.writes_nothing:
            for choice in self._choices:
                choice.end()
            yield self._choices
            return
        self._writing = Writing(self._model.writer(), self._order.requests(), self._choices)
        async for changed in self._writing.news():
            yield changed

    async def _prompt_scores(self) -> Sequence[Sequence[TokenScore]]:
        """For each choice, the scores of its prompt's tokens; none are computed if they are not wanted."""
        order, n_top = self._order, self._order.logprobs
        prompts = [
            (END_OF_TEXT, *prompt.ids) if with_end else prompt.ids
            for prompt, with_end in zip(order.prompts, order.with_end, strict=True)
        ]
        if n_top is None:
            return [()] * len(self._choices)
        left = False
        try:
            scores = await self._workshop.run(
                lambda: score_prompts(self._model.fresh_stepper, prompts, n_top=n_top, is_cancelled=lambda: left)
            )
        except asyncio.CancelledError:
            left = True
            raise
        return [of_prompt for of_prompt in scores for _ in range(self._order.best_of)]

    def _best(self) -> list[Choice]:
        """The choices that are returned: of each prompt the least surprising, in the order of their numbers."""
        n, best_of = self._order.n, self._order.best_of
        groups = [self._choices[first : first + best_of] for first in range(0, len(self._choices), best_of)]
        kept = [sorted(group, key=lambda choice: choice.nats_per_character)[:n] for group in groups]
        return [choice for group in kept for choice in sorted(group, key=lambda choice: choice.index)]

    def _usage(self) -> dict[str, int]:
        read, written = self.n_prompt_tokens, self.n_written
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}

    def _about(self) -> dict[str, Any]:
        """What is not in OpenAI's form: the seed that writes the texts again, and warnings."""
        warnings = list(self._order.warnings)
        return {"seed": self._order.config.seed, **({"warnings": warnings} if warnings else {})}
