"""Models and the texts that they are asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.render import note
from seqgen.config import Part

if TYPE_CHECKING:
    from seqgen.corpus import CorpusPart, EncodedText, WholeText
    from seqgen.corpus.texts import StoredText
    from seqgen.evaluation import Rule
    from seqgen.models import Decoder
    from seqgen.run import SavedModel


_MOST_NAMED = 3  # of the characters that a vocabulary lacks


@dataclass(frozen=True)
class Asked:
    """What the command line says of texts: files, or a part of each run's own corpus."""

    on: Sequence[str] = ()
    encoding: str = "utf-8"
    part: Part = "valid"
    corpus: Sequence[str] = ()
    """Where the runs' corpora are, if they have moved."""


@dataclass(frozen=True)
class Pair:
    """One text and one model that reads it by a rule."""

    saved: SavedModel
    decoder: Decoder
    name: str
    """Of the text: its paths."""
    part: Part | None
    source: CorpusPart | WholeText
    encoded: EncodedText
    rule: Rule

    @property
    def run_name(self) -> str:
        """That of the folder, or of the file; with the rule where it is not a context, which all share."""
        from seqgen.evaluation import Context

        name = self.saved.name
        return name if isinstance(self.rule, Context) else f"{name}, {self.rule}"

    @property
    def text_name(self) -> str:
        """The last part of every path, and which part of the corpus."""
        names = ", ".join(Path(name).name or name for name in self.name.split(", "))
        return names + (f" ({self.part})" if self.part else "")

    @property
    def text_key(self) -> str:
        """The same for the same text."""
        return self.source.key if self.part else self.source.text.sha256

    @property
    def unseen(self) -> str:
        """How many characters the vocabulary lacks, and which of them are the most frequent."""
        counts = list(self.encoded.unseen.items())
        named = [f"{character!r} {_times(count)}" for character, count in counts[:_MOST_NAMED]]
        others = [f"{len(counts) - _MOST_NAMED:,} others"] if len(counts) > _MOST_NAMED else []
        return f"{self.encoded.n_unseen:,} characters that the vocabulary lacks ({', '.join([*named, *others])})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def pair_up(models: Sequence[SavedModel], asked: Asked, rule: Rule, *, dynamic: bool = False) -> Iterator[Pair]:
    """Every text under every model by the rule, and once more by dynamic evaluation if that is wanted."""
    from seqgen.corpus import encode_part, reopen_part
    from seqgen.corpus.texts import store_text
    from seqgen.evaluation import Dynamic, restore_decoder

    texts = [(name, store_text([name], asked.encoding)) for name in asked.on]
    for saved in models:
        note(f"model: {saved.path}")
        decoder = restore_decoder(saved)
        rules: list[Rule] = [rule]
        if dynamic:
            note("each text is read once more, learning from it: that takes some ten times as long")
            train = reopen_part(saved.record.corpus, "train", corpus_paths=asked.corpus)
            rules.append(Dynamic(encode_part(train, saved.tokenizer).ids))
        for name, own_part, source in _sources(saved, texts, asked):
            encoded = encode_part(source, saved.tokenizer)
            yield from (Pair(saved, decoder, name, own_part, source, encoded, own_rule) for own_rule in rules)


def _sources(
    saved: SavedModel, texts: list[tuple[str, StoredText]], asked: Asked
) -> Iterator[tuple[str, Part | None, CorpusPart | WholeText]]:
    """Name, part and text of all that is to be scored under one model."""
    from seqgen.corpus import WholeText, reopen_part

    record = saved.record.corpus
    for name, text in texts:
        yield name, None, WholeText(text, record.documents, saved.tokenizer.separator)
    if not texts:
        yield (
            ", ".join(record.paths_of(asked.part)),
            asked.part,
            reopen_part(record, asked.part, corpus_paths=asked.corpus),
        )
