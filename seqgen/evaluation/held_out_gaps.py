"""How well two models fill held-out gaps, together and each alone: the right filling among others of the same length.

Only the ranking and the shares of the candidates are measured here, and nothing is drawn, so the figures do not depend
on how fills are searched for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import CorpusPart, reopen_part
from seqgen.errors import ConfigError, CorpusError
from seqgen.sampling.filling import FillModels, GapReader
from seqgen.sampling.filling.fills import HORIZON
from seqgen.shares import NORMAL, Estimate, share
from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.waiting import one_by_one
from seqgen.wording import count_of

N_CANDIDATES = 20
"""Fillings of each gap: the right one, and others."""
_CONTEXT = 256
"""Characters that are known on each side of a gap."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

GapReading = Literal["forward to the gap", "backward to the gap", "forward", "backward", "both"]
"""What scores a filling: a model that reads only to the end of the filling, or on through the known text behind it; or
the geometric mean of the two that read on."""


@dataclass(frozen=True, kw_only=True)
class HeldOutGap:
    """A gap in a text that was not trained on, the right filling first among its candidates.

    >>> HeldOutGap(before="The ", after=" sat.", candidates=("cat", "mat"), begins=False, ends=False).candidates[0]
    'cat'
    """

    before: str
    after: str
    candidates: tuple[str, ...]
    begins: bool
    """Whether a document begins with `before`."""
    ends: bool
    """Whether a document ends with `after`."""


