"""`seqgen corpus`: what a text is made of, and public texts to fetch."""

from __future__ import annotations

from seqgen.cli.shared.render import count, note, print_facts, print_json, print_table, size
from seqgen.cli.texts.options import FetchOptions, StatsOptions
from seqgen.errors import ConfigError, CorpusError, did_you_mean

_SCRIPTS_SHOWN = 5


def stats(options: StatsOptions) -> None:
    """Count characters, bytes, lines and scripts. Also measures the entropy of single characters."""
    import itertools
    from dataclasses import asdict

    from seqgen.corpus.folders import list_files
    from seqgen.corpus.sources import read_text
    from seqgen.corpus.statistics import measure_text

    chunks = itertools.chain.from_iterable(
        read_text(file, options.encoding) for file in list_files(options.paths).files
    )
    measured = measure_text(chunks)
    if not measured.n_characters:
        raise CorpusError(f"{', '.join(options.paths)} is empty: there is nothing to measure")
    if options.as_json:
        print_json(asdict(measured))
        return
    scripts = list(measured.scripts.items())
    shown = ", ".join(f"{name} {share:.1%}" for name, share in scripts[:_SCRIPTS_SHOWN])
    more = f" and {len(scripts) - _SCRIPTS_SHOWN} more" if len(scripts) > _SCRIPTS_SHOWN else ""
    facts = [
        ("characters", count(measured.n_characters)),
        ("bytes", count(measured.n_bytes)),
        ("distinct characters", count(measured.n_distinct)),
        ("lines", count(measured.n_lines)),
        ("scripts", shown + more or "no letters"),
        ("unigram entropy", f"{measured.entropy_bits:.3f} bits per character"),
    ]
    print_facts(", ".join(options.paths), facts)


def list_texts() -> None:
    """List the public texts that can be fetched."""
    from seqgen.corpus.catalog import CATALOG

    rows = [
        (entry.name, size(entry.n_bytes), "fetched" if entry.is_fetched else "", entry.about)
        for entry in CATALOG.values()
    ]
    print_table(["name", "size", "here", "what it is"], rows, n_left=4)


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
