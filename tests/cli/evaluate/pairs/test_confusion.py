"""The confusion matrix in the terminal."""

from __future__ import annotations

import numpy as np

from seqgen.cli.evaluate.pairs.confusion import confusion_table
from seqgen.cli.shared.render import table_width
from seqgen.evaluation.prediction_measures import LabelMeasures, measure_labels


def measures_of(names: list[str], *, seed: int = 0) -> LabelMeasures:
    random = np.random.default_rng(seed)
    return measure_labels(random.random((500, len(names))), random.integers(0, len(names), 500), names)


def test_few_labels_have_their_names_above_the_columns() -> None:
    table = confusion_table(measures_of(["kind", "unkind"]))
    assert table.header[0] == "true"
    assert sorted(table.header[1:]) == ["kind", "unkind"]
    assert table.n_shown == 2


def test_long_names_become_numbers() -> None:
    table = confusion_table(measures_of([f"language {number}" for number in range(10)]))
    assert table.header == ["true", *map(str, range(1, 11))]
    assert table.rows[0][0].startswith("1 language ")
    assert table.n_shown == 10


def test_many_labels_fit_80_columns_with_the_rest_summed() -> None:
    measures = measures_of([f"a label with a very long name indeed {number}" for number in range(60)])
    table = confusion_table(measures)
    assert table_width([table.header, *table.rows]) <= 80
    assert 5 < table.n_shown < 60
    assert table.header[-1] == table.rows[-1][0] == "others"
    assert sum(int(cell) for row in table.rows for cell in row[1:]) == 500


def test_the_labels_with_the_most_pairs_come_first() -> None:
    measures = measures_of(["a", "b", "c"])
    table = confusion_table(measures)
    counts = [sum(map(int, row[1:])) for row in table.rows]
    assert counts == sorted(counts, reverse=True)
    diagonal = {row[0]: int(row[number]) for number, row in enumerate(table.rows, start=1)}
    assert diagonal == {score.label: score.n_right for score in measures.labels}