@dataclass(frozen=True, eq=False)
class GapScores:
    """The scores of N gaps.

    >>> import numpy as np
    >>> scores = GapScores({name: np.log([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3]]) for name in get_args(GapReading)})
    >>> scores.accuracy("both").value, round(scores.nats("both"), 3), scores.gain("forward")
    (0.5, 0.949, (0.0, 0.0))
    """

    log_shares: dict[GapReading, NDArray[np.float64]]
    """ln of the share of each candidate among all of its gap, the right one first. (N, C) for each way of reading."""

    @property
    def n_gaps(self) -> int:
        return len(self.log_shares["both"])

    def accuracy(self, reading: GapReading) -> Estimate:
        """The share of gaps whose right filling is the likeliest candidate, with its 95 % interval."""
        logs = self.log_shares[reading]
        return share(int((logs[:, 0] > logs[:, 1:].max(axis=1)).sum()), len(logs))

    def nats(self, reading: GapReading) -> float:
        """-ln of the share of the right filling, as a mean over the gaps."""
        return float(-self.log_shares[reading][:, 0].mean())

    def gain(self, reading: GapReading) -> tuple[float, float]:
        """By how many nats both are better than one way of reading, and half of the 95 % interval, from paired gaps."""
        gains = self.log_shares["both"][:, 0] - self.log_shares[reading][:, 0]
        spread = float(gains.std(ddof=1)) if len(gains) > 1 else math.inf
        return float(gains.mean()), NORMAL * spread / math.sqrt(len(gains))

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen fill --score --json` prints."""
        rows = []
        for reading in get_args(GapReading):
            gain, plus_minus = self.gain(reading)
            accuracy = self.accuracy(reading).to_json("accuracy")
            gains = {"gain_of_both_nats": gain, "gain_plus_minus": plus_minus}
            rows.append({"read": reading, **accuracy, "nats": self.nats(reading), **gains})
        return {"gaps": self.n_gaps, "candidates": self.log_shares["both"].shape[1], "readings": rows}


def score_gaps(
    models: FillModels, n_gaps: int, *, length: int | None = None, seed: int = 0, corpus_paths: Sequence[str] = ()
) -> GapScores:
    """Score gaps of one word each, or of `length` characters, in the validation part of both runs.

    Raises:
        ConfigError: the runs hold out different texts, or none.
        CorpusError: the text is not found, or has too few different words.
    """
    part = _held_out(models, corpus_paths)
    documents, alphabet = "".join(part.chunks()).split(MARK), models.tokenizer.alphabet
    gaps = held_out_gaps(documents, n_gaps, length=length, seed=seed, alphabet=alphabet)
    scored = [_log_shares(models, gap) for gap in one_by_one(gaps, lambda _: "scoring gaps")]
    return GapScores({reading: np.array([logs[reading] for logs in scored]) for reading in get_args(GapReading)})


def _held_out(models: FillModels, corpus_paths: Sequence[str]) -> CorpusPart:
    first, second = (model.record.corpus for model in (models.forward, models.backward))
    if "valid" not in first.parts or "valid" not in second.parts:
        raise ConfigError("a run has no validation part: gaps are scored on text that both runs have not learned from")
    parts = [reopen_part(corpus, "valid", corpus_paths=corpus_paths) for corpus in (first, second)]
    if parts[0].key != parts[1].key:
        raise ConfigError(
            f"{models.forward.name} and {models.backward.name} hold out different texts: train both on the same text, "
            "with the same --documents and --valid-fraction"
        )
    return parts[0]


def held_out_gaps(
    documents: Sequence[str], n_gaps: int, *, length: int | None, seed: int, alphabet: Alphabet | None = None
) -> list[HeldOutGap]:
    """Gaps at random places of some documents. The other candidates are words of these documents as well.

    They have as many characters as the right word, or nearly as many if there are too few such words, and begin with a
    capital letter if it does. With a `length`, they are other passages of so many characters. Nothing that the alphabet
    lacks a character of is left out or a candidate: the models would read it without that character, as too likely.

    Raises:
        CorpusError: there are too few different words.

    >>> text = " ".join(f"{letter}og sat by the {letter}at" for letter in "abcdefghijklmnop")
    >>> gap = held_out_gaps([text], 3, length=None, seed=0)[0]
    >>> len(gap.candidates), len(set(map(len, gap.candidates)))
    (20, 1)
    """
    random = np.random.default_rng(seed)
    places = [
        (number, start, end)
        for number, text in enumerate(documents)
        for start, end in _spans(text, length)
        if alphabet is None or set(text[start:end]).issubset(alphabet.characters)
    ]
    known = sorted({documents[number][start:end] for number, start, end in places})
    if len(known) < N_CANDIDATES:
        raise CorpusError(_too_few(len(known), length))
    chosen = random.choice(len(places), min(n_gaps, len(places)), replace=False)
    return [
        _gap(documents[number], start, end, known=known, random=random) for number, start, end in _at(places, chosen)
    ]


def _too_few(n_known: int, length: int | None) -> str:
    what = "words" if length is None else f"passages of {count_of(length, 'character')}"
    mend = "--length N leaves out N characters instead" if length is None else "give a smaller --length"
    return f"the validation part has {n_known} different {what}: gaps need {N_CANDIDATES} or more; {mend}"


def _at(places: Sequence[tuple[int, int, int]], rows: NDArray[Any]) -> Iterator[tuple[int, int, int]]:
    return (places[row] for row in sorted(rows.tolist()))


def _spans(text: str, length: int | None) -> Iterator[tuple[int, int]]:
    """Where a gap can be: a word, or every so many characters."""
    if length is None:
        yield from (found.span() for found in _WORD.finditer(text))
    else:
        yield from ((start, start + length) for start in range(0, len(text) - length + 1, length))


def _gap(text: str, start: int, end: int, *, known: Sequence[str], random: np.random.Generator) -> HeldOutGap:
    right = text[start:end]
    others = [known[row] for row in random.permutation(len(known)) if known[row] != right]
    others.sort(key=lambda other: (abs(len(other) - len(right)), other[0].isupper() != right[0].isupper()))
    first, last = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    return HeldOutGap(
        before=text[first:start],
        after=text[end:last],
        candidates=(right, *others[: N_CANDIDATES - 1]),
        begins=first == 0,
        ends=last == len(text),
    )


def _log_shares(models: FillModels, gap: HeldOutGap) -> dict[GapReading, NDArray[np.float64]]:
    """The logarithms of the shares of the candidates, for each way of reading.

    The candidates are encoded together with what stands around them, because tokens may reach across the edge of a gap.
    What all of them have in common is known.
    """
    texts = [_encode(f"{gap.before}{filling}{gap.after}", models.tokenizer) for filling in gap.candidates]
    first = _n_common(texts)
    last = min(_n_common([text[::-1] for text in texts]), min(map(len, texts)) - first)
    own = [text[first : len(text) - last] for text in texts]
    left, right = texts[0][:first], texts[0][len(texts[0]) - last :]
    end = (END_OF_TEXT,) if models.has_documents else ()
    beyond = (*right, *(end if gap.ends else ()))[:HORIZON], (*reversed(left), *(end if gap.begins else ()))[:HORIZON]
    to_gap, through = [], []
    for model, known, behind, step in ((models.forward, left, beyond[0], 1), (models.backward, right, beyond[1], -1)):
        logs = GapReader(model, known).log_probabilities([(*text[::step], *behind) for text in own])
        to_gap.append(np.array([row[: len(text)].sum() for row, text in zip(logs, own, strict=True)]))
        through.append(np.array([row.sum() for row in logs]))
    readings = (*to_gap, *through, (through[0] + through[1]) / 2)
    return {name: _normalised(logs) for name, logs in zip(get_args(GapReading), readings, strict=True)}


def _encode(text: str, tokenizer: Tokenizer) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text).ids.tolist())


def _n_common(texts: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all texts begin with."""
    columns = enumerate(zip(*texts, strict=False))
    return next((number for number, tokens in columns if len(set(tokens)) > 1), min(map(len, texts)))


def _normalised(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = logs - logs.max()
    normalised: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return normalised
