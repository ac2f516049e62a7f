"""Scores of several models on several texts, and what follows from them, as `seqgen eval` prints it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seqgen.api.arguments import checked_text
from seqgen.api.loading import load
from seqgen.api.model import LanguageModel
from seqgen.config import DEFAULT_PART, Part, require_name
from seqgen.corpus.given import GivenTexts, Texts, is_path, path_of_text
from seqgen.errors import ConfigError, CorpusError
from seqgen.wording import shown

if TYPE_CHECKING:
    from seqgen.evaluation import ScoredReading, TextSelection
    from seqgen.evaluation.pair_runs import ScoredPairs
    from seqgen.run import SavedModel

Models = LanguageModel | str | Path | Iterable[LanguageModel | str | Path]
Row = dict[str, Any]

_OF_TEXTS = ("bits_per_character", "bits_per_byte", "perplexity")
_OF_PAIRS = ("accuracy", "exact_match", "character_error_rate", "bits_per_target")
"""The figures of a table, where a row has them."""


@final
@dataclass(frozen=True, repr=False)
class Evaluation:
    """Scores, as rows that `pandas.DataFrame` takes. Printed, it is a table with sentences below it.

    >>> import seqgen
    >>> result = seqgen.evaluate("checkpoints/story", "story.txt")
    >>> [(row["model"], row["characters"]) for row in result.scores]
    [('story', 6000)]
    >>> print(result)
    model  text       bits_per_character  bits_per_byte  perplexity
    story  story.txt...
    story was trained on part of story.txt, so its scores are optimistic
    """

    scores: list[Row]
    """A row for each model and text, under the names that `seqgen eval --json` prints, and `model`, the name of the
    run. On each text the best model is first."""
    baselines: list[Row]
    """A row for each baseline, if they were asked for."""
    sentences: list[str]
    """What to beware of, and which model is better than which."""

    def __repr__(self) -> str:
        head, *rows = self._table()
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = ["  ".join(_padded(row, widths)).rstrip() for row in (head, *rows)]
        return "\n".join([*lines, *self.sentences])

    def _repr_html_(self) -> str:
        head, *rows = self._table()
        body = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in rows)
        below = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        return f"<table><thead><tr>{_cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>{below}"

    def _table(self) -> list[list[str]]:
        rows = [*self.scores, *({**row, "model": row.get("baseline", row.get("name"))} for row in self.baselines)]
        shown_of = _OF_PAIRS if "targets" in self.scores[0] else _OF_TEXTS
        figures = [name for name in shown_of if any(row.get(name) is not None for row in rows)]
        shown = [["model", "text", *figures]]
        for row in rows:
            numbers = [row.get(name) for name in figures]
            text = Path(str(row["text"])).name + (f" ({row['part']})" if row.get("part") else "")
            shown.append([str(row["model"]), text, *("" if n is None else f"{n:.4f}" for n in numbers)])
        return shown


def evaluate(
    models: Models,
    texts: Texts | None = None,
    *,
    part: Part = DEFAULT_PART,
    context: str = "carried",
    baselines: bool = False,
) -> Evaluation:
    """Score models on texts that all of them read, or on a part of the text that each learned from.

    Args:
        models: a model or several, each loaded, or as `load` takes it. All learned from texts, or all from pairs.
        texts: a path, a text, or several of them, each scored on its own; for models of pairs, a list of pairs
            `(source, target)` or paths. A string that names an existing file is a path.
        part: what is scored where `texts` is None: train, valid or test.
        context: what a model of texts has read before each token, as `--context` of `seqgen eval` says it.
        baselines: whether n-gram models, small networks and compressors (for pairs, others) are scored too.

    Raises:
        ConfigError: models of texts and of pairs together, or a context that does not exist.
        CorpusError: a text cannot be found or read, or is empty.

    >>> import seqgen
    >>> result = seqgen.evaluate(["checkpoints/story", "english"], "Mina sat by the river.")
    >>> sorted(row["model"] for row in result.scores)
    ['english', 'story']
    """
    from seqgen.evaluation import Context, TextSelection

    require_name("part", part, Part)
    mode, saved = Context.parse(checked_text(context, "context")), [model.saved for model in _loaded(models)]
    of_pairs = [model for model in saved if model.source_tokenizer is not None]
    if of_pairs and len(of_pairs) < len(saved):
        raise ConfigError("some models learned from texts and some from pairs: evaluate them apart")
    given = _pairs_given(texts) if of_pairs else GivenTexts(tuple(_paths_of(texts)))
    selection = TextSelection.of(given.paths, part=part, columns=given.columns)
    if of_pairs:
        return _evaluate_pairs(saved, selection, baselines=baselines)
    from seqgen.evaluation import ScoredReading, readings

    rows = [ScoredReading.of(reading) for model in saved for reading in readings(model, selection, mode=mode)]
    return _of_texts(rows, has_baselines=baselines)


def _loaded(models: Models) -> list[LanguageModel]:
    each = list(models) if isinstance(models, Iterable) and not isinstance(models, str) else [models]
    if not each:
        raise ConfigError("there is no model: give one or several")
    return [model if isinstance(model, LanguageModel) else load(model) for model in each]


def _paths_of(texts: Texts | None) -> Iterator[str]:
    """A path for each text; what is in memory is written to one."""
    if texts is None:
        return
    each: list[Any] = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str) else [texts]
    if not each:
        raise CorpusError("the list of texts is empty: leave it out to score a part of each model's own text")
    for number, text in enumerate(each, start=1):
        if not isinstance(text, str | Path):
            raise ConfigError(f"{shown(text)} is no text: models of texts are scored on texts and paths")
        if isinstance(text, Path) or is_path(text):
            yield str(text)
        else:
            yield path_of_text(text, name="text.txt" if len(each) == 1 else f"text-{number}.txt")


def _pairs_given(texts: Texts | None) -> GivenTexts:
    if texts is None:
        return GivenTexts(())
    given = GivenTexts.of(texts, fewest=0)
    if given.field is not None:
        raise ConfigError("models of pairs are scored on pairs: give a list of (source, target), or paths")
    return given


def _of_texts(rows: Sequence[ScoredReading], *, has_baselines: bool) -> Evaluation:
    from seqgen.evaluation import Compression, baselines_of, compare_all, compare_with_baseline, split_warnings

    found = list(baselines_of(rows)) if has_baselines else []
    sentences = [*split_warnings(rows), *_unseen(rows), *(comparison.sentence for comparison in compare_all(rows))]
    for row in rows:
        own = [each for each in found if each.text_key == row.reading.text_key and each.to_json()["bits_per_byte"]]
        if own:
            best = min(own, key=lambda each: float(each.to_json()["bits_per_byte"]))
            figures = best.figures.after if isinstance(best.figures, Compression) else best.figures
            difference = compare_with_baseline(row, figures, best.name)
            sentences += [] if difference is None else [f"{row.reading.text_name}: {difference}"]
    order = {row.reading.text_key: number for number, row in reversed([*enumerate(rows)])}
    ranked = sorted(rows, key=lambda row: (order[row.reading.text_key], _bits(row)))
    scores = [{"model": row.reading.run_name, **row.to_json()} for row in ranked]
    return Evaluation(scores, [each.to_json() for each in found], list(dict.fromkeys(sentences)))


def _unseen(rows: Sequence[ScoredReading]) -> Iterator[str]:
    """What the vocabularies lack: it makes scores worse."""
    for row in rows:
        if row.score.oov_probability is not None:
            yield f"{row.reading.run_name}, {row.reading.text_name}: {row.reading.oov_summary}; each is a token too"


def _bits(row: ScoredReading) -> float:
    """Bits per byte; infinite where they are undefined, so that such a model stands below the others."""
    per_byte = row.score.bits_per_byte
    return math.inf if per_byte is None else per_byte


def _evaluate_pairs(models: Sequence[SavedModel], selection: TextSelection, *, baselines: bool) -> Evaluation:
    from seqgen.evaluation.pair_runs import ScoredPairs, compare_runs, pair_sets, with_baselines

    rows = [ScoredPairs.of(model, pairs) for model in models for pairs in pair_sets(model, selection)]
    found = with_baselines(rows, is_asked=True) if baselines else []
    each = {(row.pair_set.key, other.name): (row, other) for row in found for other in row.baselines}
    warnings = [row.pair_set.warning for row in rows if row.pair_set.warning is not None]
    return Evaluation(
        [{"model": row.name, **row.to_json()} for row in sorted(rows, key=_order_of_pairs)],
        [{"text": row.pair_set.name, **other.to_json()} for row, other in each.values()],
        list(dict.fromkeys([*warnings, *(comparison.sentence for comparison in compare_runs(rows))])),
    )


def _order_of_pairs(row: ScoredPairs) -> tuple[str, float]:
    return row.pair_set.name, -row.answers.merit_by(row.answers.main.measure)


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.ljust(width) if number < 2 else cell.rjust(width)


def _cells(row: Sequence[str], tag: str) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
