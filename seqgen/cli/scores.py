"""The table of `seqgen eval`: models, yardsticks, and which of two is better."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.pairs import Pair
from seqgen.cli.render import count, note, print_prose, print_table

if TYPE_CHECKING:
    from seqgen.evaluation import Blocks, Difference, Observer, Packed, PackedSize, Score


_MOST_PER_WORD = 1e7  # a perplexity beyond it says nothing: the text has hardly any words


@dataclass(frozen=True)
class Row:
    """A pair and its score."""

    pair: Pair
    score: Score
    blocks: Blocks

    @classmethod
    def of(cls, pair: Pair, observers: Sequence[Observer] = ()) -> Row:
        """Score a text."""
        from seqgen.evaluation import Blocks, score_text

        tokenizer = pair.saved.tokenizer
        blocks = Blocks(tokenizer, pair.encoded.n_bytes)
        score = score_text(
            pair.decoder, tokenizer, pair.encoded, rule=pair.rule, observers=[blocks, *observers], name=pair.text_name
        )
        return cls(pair, score, blocks)

    @property
    def plus_minus(self) -> float | None:
        """Half the 95 % interval of the bits per byte."""
        from seqgen.evaluation import uncertainty

        return uncertainty(self.score, self.blocks)

    def to_json(self) -> dict[str, Any]:
        return {
            "run": str(self.pair.saved.path),
            "text": self.pair.name,
            "part": self.pair.part,
            **self.score.to_json(),
            "bits_per_byte_plus_minus": self.plus_minus,
        }


@dataclass(frozen=True)
class Yardstick:
    """What a text costs without a run: by counting, packing, or the lecture's strawmen."""

    name: str
    tokenizer: str | None
    """The kind of its tokens; None where it has none."""
    text_name: str
    text_key: str
    figures: Score | Packed

    def lines(self, has_one_kind: bool) -> Iterator[_Line]:
        """One, or of a compressor two: after the training text, as a model has it, and alone."""
        from seqgen.evaluation import Packed

        if isinstance(self.figures, Packed):
            yield _Line(self.name, self.figures.after)
            yield _Line(f"{self.name}, alone", self.figures.alone)
        else:
            yield _Line(self.name if has_one_kind else f"{self.name}, {self.tokenizer}", self.figures)

    def to_json(self) -> dict[str, Any]:
        from seqgen.evaluation import Packed

        own = {"baseline": self.name, "tokenizer": self.tokenizer, "text": self.text_name}
        if isinstance(self.figures, Packed):
            after, alone = self.figures.after, self.figures.alone
            return {
                **own,
                "bits_per_character": after.bits_per_character,
                "bits_per_byte": after.bits_per_byte,
                "bits_per_character_alone": alone.bits_per_character,
                "bits_per_byte_alone": alone.bits_per_byte,
            }
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
            return f"{self.first.pair.text_name}: runs are not compared: {self._obstacle}"
        return f"{self.first.pair.text_name}: {self.difference.describe(*names)}"

    @property
    def _obstacle(self) -> str:
        from seqgen.evaluation.compare import LEAST_TEXT

        if not (self.first.score.in_full and self.second.score.in_full):
            return "words between spaces do not give the text back, so that there are no bits per byte"
        return f"it takes {LEAST_TEXT:,} bytes, and there are {self.first.score.bytes:,}; --on names a longer text"

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
        contexts = [str(row.pair.rule) for row in (self.first, self.second)]
        return {"compared": runs, "contexts": contexts, "text": self.first.pair.name, "difference": numbers}


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Every two runs on every text that they share, read by one rule; and a run with itself read by another."""
    from seqgen.evaluation import compare

    return [
        Verdict(one, other, compare((one.score, one.blocks), (other.score, other.blocks)))
        for one, other in itertools.combinations(rows, 2)
        if one.pair.text_key == other.pair.text_key
        and one.score.bytes == other.score.bytes
        and (str(one.pair.rule) == str(other.pair.rule) or one.pair.saved is other.pair.saved)
    ]


def yardsticks(rows: Sequence[Row], corpus_paths: Sequence[str]) -> Iterator[Yardstick]:
    """N-grams, strawmen and compressors; once for each text, training text and vocabulary.

    Where a run has no validation part, the order of the n-gram is chosen on the text itself.
    """
    from seqgen.corpus import encode_part, reopen_part
    from seqgen.evaluation import ngram_scores, pack, read_whole, strawman_scores

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
            note(f"yardsticks of {pair.text_name}: n-grams are counted and two small networks trained")
            for scores in (ngram_scores, strawman_scores):
                for name, score in scores(tokenizer, train=known, valid=chosen_on, scored=pair.encoded):
                    yield Yardstick(name, tokenizer.kind, pair.text_name, pair.text_key, score)
        if same_text not in done:
            done.add(same_text)
            for name, packed in pack(read_whole(train, tokenizer), read_whole(pair.source, tokenizer)):
                yield Yardstick(name, None, pair.text_name, pair.text_key, packed)


def warn_of_splits(rows: Sequence[Row]) -> None:
    """Say where one model may have learned what another, or the same, is tested on."""
    for one, other in itertools.combinations(_once(rows), 2):
        same_file = one.pair.source.text.sha256 == other.pair.source.text.sha256
        if same_file and one.pair.part and other.pair.part and one.pair.text_key != other.pair.text_key:
            note(
                f"{one.pair.run_name} and {other.pair.run_name} divide {one.pair.text_name} differently: "
                "each may have learned what the other is tested on"
            )
    for row in _once(rows):
        train = row.pair.saved.record.corpus["parts"]["train"]
        if row.pair.part is None and row.pair.source.text.sha256 == train["sha256"]:
            note(f"{row.pair.run_name} was trained on a part of {row.pair.text_name}: its figures are too good")


_MOST_NAME = 22  # characters, with which a row fits 80
_HEADER = ("model", "nats/token", "perplexity", "bits/char", "bits/byte", "tokens")


@dataclass(frozen=True)
class ScoreTable:
    """Figures as they are shown."""

    rows: Sequence[Sequence[str]]
    """A row of one cell names the text of the rows below it, where there are several texts."""
    best: set[int]
    """Of every text the row with the fewest bits, where there are several."""
    beaten: Sequence[str]
    """What is to be said of texts that a yardstick foretells better than any run."""
    header: Sequence[str] = _HEADER


def score_table(rows: Sequence[Row], others: Sequence[Yardstick]) -> ScoreTable:
    """Runs and yardsticks together, text by text."""
    texts = {row.pair.text_key: row.pair.text_name for row in rows}
    has_one_kind = len({row.pair.saved.tokenizer.kind for row in rows}) == 1
    cells: list[list[str]] = []
    best, beaten = set(), []
    for key, text_name in texts.items():
        if len(texts) > 1:
            cells.append([_shortened(text_name)])
        own = [_Line(row.pair.run_name, row.score, is_run=True) for row in rows if row.pair.text_key == key]
        own += [line for one in others if one.text_key == key for line in one.lines(has_one_kind)]
        if len(own) > 1 and (least := min(own, key=lambda line: line.bits)).bits < math.inf:
            best.add(len(cells) + own.index(least))
            if not least.is_run:
                beaten.append(f"{least.name} foretells {text_name} better than any run here")
        cells += [[line.name, *_figures(line.figures)] for line in own]
    return ScoreTable(cells, best, beaten)


def _shortened(name: str) -> str:
    """A heading no wider than the names below it."""
    half = _MOST_NAME // 2
    return name if len(name) <= _MOST_NAME else f"{name[:half]}…{name[-half:]}"


@dataclass(frozen=True)
class _Line:
    """One line of the table."""

    name: str
    figures: Score | PackedSize
    is_run: bool = False

    @property
    def bits(self) -> float:
        per_byte = self.figures.bits_per_byte
        return math.inf if per_byte is None else per_byte


def print_scores(rows: Sequence[Row], others: Sequence[Yardstick]) -> None:
    """The table, the best bits of every text in bold, and what is to be known of its figures."""
    table = score_table(rows, others)
    names = ", ".join(dict.fromkeys(row.pair.text_name for row in rows))
    print_prose(f"{names}; context {rows[0].pair.rule.describe()}")
    print_table(table.header, table.rows, n_left=1, bold=table.best)
    for sentence in table.beaten:
        print_prose(f"{sentence}: more training on such text would help")
    for description in dict.fromkeys(row.pair.rule.describe() for row in rows):
        if description != rows[0].pair.rule.describe():
            print_prose(description)
    _explain(_once(rows))


def _figures(figures: Score | PackedSize) -> list[str]:
    from seqgen.evaluation import PackedSize

    bits = [_bits(figures.bits_per_character), _bits(figures.bits_per_byte)]
    if isinstance(figures, PackedSize):
        return ["", "", *bits, ""]
    per_token = [f"{figures.nats_per_token:.4f}", f"{figures.perplexity:,.2f}"]
    return [*per_token, *bits, count(figures.n_paid)]


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _once(rows: Sequence[Row]) -> list[Row]:
    """Every run on every text by the first rule: what is to be said of both does not depend on it."""
    return [row for row in rows if row.pair.rule is rows[0].pair.rule]


def _explain(rows: Sequence[Row]) -> None:
    if len(rows) == 1 and (per_word := rows[0].score.perplexity_per_word) is not None and per_word < _MOST_PER_WORD:
        print_prose(
            f"perplexity {per_word:,.{2 if per_word < 1000 else 0}f} per word: {count(rows[0].score.words)} words between "
            "white space, which they pay for"
        )
    for name in dict.fromkeys(row.pair.text_name for row in rows):
        widths = [
            f"± {row.plus_minus:.3f} ({row.pair.run_name})"
            for row in rows
            if row.pair.text_name == name and row.plus_minus is not None
        ]
        if widths:
            print_prose(f"{name}: on other texts of the kind bits/byte would be within {', '.join(widths)}, 95 %")
    alike: dict[tuple[str, str, float], list[Row]] = {}
    for row in rows:
        name, escape = row.pair.text_name, row.score.unseen_probability
        if escape is not None:
            alike.setdefault((name, row.pair.unseen, escape), []).append(row)
        if not row.score.in_full:
            print_prose(f"{name}: no bits, because words between spaces do not give this text back")
    for (name, unseen, escape), own in alike.items():
        without = ", ".join(f"{row.pair.run_name} {_bits(row.score.bits_per_known_character)}" for row in own)
        print_prose(
            f"{name}: {unseen} are in these figures and count as tokens, at e = {escape:.2g} ({-math.log(escape):.1f} nats "
            f"for being new, and one in all remaining characters); bits/char without them: {without}"
        )
