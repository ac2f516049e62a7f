"""The table of `seqgen eval`: models, yardsticks, and which of two is better."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.render import count, note, print_table
from seqgen.config import Part

if TYPE_CHECKING:
    from seqgen.corpus import CorpusPart, EncodedText, WholeText
    from seqgen.evaluation import Blocks, Context, Difference, Observer, Packed, Score
    from seqgen.models import Decoder
    from seqgen.run import SavedModel


_MOST_PER_WORD = 1e7  # a perplexity beyond it says nothing: the text has hardly any words


@dataclass(frozen=True)
class Pair:
    """One text and one model."""

    saved: SavedModel
    decoder: Decoder
    name: str
    """Of the text: its paths."""
    part: Part | None
    source: CorpusPart | WholeText
    encoded: EncodedText

    @property
    def run_name(self) -> str:
        from seqgen.run import MODEL_FILE

        path = self.saved.path
        return path.resolve().parent.name if path.name == MODEL_FILE else path.name

    @property
    def text_name(self) -> str:
        """The last part of every path, and which part of the corpus."""
        names = ", ".join(Path(name).name or name for name in self.name.split(", "))
        return names + (f" ({self.part})" if self.part else "")

    @property
    def text_key(self) -> str:
        """The same for the same text."""
        return self.source.key if self.part else self.source.text.sha256


@dataclass(frozen=True)
class Row:
    """A pair and its score."""

    pair: Pair
    score: Score
    blocks: Blocks

    @classmethod
    def of(cls, pair: Pair, context: Context, observers: Sequence[Observer] = ()) -> Row:
        """Score a text."""
        from seqgen.evaluation import Blocks, score_text

        tokenizer = pair.saved.tokenizer
        blocks = Blocks(tokenizer, pair.encoded.n_bytes)
        score = score_text(
            pair.decoder, tokenizer, pair.encoded, context=context, observers=[blocks, *observers], name=pair.text_name
        )
        return cls(pair, score, blocks)

    def to_json(self) -> dict[str, Any]:
        return {
            "run": str(self.pair.saved.path),
            "text": self.pair.name,
            "part": self.pair.part,
            **self.score.to_json(),
        }


@dataclass(frozen=True)
class Yardstick:
    """What a text costs without a trained model."""

    name: str
    text_name: str
    text_key: str
    figures: Score | Packed

    def to_json(self) -> dict[str, Any]:
        from seqgen.evaluation import Packed

        own = {"baseline": self.name, "text": self.text_name}
        if isinstance(self.figures, Packed):
            bits = {"bits_per_character": self.figures.bits_per_character, "bits_per_byte": self.figures.bits_per_byte}
            return {**own, **bits, "bits_per_byte_alone": self.figures.bits_per_byte_alone}
        return {**own, **self.figures.to_json()}


@dataclass(frozen=True)
class Verdict:
    """Two runs on one text."""

    first: Row
    second: Row
    difference: Difference | None

    @property
    def sentence(self) -> str:
        names = self.first.pair.run_name, self.second.pair.run_name
        if self.difference is None:
            return f"{self.first.pair.text_name}: {names[0]} and {names[1]} are not compared: {self._obstacle}"
        return f"{self.first.pair.text_name}: {self.difference.describe(*names)}"

    @property
    def _obstacle(self) -> str:
        from seqgen.evaluation.compare import LEAST_TEXT

        if not (self.first.score.in_full and self.second.score.in_full):
            return "words between spaces do not give the text back, so that there are no bits per byte"
        return f"it takes {LEAST_TEXT:,} bytes, and there are {self.first.score.bytes:,}"

    def to_json(self) -> dict[str, Any]:
        numbers = (
            None
            if self.difference is None
            else {
                "bits_per_byte": self.difference.bits_per_byte,
                "plus_minus": self.difference.plus_minus,
                "is_certain": self.difference.is_certain,
            }
        )
        runs = [str(row.pair.saved.path) for row in (self.first, self.second)]
        return {"compared": runs, "text": self.first.pair.name, "difference": numbers}


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Every two runs on every text that they share."""
    from seqgen.evaluation import compare

    return [
        Verdict(one, other, compare((one.score, one.blocks), (other.score, other.blocks)))
        for one, other in itertools.combinations(rows, 2)
        if one.pair.text_key == other.pair.text_key and one.score.bytes == other.score.bytes
    ]


