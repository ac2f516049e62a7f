"""`seqgen eval`: how well models foretell texts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.render import count, note, print_json, print_table
from seqgen.config import Part

if TYPE_CHECKING:
    from seqgen.corpus import EncodedText
    from seqgen.evaluation import Score
    from seqgen.run import SavedModel


def evaluate(
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Run folders or .safetensors files; the newest run if left out.", show_default=False)] = None,
    on: Annotated[list[str] | None, typer.Option(help="Text file to score; may be repeated.", show_default=False)] = None,
    part: Annotated[Part, typer.Option(help="Part of the run's own corpus to score.")] = "valid",
    corpus: Annotated[str | None, typer.Option(help="Where the run's corpus is now, if it has moved.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the --on files.")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:  # fmt: skip
    """Report perplexity, bits per character and bits per byte.

    Each text is read once as one stream with carried state, its first character included; the nats of all
    tokens are summed and divided once. Only bits compare across tokenizers.
    """
    from seqgen.evaluation import restore_decoder, score_text
    from seqgen.run import open_model

    rows: list[tuple[str, str, str | None, Score]] = []
    for saved in [open_model(run) for run in runs] if runs else [open_model()]:
        note(f"model: {saved.path}")
        decoder = restore_decoder(saved)
        for name, which, text in _texts(saved, on or [], part, corpus, encoding):
            rows.append((str(saved.path), name, which, score_text(decoder, saved.tokenizer, text, name=name)))
    if as_json:
        print_json([_object(*row) for row in rows])
    else:
        _print_scores(rows)


def _texts(
    saved: SavedModel, files: list[str], part: Part, corpus: str | None, encoding: str
) -> list[tuple[str, str | None, EncodedText]]:
    """Name, part and ids of every text to score."""
    from seqgen.corpus import encode_file, encode_part, reopen_part

    if files:
        return [(file, None, encode_file(file, saved.tokenizer, encoding)) for file in files]
    own = reopen_part(saved.record.corpus, part, corpus_path=corpus)
    return [(", ".join(saved.record.corpus["paths"]), part, encode_part(own, saved.tokenizer))]


def _object(run: str, text: str, part: str | None, score: Score) -> dict[str, Any]:
    from seqgen.evaluation import CONTEXT_CARRIED

    return {"run": run, "text": text, "part": part, "context": CONTEXT_CARRIED, **score.to_json()}


def _print_scores(rows: list[tuple[str, str, str | None, Score]]) -> None:
    header = ["run", "text", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens", "unseen"]
    cells = []
    for run, text, part, score in rows:
        path = Path(run)
        name = path.parent.name if path.name == "model.safetensors" else path.name
        shown = Path(text).name + (f" ({part})" if part else "")
        bits = [_figure(score.bits_per_character), _figure(score.bits_per_byte)]
        per_token = [_figure(score.nats_per_token), f"{score.perplexity:,.2f}"]
        cells.append([name, shown, *per_token, *bits, count(score.tokens), count(score.unseen_characters)])
    print_table(header, cells, n_left=2)
    print("context: carried (each text read once, as one stream)")
    for _, text, _, score in rows:
        if score.unseen_probability is not None:
            cost = score.unseen_probability
            print(
                f"{Path(text).name}: unseen characters are in these figures, at e = {cost:.2g} "
                f"({-math.log(cost):.1f} nats for being new, and one in all remaining characters)"
            )
        if not score.in_full:
            print(f"{Path(text).name}: no bits, because words between spaces do not give this text back")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
