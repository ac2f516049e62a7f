"""`seqgen eval`: how well models foretell texts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.render import count, note, print_json, print_table
from seqgen.config import Part

if TYPE_CHECKING:
    from seqgen.corpus import CorpusPart, WholeText
    from seqgen.corpus.texts import StoredText
    from seqgen.evaluation import Score
    from seqgen.run import SavedModel


def evaluate(
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Run folders or .safetensors files; the newest run if left out.", show_default=False)] = None,
    on: Annotated[list[str] | None, typer.Option(help="Text file to score; may be repeated.", show_default=False)] = None,
    part: Annotated[Part, typer.Option(help="Part of the run's own corpus to score.")] = "valid",
    corpus: Annotated[list[str] | None, typer.Option(help="Where the run's corpus is now, if it has moved.", show_default=False)] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the --on files.")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:  # fmt: skip
    """Report perplexity, bits per character and bits per byte.

    Each text is read once as one stream with carried state, its first character included; the nats of all
    tokens are summed and divided once. Only bits compare across tokenizers.
    """
    from seqgen.corpus import encode_part
    from seqgen.corpus.texts import store_text
    from seqgen.evaluation import restore_decoder, score_text
    from seqgen.run import open_model

    texts = [(name, store_text([name], encoding)) for name in on or []]
    rows: list[_Row] = []
    for saved in [open_model(run) for run in runs] if runs else [open_model()]:
        note(f"model: {saved.path}")
        decoder = restore_decoder(saved)
        for name, own_part, source in _sources(saved, texts, part, corpus or []):
            encoded = encode_part(source, saved.tokenizer)
            rows.append(_Row(saved.path, name, own_part, score_text(decoder, saved.tokenizer, encoded, name=name)))
    if as_json:
        print_json([row.to_json() for row in rows])
    else:
        _print_scores(rows)


@dataclass(frozen=True)
class _Row:
    """One text under one model."""

    path: Path
    text: str
    part: Part | None
    score: Score

    def to_json(self) -> dict[str, Any]:
        from seqgen.evaluation import CONTEXT_CARRIED

        own = {"run": str(self.path), "text": self.text, "part": self.part, "context": CONTEXT_CARRIED}
        return {**own, **self.score.to_json()}

    @property
    def run_name(self) -> str:
        from seqgen.run import MODEL_FILE

        return self.path.resolve().parent.name if self.path.name == MODEL_FILE else self.path.name

    @property
    def text_name(self) -> str:
        """The last part of every path, and which part of the corpus."""
        names = ", ".join(Path(name).name or name for name in self.text.split(", "))
        return names + (f" ({self.part})" if self.part else "")


def _sources(
    saved: SavedModel, texts: list[tuple[str, StoredText]], part: Part, corpus_paths: list[str]
) -> Iterator[tuple[str, Part | None, CorpusPart | WholeText]]:
    """Name, part and text of all that is to be scored under one model."""
    from seqgen.corpus import WholeText, reopen_part

    record = saved.record.corpus
    for name, text in texts:
        yield name, None, WholeText(text, record["documents"], saved.tokenizer.separator)
    if not texts:
        own_paths = record.get(f"{part}_paths") or record["paths"]
        yield ", ".join(own_paths), part, reopen_part(record, part, corpus_paths=corpus_paths)


def _print_scores(rows: list[_Row]) -> None:
    header = ["run", "text", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens", "unseen"]
    cells = []
    for row in rows:
        score = row.score
        bits = [_figure(score.bits_per_character), _figure(score.bits_per_byte)]
        per_token = [_figure(score.nats_per_token), f"{score.perplexity:,.2f}"]
        counts = [count(score.tokens), count(score.unseen_characters)]
        cells.append([row.run_name, row.text_name, *per_token, *bits, *counts])
    print_table(header, cells, n_left=2)
    print("context: carried (each text read once, as one stream)")
    for row in rows:
        if row.score.unseen_probability is not None:
            cost = row.score.unseen_probability
            print(
                f"{row.text_name}: unseen characters are in these figures and count as tokens, at e = {cost:.2g} "
                f"({-math.log(cost):.1f} nats for being new, and one in all remaining characters)"
            )
        if not row.score.in_full:
            print(f"{row.text_name}: no bits, because words between spaces do not give this text back")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
