"""`seqgen corpus`: what a text is made of, and public texts to fetch."""

from __future__ import annotations

from typing import Annotated

import typer

from seqgen.cli.shared.exits import Commands
from seqgen.cli.shared.render import count, note, print_facts, print_json, print_table, size
from seqgen.errors import ConfigError, CorpusError

corpus_app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure a text, or fetch a well-known one.",
)

_SCRIPTS_SHOWN = 5


@corpus_app.command()
def stats(
    paths: Annotated[list[str], typer.Argument(metavar="TEXT...", help="Files, folders, or - for standard input.")],
    encoding: Annotated[str, typer.Option(help="Encoding of the text.")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:
    """Count characters, bytes, lines and scripts, and the entropy of single characters."""
    import itertools
    from dataclasses import asdict

    from seqgen.corpus.sources import list_files, read_text
    from seqgen.corpus.statistics import measure_text

    chunks = itertools.chain.from_iterable(read_text(file, encoding) for file in list_files(paths))
    measured = measure_text(chunks)
    if not measured.n_characters:
        raise CorpusError(f"{', '.join(paths)} is empty: there is nothing to measure")
    if as_json:
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
    print_facts(", ".join(paths), facts)


@corpus_app.command("list")
def list_() -> None:
    """List the public texts that can be fetched."""
    from seqgen.corpus.catalog import CATALOG

    rows = [(e.name, size(e.n_bytes), "fetched" if e.is_fetched else "", e.about) for e in CATALOG.values()]
    print_table(["name", "size", "here", "what it is"], rows, n_left=4)


@corpus_app.command()
def fetch(name: Annotated[str, typer.Argument(help="A name that `seqgen corpus list` shows.")]) -> None:
    """Fetch a public text, verify it, and print where it lies."""
    from tqdm import tqdm

    from seqgen.corpus.catalog import CATALOG
    from seqgen.corpus.catalog import fetch as fetch_entry

    entry = CATALOG.get(name)
    if entry is None:
        raise ConfigError(f"no corpus is called {name!r}: choose one of {', '.join(CATALOG)}")
    if entry.is_fetched:
        note(f"{name} is here already")
    else:
        with tqdm(total=entry.n_bytes, unit="B", unit_scale=True, desc=name, leave=False, disable=None) as bar:
            for n_received in fetch_entry(entry):
                bar.update(n_received - bar.n)
    print(entry.path)