def yardsticks(rows: Sequence[Row], corpus_paths: Sequence[str]) -> Iterator[Yardstick]:
    """N-grams and compressors that know the training text; once for each text, training text and vocabulary.

    Where a run has no validation part, the order of the n-gram is chosen on the text itself.
    """
    from seqgen.corpus import encode_part, reopen_part
    from seqgen.evaluation import ngram_scores, pack, read_whole

    done: set[tuple[str, ...]] = set()
    for row in rows:
        pair, tokenizer = row.pair, row.pair.saved.tokenizer
        record = pair.saved.record.corpus
        train = reopen_part(record, "train", corpus_paths=corpus_paths)
        same_text = (pair.text_key, train.key)
        if (*same_text, tokenizer.fingerprint) not in done:
            done.add((*same_text, tokenizer.fingerprint))
            has_valid = "valid" in record["parts"]
            valid = reopen_part(record, "valid", corpus_paths=corpus_paths) if has_valid else pair.source
            known, chosen_on = (encode_part(part, tokenizer) for part in (train, valid))
            for name, score in ngram_scores(tokenizer, known, chosen_on, pair.encoded):
                yield Yardstick(f"{name}, {tokenizer.kind}", pair.text_name, pair.text_key, score)
        if same_text not in done:
            done.add(same_text)
            for name, packed in pack(read_whole(train, tokenizer), read_whole(pair.source, tokenizer)):
                yield Yardstick(name, pair.text_name, pair.text_key, packed)


def warn_of_splits(rows: Sequence[Row]) -> None:
    """Say where one model may have learned what another, or the same, is tested on."""
    for one, other in itertools.combinations(rows, 2):
        same_file = one.pair.source.text.sha256 == other.pair.source.text.sha256
        if same_file and one.pair.part and other.pair.part and one.pair.text_key != other.pair.text_key:
            note(
                f"{one.pair.run_name} and {other.pair.run_name} divide {one.pair.text_name} differently: "
                "each may have learned what the other is tested on"
            )
    for row in rows:
        train = row.pair.saved.record.corpus["parts"]["train"]
        if row.pair.part is None and row.pair.source.text.sha256 == train["sha256"]:
            note(f"{row.pair.run_name} was trained on a part of {row.pair.text_name}: its figures are too good")


@dataclass(frozen=True)
class ScoreTable:
    """Figures as they are shown."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: set[int]
    """Rows with the fewest bits of their text."""


def score_table(rows: Sequence[Row], others: Sequence[Yardstick]) -> ScoreTable:
    """Runs and yardsticks in one table."""
    header = ["model", "text", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens", "unseen"]
    lines: list[tuple[str, str, str, Score | Packed]]
    lines = [(row.pair.run_name, row.pair.text_name, row.pair.text_key, row.score) for row in rows]
    lines += [(one.name, one.text_name, one.text_key, one.figures) for one in others]
    best: dict[str, tuple[float, int]] = {}
    for number, (*_, key, figures) in enumerate(lines):
        if figures.bits_per_byte is not None:
            best[key] = min(best.get(key, (math.inf, 0)), (figures.bits_per_byte, number))
    cells = [[name, text_name, *_figures(figures)] for name, text_name, _, figures in lines]
    return ScoreTable(header, cells, {number for _, number in best.values()} if len(cells) > 1 else set())


def print_scores(rows: Sequence[Row], others: Sequence[Yardstick]) -> None:
    """The table, the best bits of every text in bold, and what is to be known of its figures.

    What is the same in all lines is said once, and columns of nothing are left out: it shall fit 80 characters.
    """
    table = score_table(rows, others)
    texts = {row.pair.text_name for row in rows}
    left_out = {1} if len(texts) == 1 else set[int]()
    if not any(row.score.unseen_characters for row in rows):
        left_out.add(len(table.header) - 1)

    def kept(cells: Sequence[str]) -> list[str]:
        return [cell for number, cell in enumerate(cells) if number not in left_out]

    print(f"{', '.join(sorted(texts))}; context {rows[0].score.context.describe()}")
    print_table(kept(table.header), list(map(kept, table.rows)), n_left=len(kept(table.header[:2])), bold=table.best)
    _explain(rows)


def _figures(figures: Score | Packed) -> list[str]:
    from seqgen.evaluation import Packed

    bits = [_bits(figures.bits_per_character), _bits(figures.bits_per_byte)]
    if isinstance(figures, Packed):
        return ["", "", *bits, "", ""]
    per_token = [f"{figures.nats_per_token:.4f}", f"{figures.perplexity:,.2f}"]
    return [*per_token, *bits, count(figures.tokens), count(figures.unseen_characters)]


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _explain(rows: Sequence[Row]) -> None:
    for row in rows:
        score, name = row.score, row.pair.text_name
        if len(rows) == 1 and (per_word := score.perplexity_per_word) is not None and per_word < _MOST_PER_WORD:
            print(
                f"perplexity {per_word:,.2f} per word: {count(score.words)} words between white space, which they pay for"
            )
        if score.unseen_probability is not None:
            nats = -math.log(score.unseen_probability)
            print(
                f"{row.pair.run_name} on {name}: unseen characters are in these figures and count as tokens, at e = "
                f"{score.unseen_probability:.2g} ({nats:.1f} nats for being new, and one in all remaining characters); "
                f"without them {_bits(score.bits_per_known_character)} bits/char"
            )
        if not score.in_full:
            print(f"{name}: no bits, because words between spaces do not give this text back")
