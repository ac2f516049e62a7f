"""A corpus: a text with its training, validation and test part, opened from files or from what a run recorded of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seqgen.config import REGEX_PREFIX, START_PREFIX, CorpusConfig, Part, ReadingConfig
from seqgen.corpus.cache import ENVIRONMENT_VARIABLE
from seqgen.corpus.documents import SEPARATORS, Division, find_separator, median_length
from seqgen.corpus.folders import STANDARD_INPUT
from seqgen.corpus.pair_facts import describe_pairs
from seqgen.corpus.parts import CorpusPart
from seqgen.corpus.record import CorpusRecord, PartRecord
from seqgen.corpus.recorded_paths import hash_recorded
from seqgen.corpus.split import split_text, whole_text
from seqgen.corpus.stored_text import StoredText, find_text, store_text
from seqgen.corpus.table_hints import describe_columns
from seqgen.errors import CorpusError
from seqgen.wording import count_of


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A text that a model is trained on: how it was read, and those of its parts that are not empty.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> corpus = open_corpus(CorpusConfig(paths=("story.txt",), documents="line"))
    >>> corpus.separator, sorted(corpus.parts)
    ('\\n', ['train', 'valid'])
    """

    config: CorpusConfig
    separator: str
    parts: Mapping[Part, CorpusPart]
    n_repeated: int = 0
    """Documents that are equal to another one before them, and were kept in one part with it."""
    notes: tuple[str, ...] = ()
    """What was left out or changed when the text was read, and how many documents it has."""

    def record(self) -> CorpusRecord:
        """What a run keeps of its corpus, to find it again."""
        config = replace(
            self.config,
            paths=_absolute(self.config.paths),
            valid_paths=_absolute(self.config.valid_paths),
            test_paths=_absolute(self.config.test_paths),
        )
        parts = {
            name: PartRecord(sha256=part.text.sha256, start=part.start, end=part.end)
            for name, part in self.parts.items()
        }
        return CorpusRecord(config=config, separator=self.separator, parts=parts, n_repeated=self.n_repeated)


