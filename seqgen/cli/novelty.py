"""`seqgen eval --novelty`: is it copying?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.curves import Curve, draw_as_png, save_picture
from seqgen.cli.render import count, note, print_columns, print_json, print_table
from seqgen.config import Part, SamplingConfig
from seqgen.errors import CorpusError

if TYPE_CHECKING:
    from seqgen.evaluation.novelty import Novelty, TrainingText
    from seqgen.run import SavedModel

_LENGTH = 1000
_SHOWN_ORDERS = (5, 10, 15, 20, 30, 40, 50)
_N_SHOWN = 5
_PARTS: tuple[Part, ...] = ("train", "valid")
PICTURE = "novelty.png"


def report_novelty(
    models: Sequence[SavedModel], on: Sequence[str], encoding: str, n_samples: int, corpus: Sequence[str], as_json: bool
) -> None:
    """Compare samples, or given texts, with what each model learned from."""
    documents = []
    for model in models:
        note(f"model: {model.path}")
        documents.append(_report(model, on, encoding, n_samples, corpus, as_json))
    if as_json:
        print_json(documents)


def _report(
    model: SavedModel, on: Sequence[str], encoding: str, n_samples: int, corpus: Sequence[str], as_json: bool
) -> dict[str, Any]:
    from seqgen.corpus import reopen_part
    from seqgen.evaluation import read_whole
    from seqgen.evaluation.novelty import TrainingText, verdict

    record = model.record.corpus
    train, held_out = (
        read_whole(reopen_part(record, part, corpus_paths=corpus), model.tokenizer) if part in record["parts"] else ""
        for part in _PARTS
    )
    text, name = _text(model, on, encoding, n_samples)
    training = TrainingText(train)
    made, human = training.novelty(text), training.novelty(held_out) if held_out else None
    words = verdict(made, human)
    if not as_json:
        _print(name, made, human, training, text)
        print(words)
        _draw(model, name, made, human)
    numbers = {"made": asdict(made), "human": asdict(human) if human else None}
    return {"run": str(model.path), "text": name, **numbers, "verdict": words}


def _text(model: SavedModel, on: Sequence[str], encoding: str, n_samples: int) -> tuple[str, str]:
    """What is looked at, and its name."""
    from seqgen.corpus.texts import store_text
    from seqgen.sampling import fit_prompt, write_texts

    if on:
        text = "".join(store_text(list(on), encoding).chunks())
        if not text:
            raise CorpusError(f"{', '.join(on)} is empty: there is nothing to look for")
        return text, ", ".join(Path(path).name for path in on)
    prompt = fit_prompt("", model.tokenizer)
    samples = write_texts(model, prompt, SamplingConfig(), length=_LENGTH, count=n_samples)
    temperature = SamplingConfig().temperature
    name = f"{n_samples} samples of {count(_LENGTH)} characters at temperature {temperature:g}"
    return "\n".join(sample.text for sample in samples), name


def _print(name: str, made: Novelty, human: Novelty | None, training: TrainingText, text: str) -> None:
    from seqgen.evaluation.novelty import ORDERS

    rows = []
    for order in _SHOWN_ORDERS:
        shares = [one.shares[order - ORDERS.start] for one in (made, human) if one is not None]
        rows.append([f"{order}", *(f"{share:.2%}" for share in shares)])
    print(f"pieces that occur in the training text, by their length in characters; written: {name}")
    print_table(["length", "written", "held-out text"][: len(rows[0])], rows, n_left=0)
    spans = []
    for span in made.spans[:_N_SHOWN]:
        before, piece, after = training.around(span)
        line = training.line_number(span.place)
        own = text[max(0, span.start - len(before)) : span.start], text[span.start + span.length :][: len(after)]
        spans.append([f"{own[0]}[{piece}]{own[1]}", f"line {line:,}: {before}[{piece}]{after}"])
    print(
        f"\nthe longest pieces, in brackets: {', '.join(str(span.length) for span in made.spans[:_N_SHOWN])} characters"
    )
    print_columns(["written", "training text"], spans)
    n_whole = sum(copy.similarity == 1 for copy in made.near_copies)
    n_near = len(made.near_copies) - n_whole
    print(f"\nof {count(made.n_lines)} lines {n_whole} are lines of the training text, and {n_near} nearly so")
    nearly = [copy for copy in made.near_copies if copy.similarity < 1][:_N_SHOWN]
    if nearly:
        print_columns(["written", "training text"], [[copy.line, copy.original] for copy in nearly])


def _draw(model: SavedModel, name: str, made: Novelty, human: Novelty | None) -> None:
    from seqgen.evaluation.novelty import ORDERS

    orders = list(map(float, ORDERS))
    curves = [Curve(f"written: {name}", orders, [100 * share for share in made.shares])]
    if human is not None:
        curves.append(Curve("held-out text", orders, [100 * share for share in human.shares]))
    path = model.path.parent / PICTURE
    picture = draw_as_png(
        curves, title="Is it copying?", x_label="characters in a row", y_label="% that occur in the training text"
    )
    save_picture(path, picture)
    note(f"picture: {path}")
