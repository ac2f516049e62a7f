"""Beam search: looks for the likeliest text. No chance is involved, and the text is mostly dull."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from seqgen.config import SamplingConfig
from seqgen.inference import Stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.candidates import STUCK, Candidates
from seqgen.sampling.constraints.base import is_complete
from seqgen.sampling.constraints.constraint_set import ConstraintSet
from seqgen.sampling.direction import require_forward
from seqgen.sampling.filters import Logits, surprise_nats
from seqgen.sampling.generated_text import GeneratedText
from seqgen.sampling.growing_text import GrowingText
from seqgen.sampling.prefill import Prefill, prefill
from seqgen.sampling.prompt import FittedPrompt, fit_config
from seqgen.sampling.room import require_room_for_search
from seqgen.waiting import Waiting, waiting


@dataclass(frozen=True)
class _Hypothesis:
    """One of the texts that the beam keeps."""

    growing: GrowingText
    text: str = ""
    nats: float = 0.0
    """How surprising the model found the text."""
    handicap: float = 0.0
    """Nats that penalties and negative biases have added to the rank of the text; below 0 where biases favour it."""

    @property
    def cost(self) -> float:
        """What the beam ranks texts of equally many tokens by: the lower the better."""
        return self.nats + self.handicap

    @property
    def cost_per_character(self) -> float:
        """What ended texts are ranked by. Per character, so that a text is not the better for ending early."""
        return self.cost / max(1, self.growing.n_characters)

    def extended(self, choice: _Choice, *, is_complete: bool = False) -> _Hypothesis:
        """This text with one more token."""
        growing = self.growing.fork()
        text = self.text + growing.take(choice.token, is_complete=is_complete)
        return _Hypothesis(growing, text, self.nats + choice.nats, self.handicap + choice.handicap)


class _Choice(NamedTuple):
    """A token with which a hypothesis may continue."""

    row: int
    """The number of the hypothesis in the batch."""
    token: int
    nats: float
    handicap: float


_STUCK = _Choice(row=0, token=STUCK, nats=0.0, handicap=0.0)


def beam_search(
    model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, length: int, width: int
) -> GeneratedText:
    """Find the text that surprises the model least per character, among those that a beam meets (Lowerre 1976).

    The beam keeps `width` texts of equally many tokens. Each step extends all of them by every token and keeps the
    likeliest `width`. A text ends at `length` characters, where the model ends its document, or for another reason in
    `Ending`. The search ends when `width` texts have ended.

    Texts are ranked by the model's own log-probabilities. The options of the configuration restrict how a text may
    continue: ban, match, words, no-copy, top-k, top-p, min-p and typical remove tokens. A bias and the penalties change
    a token's logit; the difference counts in the ranking, because without it they would have no effect. The `nats` of
    the result are the model's own. Temperature and seed mean nothing here, and the text ends with its document whether
    or not `until_end_of_text` is set. A beam of width 1 writes what sampling writes at temperature 0.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import beam_search, fit_prompt
    >>> model = open_model("checkpoints/story")
    >>> prompt = fit_prompt("The cat", model.tokenizer)
    >>> best = beam_search(model, prompt, config=SamplingConfig(match="( [a-z]{3}){4}"), length=30, width=4)
    >>> len(best.text.split())
    4

    Raises:
        ConfigError: the model reads backward; `width` is out of range; a `match` that is not valid, or that no text of
            this length can match.
        CorpusError: `no_copy` or `words` needs the training text, and it is not found.
        RunError: the model has diverged, or the constraints leave not even a first token.
    """
    require_forward(model, "--beam")
    require_room_for_search(model, width)
    config = replace(fit_config(config, model), until_end_of_text=True)
    constraints = ConstraintSet(model, config).after(prompt.ids, length=length)
    growing = GrowingText(prompt.detokenizer.fork(), config, length=length, is_complete=is_complete(constraints))
    if growing.ending:
        return GeneratedText("", growing.ending, 0.0)
    prefilled = prefill(model, prompt.ids, source=prompt.source_ids, hold=config.hold)
    candidates = Candidates(prefilled, config, constraints=[constraints], may_end=model.has_documents)
    with waiting("searching", total=length) as work:
        ended = _search(prefilled, candidates, first=_Hypothesis(growing), width=width, work=work)
    best = min(ended, key=lambda hypothesis: hypothesis.cost_per_character)
    return GeneratedText(best.text, best.growing.ending or "length", best.nats)


def _search(
    prefilled: Prefill, candidates: Candidates, *, first: _Hypothesis, width: int, work: Waiting
) -> list[_Hypothesis]:
    """Extend a text without tokens until `width` texts have ended, or none continues. Returns those that have ended."""
    ended = list[_Hypothesis]()
    with one_thread():
        stepper, logits, live = prefilled.stepper.fork(width), prefilled.logits, [first]
        while choices := _best_choices(live, candidates, logits=logits, width=width):
            candidates.select(choice.row for choice in choices)
            candidates.take(np.array([choice.token for choice in choices]))
            children = [
                live[choice.row].extended(choice, is_complete=candidates.is_complete(number))
                for number, choice in enumerate(choices)
            ]
            ended += [child for child in children if child.growing.ending]
            continuing = [number for number, child in enumerate(children) if not child.growing.ending]
            if len(ended) >= width or not continuing:
                break
            n_before, live = live[0].growing.n_characters, [children[number] for number in continuing]
            work.advance(max(0, live[0].growing.n_characters - n_before))
            candidates.select(continuing)
            logits = _step(stepper, [choices[number] for number in continuing], width=width)
    return ended or [hypothesis.extended(_STUCK) for hypothesis in live]


def _best_choices(live: Sequence[_Hypothesis], candidates: Candidates, *, logits: Logits, width: int) -> list[_Choice]:
    """The best continuations of all hypotheses by one token, at most `width`, the best first.

    After a rejection the token is removed and all are ranked again, so that the next best takes its place.
    """
    filtered = candidates.restrict(logits)  # (B, V)
    before = np.array([[hypothesis.cost] for hypothesis in live])
    nats = surprise_nats(logits)
    while True:
        handicaps = logits - filtered  # infinite for a removed token
        costs = (before + nats + handicaps).ravel()
        order = np.argsort(costs, kind="stable")[:width]
        pairs = [divmod(index, logits.shape[1]) for index in order[np.isfinite(costs[order])].tolist()]
        rejected = [(row, token) for row, token in pairs if candidates.rejects(row, token)]
        if not rejected:
            return [_Choice(row, token, float(nats[row, token]), float(handicaps[row, token])) for row, token in pairs]
        for row, token in rejected:
            filtered[row] = candidates.remove(row, token)


def _step(stepper: Stepper, choices: Sequence[_Choice], *, width: int) -> Logits:
    """Let the streams follow some choices. Returns the logits after them, a row for each."""
    padding = [0] * (width - len(choices))  # the stepper always has `width` streams
    rows = [choice.row for choice in choices] + padding
    stepper.select(np.array(rows))
    return stepper.step(np.array([choice.token for choice in choices] + padding))[: len(choices)]
