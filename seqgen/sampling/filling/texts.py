"""A text whose gaps are filled: one gap at once, several one after the other, and then each again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqgen.config import DEFAULT_GAP, FillConfig
from seqgen.errors import ConfigError
from seqgen.sampling.filling.fills import Fill, Surroundings, find_fills
from seqgen.sampling.filling.models import FillModels
from seqgen.sampling.prompt import fit_prompt
from seqgen.waiting import one_by_one, waiting
from seqgen.wording import quoted

_N_SWEEPS = 2
"""How often each of several gaps is filled: first with what is known by then, then with all others filled."""


@dataclass(frozen=True)
class GappedText:
    """A text in which something is missing.

    >>> GappedText.parse("The __ sat on the __.").parts
    ('The ', ' sat on the ', '.')
    """

    parts: tuple[str, ...]
    """What is known, in order: before the first gap, between two gaps, after the last. Two or more."""
    notes: tuple[str, ...] = ()
    """What had to be changed so that the models can read it, in words."""

    @classmethod
    def parse(cls, text: str, gap: str = DEFAULT_GAP) -> GappedText:
        """Find the gaps of a text.

        Raises:
            ConfigError: it has none, or the mark of a gap is empty.
        """
        if not gap:
            raise ConfigError("is empty: it must be the text that marks a gap", field="gap")
        parts = tuple(text.split(gap))
        if len(parts) < 2:
            raise ConfigError(
                f"there is no gap in {quoted(text)}: mark each with {gap}, or set another mark with --gap"
            )
        return cls(parts)

    def fitted(self, models: FillModels) -> GappedText:
        """The same in characters that the models know.

        Raises:
            TokenizerError: no character of a part is known, or a word is outside a closed vocabulary.
        """
        prompts = [fit_prompt(models.forward.read(part), models.tokenizer) for part in self.parts]
        notes = dict.fromkeys(note for prompt in prompts for note in prompt.notes)
        return GappedText(tuple(prompt.text for prompt in prompts), tuple(notes))

    def around(self, gap: int, fills: Sequence[str]) -> Surroundings:
        """What is known around a gap if the first gaps have these fills, and nothing is known of the others."""
        before = GappedText(self.parts[: gap + 1]).join(fills[:gap])
        n_known = max(gap + 1, len(fills))
        after = GappedText(self.parts[gap + 1 : n_known + 1]).join(fills[gap + 1 :])
        return Surroundings(before=before, after=after, is_whole=n_known == len(self.parts) - 1)

    def join(self, fills: Sequence[str]) -> str:
        """The text with a fill in each gap.

        >>> GappedText.parse("The __ sat.").join(["cat"])
        'The cat sat.'
        """
        return self.parts[0] + "".join(fill + part for fill, part in zip(fills, self.parts[1:], strict=True))


@dataclass(frozen=True)
class FilledText:
    """A text without gaps, and what each of them was filled with.

    >>> fill = Fill(text="cat", forward_nats=9.0, backward_nats=8.0, log_weight=-1.0)
    >>> FilledText("The cat sat.", (fill,)).fills[0].text
    'cat'
    """

    text: str
    fills: tuple[Fill, ...]


def fill_text(models: FillModels, gapped: GappedText, config: FillConfig) -> list[FilledText]:
    """Fill the gaps of a text, `config.count` times. `gapped` has to be `fitted` to the models.

    One gap is never filled twice with the same, so there may be fewer texts. Several gaps are filled in their order,
    and then each again, given the fills of all others (Gibbs sampling; Geman & Geman 1984).

    >>> from dataclasses import replace
    >>> from seqgen.run import open_model
    >>> forward = open_model("checkpoints/story")
    >>> corpus = replace(forward.record.corpus, config=replace(forward.record.corpus.config, backward=True))
    >>> models = FillModels(forward, replace(forward, record=replace(forward.record, corpus=corpus)))
    >>> gapped, config = GappedText.parse("The __ sat.").fitted(models), FillConfig(length=3, draws=8, count=2)
    >>> [len(filled.text) for filled in fill_text(models, gapped, config)]
    [12, 12]

    Raises:
        RunError: no fill of the wanted length was drawn.
    """
    if len(gapped.parts) == 2:
        with waiting("filling the gap"):
            found = find_fills(models, gapped.around(0, []), config, seed=config.seed)
        chosen = choose_fills(found, config.count, config=config, seed=config.seed)
        return [FilledText(gapped.join([fill.text]), (fill,)) for fill in chosen]
    numbers = one_by_one(range(config.count), lambda number: f"filling text {number + 1}")
    return [_fill_one_after_the_other(models, gapped, config, number=number) for number in numbers]


def _fill_one_after_the_other(models: FillModels, gapped: GappedText, config: FillConfig, *, number: int) -> FilledText:
    fills: list[Fill] = []
    for sweep in range(_N_SWEEPS):
        for gap in range(len(gapped.parts) - 1):
            seed = int(np.random.SeedSequence([config.seed, number, sweep, gap]).generate_state(1)[0])
            around = gapped.around(gap, [fill.text for fill in fills])
            found = find_fills(models, around, config, seed=seed)
            fills[gap : gap + 1] = choose_fills(found, 1, config=config, seed=seed)
    return FilledText(gapped.join([fill.text for fill in fills]), tuple(fills))


def choose_fills(fills: Sequence[Fill], n: int, *, config: FillConfig, seed: int) -> list[Fill]:
    """Choose n different fills, each with a probability in proportion to its weight among those that are left.

    At temperature 0, the likeliest are taken. Gumbel noise makes the choice (Kool, van Hoof & Welling 2019).

    >>> some = [Fill(text=text, forward_nats=1, backward_nats=1, log_weight=-9 * len(text)) for text in ("a", "cab")]
    >>> [fill.text for fill in choose_fills(some, 2, config=FillConfig(), seed=0)]
    ['a', 'cab']
    """
    noise = np.random.default_rng([seed, len(fills)]).gumbel(size=len(fills))
    keys = np.array([fill.log_weight for fill in fills]) + (noise if config.temperature else 0.0)
    different: dict[str, Fill] = {}
    for row in np.argsort(-keys, kind="stable").tolist():
        different.setdefault(fills[row].text, fills[row])
    return list(different.values())[:n]
