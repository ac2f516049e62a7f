"""`seqgen inspect attention`: what the heads of a Transformer look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.alignment import inspect_alignment
from seqgen.cli.inspect.options import AttentionOptions
from seqgen.cli.predict.attention import draw_alignment, names
from seqgen.cli.shared.options import require_none
from seqgen.cli.shared.render import note, note_run, print_json, print_prose, print_table
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_picture, written
from seqgen.config import unescape
from seqgen.errors import ConfigError
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.attention_report import AttentionReport
    from seqgen.inspection.heads import Head
    from seqgen.inspection.token_text import TokenText
    from seqgen.run import SavedModel

_MOST_ROWS = 16
"""Heads in a table on the screen; `--json` has all."""
_HEADER = ["head", "distance", "itself", "previous", "induction", "entropy", "kind"]


def attention(options: AttentionOptions) -> None:
    """See what the heads of a Transformer look at. Finds those that look at the token before or continue repeats.

    A head is named LAYER:HEAD, both counted from 0. Of a model of pairs, it draws the alignment of source and target.
    """
    with starting():
        from seqgen.evaluation import TextSelection
        from seqgen.inspection.attention_report import measure_attention
        from seqgen.run import open_model

    path = require_picture(options.out)
    saved = open_model(options.run)
    if saved.source_tokenizer is not None:
        require_none(options, ("on", "part", "head", "encoding"), reason="a run of pairs")
        inspect_alignment(saved, options, path)
        return
    files = [] if options.on is None else [options.on]
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    passage = None if options.prompt is None else _passage_of(saved, options.prompt)
    note_run(saved, is_named=options.run is not None)
    report = measure_attention(saved, selection, passage=passage)
    drawn = [] if options.head is None else [_head_called(options.head, report)]
    with written(path, lambda: _draw(report)):
        if options.as_json:
            print_json(report.to_json())
            return
        _print_report(report)
        for head in drawn:
            _print_head(report, head)


def _passage_of(saved: SavedModel, prompt: str) -> TokenText:
    import numpy as np

    from seqgen.inspection.token_text import TokenText
    from seqgen.sampling import fit_prompt

    fitted = fit_prompt(saved.read(unescape(prompt)), saved.tokenizer)
    for line in fitted.notes:
        note(f"prompt: {line}")
    return TokenText.of(np.array(fitted.ids, np.int64), saved.tokenizer)


def _head_called(name: str, report: AttentionReport) -> Head:
    known = {head.name: head for head in report.heads}
    if name not in known:
        raise ConfigError(f"there is no head {name!r}: the heads are {report.heads[0].name} to {report.heads[-1].name}")
    return known[name]


def _print_report(report: AttentionReport) -> None:
    print_prose(f"{report.text_name}; {count_of(len(report.heads), 'head')}")
    shown = shown_heads(report)
    rows = [_row(head, head.name, head.kind(chance=report.chance)) for head in shown]
    print_table(_HEADER, [*rows, _row(report.chance, "all alike", "")], n_left=1)
    if n_others := len(report.heads) - len(shown):
        print_prose(f"{count_of(n_others, 'other head')}: --json has all")
    for sentence in sentences_of(report):
        print_prose(sentence)


def shown_heads(report: AttentionReport) -> Sequence[Head]:
    """The heads that have room on a screen: those of a kind first, then those that look at the fewest tokens."""
    order = sorted(report.heads, key=lambda head: (not head.kind(chance=report.chance), head.entropy_bits))
    chosen = set(order[:_MOST_ROWS])
    return [head for head in report.heads if head in chosen]


def _row(head: Head, name: str, kind: str) -> list[str]:
    induction = "" if head.induction is None else f"{head.induction:.0%}"
    numbers = [f"{head.distance:.1f}", f"{head.itself:.0%}", f"{head.previous:.0%}", induction]
    return [name, *numbers, f"{head.entropy_bits:.1f}", kind]


def sentences_of(report: AttentionReport) -> Iterator[str]:
    """Which heads are of a kind, and whether the model copies what it has seen."""
    from seqgen.inspection.heads import LEAST_SCORE

    yield (
        "distance in tokens, entropy in bits; the others are shares of the weight: on the token itself, on the one "
        "before and, in random tokens that come twice, on the one after the last occurrence (induction); a head is of "
        f"a kind if it has {LEAST_SCORE:.0%} there"
    )
    for kind in ("previous token", "induction"):
        found = report.of_kind(kind)
        yield f"{kind} heads: {', '.join(head.name for head in found) or 'none'}"
    repeats = report.repeats
    if repeats is None:
        yield "induction cannot be measured: the model sees or knows too few tokens"
    else:
        yield f"random tokens cost {repeats.first_bits:.1f} bits each, and the second time {repeats.second_bits:.1f}"


def _print_head(report: AttentionReport, head: Head) -> None:
    from seqgen.inspection.attention_report import PASSAGE_TOKENS
    from seqgen.sampling import Alignment

    tokens = _tokens(report)[: PASSAGE_TOKENS + 1]
    weights = report.weights[head.layer, head.number, : len(tokens), : len(tokens)]
    print(f"\nhead {head.name}: a row for each token, a column for each token that it attends to")
    alignment = Alignment(tokens, tokens, weights.astype(float))
    print(draw_alignment(alignment, width=shutil.get_terminal_size().columns))


def _tokens(report: AttentionReport) -> tuple[str, ...]:
    """The tokens of the passage, the end-of-text token as an empty text."""
    from seqgen.tokenizers import MARK

    return tuple("" if piece == MARK else piece for piece in report.passage.pieces)


def _draw(report: AttentionReport) -> bytes:
    from seqgen.cli.inspect.head_pictures import draw_heads_as_png

    kinds = [head.kind(chance=report.chance) for head in report.heads]
    titles = [head.name + (f" {kind}" if kind else "") for head, kind in zip(report.heads, kinds, strict=True)]
    return draw_heads_as_png(report.weights, tokens=names(_tokens(report)), titles=titles, title=report.run)
