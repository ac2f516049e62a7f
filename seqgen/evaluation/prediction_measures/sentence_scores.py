"""chrF and BLEU of sentences, by sacrebleu: figures that can be put beside published ones.

sacrebleu is an extra. Without it there are no such scores, and `sentence_scores_note` says how to get them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SentenceScore:
    """A score from 0 to 100, and the signature that says how exactly it was computed. `str()` of it has both.

    >>> print(SentenceScore("BLEU", 32.04, "nrefs:1|case:lc"))
    BLEU 32.0 (nrefs:1|case:lc)
    """

    name: str
    value: float
    signature: str

    def __str__(self) -> str:
        return f"{self.name} {self.value:.1f} ({self.signature})"


def sentence_scores_note() -> str | None:
    """What to do for chrF and BLEU; None if they can be computed.

    >>> sentence_scores_note() in (None, "chrF and BLEU need another package: pip install sacrebleu")
    True
    """
    if importlib.util.find_spec("sacrebleu") is None:
        return "chrF and BLEU need another package: pip install sacrebleu"
    return None


def are_sentences(references: Sequence[Sequence[str]]) -> bool:
    """Whether most right answers have several words. The scores of sentences mean nothing for single words.

    >>> are_sentences([["a cat", "cat"], ["two cats"]]), are_sentences([["wugs"], ["a cat"]])
    (True, False)
    """
    n_sentences = sum(len(found[0].split()) > 1 for found in references)
    return 2 * n_sentences > len(references)


def score_sentences(
    answers: Sequence[str], references: Sequence[Sequence[str]], *, lowercase: bool = False
) -> tuple[SentenceScore, ...]:
    """chrF (Popović 2015) and BLEU (Papineni et al. 2002) of all answers together; nothing without sacrebleu.

    With `lowercase`, upper and lower case count as the same. Each answer has one reference or more.

    >>> [round(score.value) for score in score_sentences(["a small cat sat"], [["a small cat sat", "a cat"]])]
    [100, 100]
    """
    assert len(answers) == len(references) > 0
    if sentence_scores_note() is not None:
        return ()
    from sacrebleu.metrics import BLEU, CHRF

    streams = _streams(references)
    metrics: dict[str, Any] = {"chrF": CHRF(lowercase=lowercase), "BLEU": BLEU(lowercase=lowercase)}
    scores = []
    for name, metric in metrics.items():
        value = float(metric.corpus_score(list(answers), streams).score)
        scores.append(SentenceScore(name, value, str(metric.get_signature())))
    return tuple(scores)


def _streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """The first references of all answers, then the second ones, and so on; None where there is no other."""
    n_streams = max(map(len, references))
    return [[found[number] if number < len(found) else None for found in references] for number in range(n_streams)]
