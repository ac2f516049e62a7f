"""What an ended run gets beside its weights, and what is said about it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import note
from seqgen.errors import RunError

if TYPE_CHECKING:
    from seqgen.evaluation import Closing, ExpertGain, LabelGain
    from seqgen.run import History
    from seqgen.training import Session, Verdict


def close(session: Session, *, corpus_paths: Sequence[str] = ()) -> list[str]:
    """Store an n-gram expert and the best temperature in the run. Returns the sentences about them.

    A run of labels gets a label expert instead, and a run of other pairs nothing. If they cannot be stored, a note says
    so.
    """
    from seqgen.evaluation import close_run

    try:
        return list(_sentences(session, close_run(session.folder, corpus_paths=corpus_paths)))
    except RunError as error:
        what = "no label expert" if session.tokenizer.is_of_labels else "neither an n-gram expert nor a temperature"
        note(f"{what} is stored: {error}")
        return []


def judge_session(session: Session, history: History) -> Verdict:
    """What the reports of a session say about its training."""
    from seqgen.training import judge

    if session.source_tokenizer is None:
        return judge(history)
    return judge(history, learns_from="labels" if session.tokenizer.is_of_labels else "pairs")


def next_command(session: Session, which: str) -> str:
    """The command that uses a trained model; `which` stands for the model in the sentence."""
    folder = shlex.quote(str(session.folder))
    if session.record.corpus.backward:
        return f"write what stands before a text with {which}: seqgen sample {folder} --prompt TEXT"
    if session.source_tokenizer is None:
        return f"write with {which}: seqgen sample {folder}"
    return f"predict with {which}: seqgen predict SOURCE --run {folder}"


def _sentences(session: Session, closing: Closing) -> Iterator[str]:
    if closing.gain is not None:
        yield _describe_gain(session, closing.gain)
    if closing.label_gain is not None:
        yield _describe_label_gain(closing.label_gain)
    if closing.temperature is not None:
        yield f"writes best at temperature {closing.temperature:g}; seqgen sample uses it"


def _describe_label_gain(gain: LabelGain) -> str:
    (right_before, right), (before, after) = gain.accuracy, (nats / math.log(2) for nats in gain.nats)
    return (
        "mixed with logistic regression over words and short runs of characters, the model predicts "
        f"{right:.1%} of the validation labels rightly instead of {right_before:.1%}, "
        f"and reaches {after:.4f} bits/label instead of {before:.4f}"
    )


def _describe_gain(session: Session, gain: ExpertGain) -> str:
    bits, nats = session.best_bits, session.best_nats
    per_token, unit = (1.0, "nats per token") if bits is None else (bits / nats, "bits per character")
    return (
        f"mixed with counts of up to {gain.order} tokens (weight {gain.weight:.2g}), the model reaches "
        f"{gain.nats_after * per_token:.4f} {unit} on validation instead of {gain.nats_before * per_token:.4f}"
    )
