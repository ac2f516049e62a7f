"""Whole tunes from a model, and those that it learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.corpus import reopen_part
from seqgen.errors import ConfigError
from seqgen.music.adding_up import check_bars
from seqgen.music.bars import Tune
from seqgen.music.reading import read_tunes
from seqgen.run import SavedModel
from seqgen.sampling import Ending, after_source, fit_prompt, require_forward, write_texts
from seqgen.shares import Estimate, share
from seqgen.tokenizers import MARK
from seqgen.waiting import waiting

MOST_TUNE_CHARACTERS = 2000
"""A text that has not ended by then is no whole tune."""
MOST_TRIES = 32
"""After so many texts in a row without a whole tune, the search for more ends."""
_MOST_TRAINING_CHARACTERS = 4_000_000
"""As much of a training text is read, so that a long text takes seconds and not minutes."""
_OWN_ENDINGS: tuple[Ending, ...] = ("stop", "end-of-text")
"""How a text ends if the model ends it."""
_BLANK_LINES = ("\n\n", "\r\n\r\n")
"""End a tune in ABC, for a model that does not know documents. The second is for a run that kept its line ends."""


@dataclass(frozen=True)
class WrittenTunes:
    """The tunes that a model wrote, and what else it wrote on the way.

    >>> WrittenTunes((), n_texts=32, n_unended=30, n_other=2).n_texts
    32
    """

    tunes: tuple[Tune, ...]
    n_texts: int
    """All texts that were written."""
    n_unended: int
    """Texts that the model had not ended when they reached their limit, or when it could write no further."""
    n_other: int
    """Texts that ended, but are no tune."""


@dataclass(frozen=True)
class AddingUp:
    """How many of some tunes add up, and how many of their bars.

    >>> from seqgen.music import AddingUp, read_tune
    >>> tune = read_tune("X:1\\nM:2/4\\nL:1/4\\nK:C\\nc d|e2|f|]")
    >>> AddingUp.of([tune]).n_right, AddingUp.of([tune]).n_bars_right
    (0, 2)
    """

    n_tunes: int
    n_right: int
    """Tunes in which every bar adds up."""
    n_bars: int
    n_bars_right: int
    n_free: int
    """Tunes with bars that have no metre. They count in none of the other numbers."""

    @classmethod
    def of(cls, tunes: Sequence[Tune]) -> AddingUp:
        """Count."""
        checks = [check_bars(tune) for tune in tunes]
        measured = [check for check in checks if check.has_metre]
        return cls(
            n_tunes=len(measured),
            n_right=sum(check.adds_up for check in measured),
            n_bars=sum(check.n_bars for check in measured),
            n_bars_right=sum(check.n_right for check in measured),
            n_free=len(checks) - len(measured),
        )

    @property
    def share(self) -> Estimate | None:
        """The share of tunes that add up; None if there are none to count."""
        return share(self.n_right, self.n_tunes) if self.n_tunes else None


def write_tunes(
    model: SavedModel, *, config: SamplingConfig, count: int, length: int = MOST_TUNE_CHARACTERS, prompt: str = ""
) -> WrittenTunes:
    """Write whole tunes, each with the prompt as its beginning. A text is whole if the model itself ends it.

    A model of documents ends one. Any other model ends a tune with a blank line, as ABC does. Texts that are no whole
    tune are written again, with the next numbers, until there are enough tunes, or until `MOST_TRIES` in a row were
    none. There may then be fewer than `count`.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.music import write_tunes
    >>> from seqgen.run import open_model
    >>> write_tunes(open_model("checkpoints/story"), config=SamplingConfig(), count=1, length=50)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: story writes no tunes: none of 32 texts is a whole tune in ABC, ...

    Raises:
        ConfigError: no text is a whole tune; the model learned from pairs, or reads backward.
        SeqgenError: as `TextStream`.
    """
    require_forward(model, "seqgen music")
    start = after_source(fit_prompt(model.read(prompt), model.tokenizer), model, None)
    stop = () if model.has_documents else _BLANK_LINES
    config = replace(config, until_end_of_text=model.has_documents, stop=stop)
    tunes: list[Tune] = []
    n_texts = n_unended = n_other = n_failed = 0
    while len(tunes) < count and n_failed < MOST_TRIES:
        n_next = min(max(count - len(tunes), 2 * n_failed), MOST_TRIES - n_failed)
        request = SamplingRequest(count=n_next, length=length, first=n_texts)
        for text in write_texts(model, start, config=config, request=request):
            is_whole = text.ending in _OWN_ENDINGS
            found = list(read_tunes(start.text + text.text)) if is_whole else []
            n_unended += not is_whole
            n_other += is_whole and not found
            n_failed = 0 if found else n_failed + 1
            tunes += found
        n_texts += n_next
    if not tunes:
        raise ConfigError(_no_tunes(model, n_texts, n_unended))
    return WrittenTunes(tuple(tunes[:count]), n_texts, n_unended, n_other)


def _no_tunes(model: SavedModel, n_texts: int, n_unended: int) -> str:
    unended = f", and {n_unended} had not ended" if n_unended else ""
    return (
        f"{model.name} writes no tunes: none of {n_texts} texts is a whole tune in ABC{unended}; name a run that "
        "learned from ABC notation, such as corpora/tunes.abc, or train this one for longer"
    )


def training_tunes(model: SavedModel, *, corpus_paths: Sequence[str] = ()) -> list[Tune]:
    """The tunes of the training part of the text that a model learned from; of a long text, its first ones.

    >>> from seqgen.run import open_model
    >>> training_tunes(open_model("checkpoints/story"))
    []

    Raises:
        CorpusError: the text is not found.
    """
    part = reopen_part(model.record.corpus, "train", corpus_paths=corpus_paths)
    chunks: list[str] = []
    with waiting("reading the training text"):
        for chunk in part.chunks():
            chunks.append(chunk)
            if sum(map(len, chunks)) >= _MOST_TRAINING_CHARACTERS:
                break
        return list(read_tunes("".join(chunks).replace(MARK, _BLANK_LINES[0])))