def _absolute(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(path if path == STANDARD_INPUT else str(Path(path).absolute()) for path in paths)


def open_corpus(config: CorpusConfig) -> Corpus:
    """Read a corpus and cut it into parts.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> corpus = open_corpus(CorpusConfig(paths=("story.txt",), test_fraction=0.1))
    >>> {name: part.n_bytes for name, part in corpus.parts.items()}
    {'train': 4800, 'valid': 600, 'test': 600}

    Raises:
        CorpusError: a path cannot be read as text or as pairs, it is empty, or no line of a text ends a document.
    """
    text = store_text(config.paths, config.reading)
    separator = find_separator(text, config.documents, line_ends=config.line_ends)
    plain = Division(documents=config.documents, separator=separator, seed=config.split_seed, rules=config.rules)
    _require_boundaries(text, plain)
    division = plain if config.documents is None else replace(plain, unites_duplicates=config.unite_duplicates)
    n_repeated = division.groups(text).n_repeated if division.unites_duplicates else 0
    # Without equal documents both orders are the same, and a part has the same key as in a run that splits otherwise.
    parts = dict(split_text(text, config, division=division if n_repeated else plain))
    notes = [*text.notes, *_document_notes(text, plain)]
    separate_paths: dict[Part, tuple[str, ...]] = {"valid": config.valid_paths, "test": config.test_paths}
    for name, paths in separate_paths.items():
        if paths:
            separate = store_text(paths, config.reading)
            parts[name] = whole_text(separate, plain)
            notes += [f"{name}: {line}" for line in (*separate.notes, *_document_notes(separate, plain))]
    parts = {name: part for name, part in parts.items() if part.end > part.start}
    if config.pairs:
        shares: dict[Part, float] = {"valid": config.valid_fraction, "test": config.test_fraction}
        is_divided = any(share and not separate_paths[name] for name, share in shares.items())
        separate_parts = [name for name, paths in separate_paths.items() if paths]
        notes += describe_pairs(parts, separate=separate_parts, is_divided=is_divided)
    elif config.field is None:
        notes += describe_columns(text, config.paths)
    return Corpus(config=config, separator=separator, parts=parts, n_repeated=n_repeated, notes=tuple(notes))


def _require_boundaries(text: StoredText, division: Division) -> None:
    """Refuse a text in which no line separates documents, though one was described."""
    documents = division.documents
    if documents is None or documents in SEPARATORS or len(division.boundaries(text)[1]):
        return
    names = ", ".join(name for name in SEPARATORS if name not in ("record", "pair"))
    raise CorpusError(
        f"no line of the text ends a document by --documents {documents!r}: "
        f"give {names}, a text that fills a line, {REGEX_PREFIX}REGEX or {START_PREFIX}REGEX"
    )


def _document_notes(text: StoredText, division: Division) -> Iterator[str]:
    """How many documents a text has, and how long they are. Pairs are described apart."""
    if division.documents not in (None, "pair"):
        spans = division.ordered_spans(text)
        if len(spans) == 1:
            yield f"the text is 1 document: nothing in it separates documents by --documents {division.documents}"
        elif len(spans):
            length = count_of(median_length(text, spans), "character")
            yield f"{len(spans):,} documents, median length {length}"


def reopen_part(record: CorpusRecord, name: Part, *, corpus_paths: Sequence[str] = ()) -> CorpusPart:
    """A part of a corpus that a run recorded: from the cache, or from its path, or from `corpus_paths`.

    >>> from seqgen.corpus import reopen_part
    >>> from seqgen.run import open_model
    >>> reopen_part(open_model("checkpoints/story").record.corpus, "train").n_bytes
    5400

    Raises:
        CorpusError: the run has no such part, or its text is nowhere to be found unchanged.
    """
    if name not in record.parts:
        raise CorpusError(f"the run has no {name} part: give a text with --on FILE")
    part = record.parts[name]
    text = find_text(part.sha256) or _read_again(record, name, corpus_paths=corpus_paths)
    unites_duplicates = record.n_repeated > 0 and not record.is_separate(name)
    division = replace(record.division, unites_duplicates=unites_duplicates)
    reopened = CorpusPart(text=text, start=part.start, end=part.end, division=division)
    if not reopened.lies_between_characters:
        raise CorpusError(f"the record of the run is wrong: its {name} part begins or ends within a character")
    return reopened


def describe_changes(record: CorpusRecord) -> Iterator[str]:
    """Which texts of a run have changed in their files since, though the cache has them as they were.

    >>> from seqgen.corpus import describe_changes
    >>> from seqgen.run import open_model
    >>> list(describe_changes(open_model("checkpoints/story").record.corpus))
    []
    """
    texts = {record.paths_of(name): part.sha256 for name, part in record.parts.items()}
    for paths, sha256 in texts.items():
        if STANDARD_INPUT in paths:
            continue
        try:
            now = hash_recorded(paths, record.config.reading)
        except CorpusError:
            continue
        if now != sha256:
            yield (
                f"{', '.join(paths)} has changed since this run began: the run continues with the original "
                "text, from the cache; --from RUN trains on the new one"
            )


def _read_again(record: CorpusRecord, name: Part, *, corpus_paths: Sequence[str]) -> StoredText:
    """The text of a part, read from wherever it may be."""
    sha256, recorded_paths = record.parts[name].sha256, record.paths_of(name)
    if not recorded_paths and not corpus_paths:
        raise CorpusError("the model came without its text: give a text with --on FILE, or its own with --corpus PATH")
    reason = "the text came from standard input"
    for paths in _candidates(recorded_paths, corpus_paths):
        try:
            return _text_at(paths, record.config.reading, sha256=sha256, is_recorded=paths is recorded_paths)
        except CorpusError as error:
            reason = str(error).partition(": give ")[0]
    has_remedy = ENVIRONMENT_VARIABLE in reason  # the cache takes nothing, wherever the text is
    remedy = "" if has_remedy else ": give the original text with --corpus PATH"
    raise CorpusError(f"the run's text is no longer in the cache, and {reason}{remedy}")


def _text_at(paths: Sequence[str], reading: ReadingConfig, *, sha256: str, is_recorded: bool) -> StoredText:
    """The text of some paths, which must have this digest. Recorded paths are not kept in the cache before it fits."""
    if is_recorded:
        _require_same(paths, hash_recorded(paths, reading), sha256)
    text = store_text(paths, reading)
    _require_same(paths, text.sha256, sha256)
    return text


def _require_same(paths: Sequence[str], found: str, recorded: str) -> None:
    if found != recorded:
        raise CorpusError(
            f"{', '.join(paths)} is not what it was trained on (SHA-256 {found[:12]}, recorded {recorded[:12]})"
        )


def _candidates(recorded_paths: Sequence[str], corpus_paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Groups of paths, each of which may be the text: the recorded paths, then those given, together and one by one."""
    if recorded_paths and STANDARD_INPUT not in recorded_paths:
        yield recorded_paths
    if corpus_paths:
        yield corpus_paths
        yield from ([path] for path in corpus_paths)
