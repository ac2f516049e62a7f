"""`seqgen eval --novelty`: is it copying?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.curves import Curve, draw_as_png
from seqgen.cli.render import count, note, print_columns, print_json, print_prose, print_table
from seqgen.config import Part, SamplingConfig
from seqgen.durable import write_bytes
from seqgen.errors import CorpusError

if TYPE_CHECKING:
    from seqgen.evaluation.novelty import Novelty, Span, TrainingText
    from seqgen.run import SavedModel

_LENGTH = 1000
_SHOWN_ORDERS = (5, 10, 15, 20, 30, 40, 50)
_N_SHOWN = 5
_MOST_SHOWN = 400  # characters of a piece
_MOST_NAME = 60  # characters of a text's name in that of its picture
_PARTS: tuple[Part, ...] = ("train", "valid")
X_LABEL, Y_LABEL = "characters in a row", "% that occur in the training text"


@dataclass(frozen=True)
class Finding:
    """What of a text was found in the training text of a model."""

    name: str
    """Of the text."""
    text: str
    training: TrainingText
    made: Novelty
    human: Novelty | None
    """The same of the held-out text."""
    passages: str
    """What is compared as a whole: lines or documents."""
    is_shuffled: bool
    """Whether the training text is documents in an order of its own."""

    @property
    def verdict(self) -> str:
        from seqgen.evaluation.novelty import verdict

        return verdict(self.made, self.human)

    def line_name(self, number: int) -> str:
        """Documents are shuffled before they are divided: their lines are not those of the file."""
        return f"line {number:,}" + (" of the shuffled documents" if self.is_shuffled else "")

    def curves(self) -> list[Curve]:
        """Share of the pieces that occur in the training text, in percent, by their length."""
        from seqgen.evaluation.novelty import ORDERS

        orders = list(map(float, ORDERS))
        both = [(f"written: {self.name}", self.made), ("held-out text", self.human)]
        return [
            Curve(label, orders, [100 * share for share in one.shares], is_loss=False)
            for label, one in both
            if one is not None
        ]

    def spans(self, n: int) -> list[tuple[Span, tuple[str, str, str], tuple[str, str, str], int]]:
        """The longest different pieces: what stands around each in both texts, and its line in the training text."""
        found: list[tuple[Span, tuple[str, str, str], tuple[str, str, str], int]] = []
        seen = set[str]()
        for span in self.made.spans:
            piece = self.text[span.start : span.start + span.length]
            if len(found) == n or piece in seen:
                continue
            seen.add(piece)
            theirs = self.training.around(span)
            end = span.start + span.length
            own = (
                self.text[max(0, span.start - len(theirs[0])) : span.start],
                theirs[1],
                self.text[end : end + len(theirs[2])],
            )
            found.append((span, own, theirs, self.training.line_number(span.place)))
        return found


def look_for_copies(
    model: SavedModel, on: Sequence[str], encoding: str, n_samples: int, corpus: Sequence[str]
) -> Finding:
    """Look samples, or given texts, up in what a model learned from."""
    from seqgen.corpus import reopen_part
    from seqgen.evaluation import read_whole
    from seqgen.evaluation.novelty import TrainingText

    record = model.record.corpus
    train, held_out = (
        read_whole(reopen_part(record, part, corpus_paths=corpus), model.tokenizer) if part in record.parts else ""
        for part in _PARTS
    )
    text, name = _text(model, on, encoding, n_samples)
    separator = model.tokenizer.separator
    training = TrainingText(train, separator=separator or "\n")
    human = training.novelty(held_out) if held_out else None
    passages, is_shuffled = "documents" if separator else "lines", record.documents is not None
    return Finding(
        name=name,
        text=text,
        training=training,
        made=training.novelty(text),
        human=human,
        passages=passages,
        is_shuffled=is_shuffled,
    )


def report_novelty(
    models: Sequence[SavedModel], on: Sequence[str], encoding: str, n_samples: int, corpus: Sequence[str], as_json: bool
) -> None:
    """Compare samples, or given texts, with what each model learned from."""
    documents = []
    for model in models:
        note(f"model: {model.path}")
        found = look_for_copies(model, on, encoding, n_samples, corpus)
        if not as_json:
            _print(found)
            _draw(model, found, of=on)
        numbers = {"made": asdict(found.made), "human": asdict(found.human) if found.human else None}
        documents.append({"run": str(model.path), "text": found.name, **numbers, "verdict": found.verdict})
    if as_json:
        print_json(documents)


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


def _print(found: Finding) -> None:
    from seqgen.evaluation.novelty import LEAST_PASSAGE, ORDERS

    made, human = found.made, found.human
    rows = []
    for order in _SHOWN_ORDERS:
        shares = [one.shares[order - ORDERS.start] for one in (made, human) if one is not None]
        rows.append([f"{order}", *(f"{share:.2%}" for share in shares)])
    print_prose(f"pieces that occur in the training text, by their length in characters; written: {found.name}")
    print_table(["length", "written", "held-out text"][: len(rows[0])], rows, n_left=0)
    longest = found.spans(_N_SHOWN)
    spans = [[_bracketed(own), f"{found.line_name(line)}: {_bracketed(theirs)}"] for _, own, theirs, line in longest]
    print_prose(f"\nthe longest pieces, in brackets: {', '.join(str(span.length) for span, *_ in longest)} characters")
    print_columns(["written", "training text"], spans)
    n_whole = sum(copy.similarity == 1 for copy in made.near_copies)
    n_near = len(made.near_copies) - n_whole
    print_prose(
        f"\nof {count(made.n_passages)} different {found.passages} of {LEAST_PASSAGE} characters or more {n_whole} are "
        f"{found.passages} of the training text, and {n_near} nearly so"
    )
    nearly = [copy for copy in made.near_copies if copy.similarity < 1][:_N_SHOWN]
    if nearly:
        print_columns(
            ["written", "training text"], [[copy.text[:_MOST_SHOWN], copy.original[:_MOST_SHOWN]] for copy in nearly]
        )
    print_prose(found.verdict)


def _bracketed(parts: tuple[str, str, str]) -> str:
    """A piece in brackets, its middle left out where it is long."""
    before, piece, after = parts
    if len(piece) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        piece = f"{piece[:half]} … {piece[-half:]}"
    return f"{before}[{piece}]{after}"


def _draw(model: SavedModel, found: Finding, *, of: Sequence[str]) -> None:
    """Beside the model: a picture of its samples, and others of texts by the first of their names."""
    names = ["novelty", *(Path(name).stem[:_MOST_NAME] for name in of[:1])]
    path = model.path.parent / f"{'-'.join(names)}.png"
    picture = draw_as_png(found.curves(), title="Is it copying?", x_label=X_LABEL, y_label=Y_LABEL)
    write_bytes(path, picture)
    note(f"picture: {path}")
