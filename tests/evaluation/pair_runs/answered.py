"""The answers of nobody, to measure and to rank."""

from __future__ import annotations

import numpy as np

from seqgen.evaluation.pair_runs.answers import Answers
from seqgen.evaluation.prediction_measures import measure_texts


def answered(text: str, references: list[str], name: str = "run") -> Answers:
    """One answer to one source, which has several right answers."""
    measures = measure_texts([text], [references])
    return Answers(name=name, predictions=[text], is_right=np.array([text in references]), measures=measures)
