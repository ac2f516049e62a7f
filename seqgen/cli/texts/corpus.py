"""`seqgen corpus`: what a text is made of, and public texts to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.cli.shared.render import count, note, print_facts, print_json, print_prose, size
from seqgen.cli.texts.options import FetchOptions, StatsOptions
from seqgen.config import CorpusConfig
from seqgen.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from seqgen.corpus.summary import TextSummary

_SCRIPTS_SHOWN = 5


def stats(options: StatsOptions) -> None:
    """Count characters, bytes, lines, scripts and documents. Also says what a person would mend in the text."""
    from seqgen.corpus.summary import summarise_text

    documents = options.documents if options.field is None else "record"
    config = CorpusConfig(
        paths=options.paths,
        encoding=options.encoding,
        documents=documents,
        field=options.field,
        include=options.include,
        exclude=options.exclude,
    )
    summary = summarise_text(config)
    for line in summary.notes:
        note(line)
    if options.as_json:
        print_json(summary.to_json())
        return
    _print_summary(", ".join(options.paths), summary)


def _print_summary(name: str, summary: TextSummary) -> None:
    measured = summary.statistics
    scripts = list(measured.scripts.items())
    shown = ", ".join(f"{script} {share:.1%}" for script, share in scripts[:_SCRIPTS_SHOWN])
    more = f" and {len(scripts) - _SCRIPTS_SHOWN} more" if len(scripts) > _SCRIPTS_SHOWN else ""
    facts = [
        ("characters", count(measured.n_characters)),
        ("bytes", count(measured.n_bytes)),
        ("distinct characters", count(measured.n_distinct)),
        ("lines", count(measured.n_lines)),
        ("scripts", shown + more or "no letters"),
        ("unigram entropy", f"{measured.entropy_bits:.3f} bits per character"),
    ]
    if summary.documents is not None:
        counted = summary.documents
        facts.append(("documents", f"{count(counted.n)}, median length {count(counted.median_length)} characters"))
    print_facts(name, facts)
    for sentence in summary.sentences():
        print_prose(f"  to mend: {sentence}")


def list_texts() -> None:
    """List the public texts that can be fetched."""
    from seqgen.corpus.catalog import CATALOG

    for entry in CATALOG.values():
        here = ", fetched" if entry.is_fetched else ""
        print_facts(
            f"{entry.name} ({size(entry.n_bytes)}{here})",
            [("what", entry.about), ("terms", entry.terms), ("from", entry.origin)],
        )


def fetch(options: FetchOptions) -> None:
    """Fetch a public text, verify it, and print its path."""
    from tqdm import tqdm

    from seqgen.corpus.catalog import CATALOG
    from seqgen.corpus.catalog import fetch as fetch_entry

    name = options.name
    entry = CATALOG.get(name)
    if entry is None:
        raise ConfigError(
            f"no corpus is called {name!r}: choose one of {', '.join(CATALOG)}{did_you_mean(name, CATALOG)}"
        )
    if entry.is_fetched:
        note(f"{name} has been fetched before")
    else:
        with tqdm(total=entry.n_bytes, unit="B", unit_scale=True, desc=name, leave=False, disable=None) as bar:
            for n_received in fetch_entry(entry):
                bar.update(n_received - bar.n)
    print(entry.path)
