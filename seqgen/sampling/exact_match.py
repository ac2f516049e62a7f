"""Texts that match an expression, exactly as often as the model writes them: whole texts are drawn, and most discarded.

The constraint of `match` (`constraints/matching.py`) rules out tokens one by one. Take an expression that allows "aa"
and "bc", and a model that writes "b" and "a" equally often first, but hardly ever "a" after "a". The constraint writes
"aa" half of the time, because nothing else may follow the first "a". Among free texts that match, "aa" is rare.

Here every text is drawn freely, and only those that match are kept (rejection sampling, von Neumann 1951). A text is
given up as soon as nothing that follows can make it match. This saves time and changes no probability, because the next
try begins from nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError
from seqgen.inference import Stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.candidates import STUCK, Candidates
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.constraint_set import ConstraintSet, copies
from seqgen.sampling.constraints.expression import Expression
from seqgen.sampling.constraints.matching import RegexMatch
from seqgen.sampling.direction import require_forward
from seqgen.sampling.filters import surprise_nats
from seqgen.sampling.generate import sample_ids
from seqgen.sampling.generated_text import GeneratedText
from seqgen.sampling.growing_text import Ending
from seqgen.sampling.noise import GumbelNoise
from seqgen.sampling.prefill import Prefill, prefill
from seqgen.sampling.prompt import FittedPrompt, fit_config
from seqgen.tokenizers import END_OF_TEXT
from seqgen.waiting import waiting

TRIES_PER_TEXT = 10_000
"""A request ends after this many tries for every text that it asks for."""
_MOST_AT_ONCE = 64


def write_matching(
    model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, request: SamplingRequest
) -> list[GeneratedText]:
    """Draw texts until `request.count` match, or until `TRIES_PER_TEXT` tries for each have been made.

    A text of a model of documents is a whole document: one that has not ended after `request.length` characters does
    not match. A text of another model ends where nothing may follow, or has `request.length` characters.

    All other options of the configuration apply as they do to free texts. The texts come in the order of their tries.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> model = open_model("checkpoints/story")
    >>> prompt, config = fit_prompt("The ", model.tokenizer), SamplingConfig(match="[a-d]{3}", temperature=1.0)
    >>> texts = write_matching(model, prompt, config=config, request=SamplingRequest(count=2, length=3))
    >>> [len(text.text) for text in texts]
    [3, 3]

    Raises:
        ConfigError: there is no `match`, or it goes with `stop`; a `match` that is not valid, or that no text of the
            requested length can match; the model reads backward.
        CorpusError: `no_copy` needs the training text, and it is not found.
        RunError: the model has diverged.
    """
    if config.match is None or config.stop:
        raise ConfigError(f"--exact {'needs --match' if config.match is None else 'does not go with --stop'}")
    require_forward(model, "--match")
    drawing = _Drawing.of(model, prompt, config=config, request=request)
    if drawing.has_ended:
        return [GeneratedText("", "match", nats=0.0)] * request.count
    found: list[GeneratedText] = []
    n_tried, most = 0, TRIES_PER_TEXT * request.count
    with waiting("drawing texts until enough match", total=most) as work, one_thread():
        while len(found) < request.count and n_tried < most:
            n_missing = request.count - len(found)
            n_next = min(max(n_missing, n_tried), _MOST_AT_ONCE, most - n_tried)
            first = request.first + n_tried
            found += drawing.draw(range(first, first + n_next))
            n_tried += n_next
            work.advance(n_next)
    return found[: request.count]


@final
@dataclass
class _Try:
    """A text that is being drawn, and the expression that follows it."""

    expression: RegexMatch
    ids: list[int] = field(default_factory=list)
    nats: float = 0.0
    ending: Ending | None = None
    is_lost: bool = False
    """Whether it has ended without a match, or cannot match any more."""

    def take(self, token: int, nats: float, *, ends_itself: bool) -> None:
        """Add a token. `ends_itself`: the text ends where the model ends it, and nowhere else."""
        self.nats += nats
        if token == STUCK:
            self.is_lost = True
        elif token == END_OF_TEXT:
            self.ending, self.is_lost = "end-of-text", not self.expression.has_matched
        else:
            self.ids.append(token)
            self.expression.take(token)
            self.is_lost = self.expression.is_lost
            if not ends_itself and self.expression.is_complete:
                self.ending = "length" if self.expression.is_full else "match"


@final
@dataclass(frozen=True)
class _Drawing:
    """Everything that all tries have in common."""

    prefilled: Prefill
    prompt: FittedPrompt
    config: SamplingConfig
    """Without `match`."""
    constraints: list[Constraint]
    """All but the expression."""
    expression: RegexMatch
    has_documents: bool

    @classmethod
    def of(
        cls, model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, request: SamplingRequest
    ) -> _Drawing:
        previous = prompt.ids[-1] if prompt.ids else END_OF_TEXT
        expression = Expression(config.match or "", model.tokenizer)
        free = replace(fit_config(config, model), match=None, until_end_of_text=model.has_documents)
        return cls(
            prefilled=prefill(model, prompt.ids, source=prompt.source_ids, device=request.device, hold=config.hold),
            prompt=prompt,
            config=free,
            constraints=ConstraintSet(model, free).after(prompt.ids, length=request.length),
            expression=RegexMatch(expression, previous=previous, n_left=request.length),
            has_documents=model.has_documents,
        )

    @property
    def has_ended(self) -> bool:
        """Whether only the text without characters matches, and it has ended already."""
        return self.expression.is_complete and not self.has_documents

    def draw(self, numbers: range) -> list[GeneratedText]:
        """Draw the texts of these numbers side by side; return those that match, in their order."""
        tries = [_Try(copy.copy(self.expression)) for _ in numbers]
        own = [copies(self.constraints) for _ in numbers]
        candidates = Candidates(self.prefilled, self.config, constraints=own, may_end=self.has_documents)
        logits = np.repeat(self.prefilled.logits, len(numbers), axis=0)
        noise = GumbelNoise(self.config.seed, numbers, vocab_size=logits.shape[1])
        stepper, live = self.prefilled.stepper, tries
        while True:
            ids = sample_ids(candidates, logits, noise=noise)
            candidates.take(ids)
            nats = surprise_nats(logits)[np.arange(len(ids)), ids]
            for text, token, token_nats in zip(live, ids.tolist(), nats.tolist(), strict=True):
                text.take(token, token_nats, ends_itself=self.has_documents)
            rows = [row for row, text in enumerate(live) if not (text.is_lost or text.ending)]
            if not rows:
                return [self._finished(text) for text in tries if not text.is_lost]
            stepper = self._continue(stepper, rows)
            live = [live[row] for row in rows]
            candidates.select(rows)
            noise.select(rows)
            logits = stepper.step(ids[rows])

    def _continue(self, stepper: Stepper, rows: Sequence[int]) -> Stepper:
        """A stepper for these of its streams. The stepper of the prompt has one, from which all texts begin."""
        if stepper is self.prefilled.stepper:
            return stepper.fork(len(rows))
        stepper.select(np.array(rows))
        return stepper

    def _finished(self, text: _Try) -> GeneratedText:
        detokenizer = self.prompt.detokenizer.fork()
        written = "".join(map(detokenizer.write, text.ids)) + detokenizer.finish()
        return GeneratedText(written, text.ending or "length", text.nats)
