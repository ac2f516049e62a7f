"""What `seqgen train` says of a new run before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqgen.cli.shared.render import count
from seqgen.config import DEFAULT_MINUTES
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.corpus import PartRecord
    from seqgen.training import Session


def beginning(session: Session, *, has_budget: bool) -> Iterator[str]:
    """What a new run begins with, in sentences."""
    record = session.record
    yield _describe_parts(session)
    if not has_budget:
        yield f"no budget given: training for {DEFAULT_MINUTES:g} minutes (--minutes, --steps or --epochs set it)"
    if record.begun_from is not None:
        yield f"begun from {record.begun_from}"
    yield from record.notes
    if record.corpus.backward:
        yield "reading backward: each document from its end, so the model predicts what stands before"
    yield (
        f"{_describe_model(session)} with {count(session.n_parameters)} parameters on {session.device}, in "
        f"{session.folder}"
    )


def _describe_model(session: Session) -> str:
    """Cell and shape, and what reads the sources of pairs."""
    model, encoder = session.record.model, session.record.encoder
    direction = "backward " if session.record.corpus.backward else ""
    shape = f"{direction}{model.cell} {model.n_layer}x{model.d_model}"
    if encoder is not None:
        return f"{shape} behind a {encoder.describe()},"
    return shape if session.source_tokenizer is None else f"{shape}, which reads the sources too,"


def _describe_parts(session: Session) -> str:
    """What is trained and validated on, and how many tokens the vocabularies have."""
    record, parts, took_s = session.record, session.record.corpus.parts, f"{session.corpus.took_s:.1f} s"
    if session.source_tokenizer is not None:
        pairs = {name: count_of(part.end - part.start, "pair") for name, part in parts.items()}
        vocabularies = f"{count(session.source_tokenizer.vocab_size)} and {count(session.tokenizer.vocab_size)}"
        return (
            f"training on {pairs['train']} ({count_of(parts['train'].n_tokens or 0, 'token')} of targets, vocabulary "
            f"sizes {vocabularies}), validating on {pairs.get('valid', 'nothing')}; read in {took_s}"
        )
    sizes = {name: part.n_characters for name, part in parts.items() if part.n_characters is not None}
    amounts = {name: count_of(n, "character") for name, n in sizes.items()}
    if record.corpus.documents is not None:
        amounts = {name: f"{text} in {_n_documents(parts[name])}" for name, text in amounts.items()}
    valid = amounts.get("valid", "nothing")
    return (
        f"training on {amounts['train']} ({count_of(parts['train'].n_tokens or 0, 'token')}, "
        f"vocabulary size {count(session.tokenizer.vocab_size)}), validating on {valid}; "
        f"read in {took_s}"
    )


def _n_documents(part: PartRecord) -> str:
    return count_of(part.end - part.start, "document")
