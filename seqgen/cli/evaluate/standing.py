"""How the best run stands beside the baselines, in sentences that claim only what the text can tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.evaluate.ranking import Pool

if TYPE_CHECKING:
    from seqgen.cli.evaluate.scoreboard import Line
    from seqgen.evaluation import Difference

_REMEDY = "more training on similar text would help"


def standing_sentences(lines: Sequence[Line], text_name: str) -> Iterator[str]:
    """What the baselines among the lines mean for the best run; nothing if there are none, or no bits."""
    from seqgen.evaluation import MIN_BYTES

    run, baselines = min((line for line in lines if line.is_run), key=lambda line: line.bits), _baselines(lines)
    if not baselines or run.bits == math.inf:
        return
    found = [(line, _difference(run, line)) for line in baselines]
    known = [(line, difference) for line, difference in found if difference is not None]
    if not known:
        yield f"{text_name} is too short to compare a run with baselines, which takes {MIN_BYTES:,} bytes"
        return
    of_several = ", the best run here," if sum(line.is_run for line in lines) > 1 else ""
    compressors = [pair for pair in known if pair[0].is_compressor]
    predicting = [pair for pair in known if not pair[0].is_compressor]
    scope = "every baseline" if not any(map(_counts, compressors)) else "every baseline that predicts tokens"
    yield from _beside_predicting(predicting, f"{run.name}{of_several}", text_name, scope=scope)
    yield from _beside_compressors(compressors, run.name, text_name)


def _baselines(lines: Sequence[Line]) -> list[Line]:
    """The baselines that have bits, the best first."""
    own = [line for line in lines if not line.is_run and line.bits < math.inf]
    return sorted(own, key=lambda line: line.bits)


def _difference(run: Line, baseline: Line) -> Difference | None:
    from seqgen.evaluation import compare_with_baseline, pool

    if not isinstance(run.score, Pool) or isinstance(baseline.score, Pool):
        return None
    rows = run.score.rows
    differences = [compare_with_baseline(row, baseline.score, baseline.name) for row in rows]
    known = [difference for difference in differences if difference is not None]
    return pool(known, name=run.name) if known else None


def _counts(pair: tuple[Line, Difference]) -> bool:
    """Whether a baseline is better than the run, or cannot be told apart from it."""
    return pair[1].bits_per_byte > 0 or not pair[1].is_certain


def _beside_predicting(
    known: Sequence[tuple[Line, Difference]], run: str, text_name: str, *, scope: str
) -> Iterator[str]:
    better = [pair for pair in known if pair[1].is_certain and pair[1].bits_per_byte > 0]
    alike = [pair for pair in known if not pair[1].is_certain]
    for line, difference in better[:1]:
        yield f"{line.name} predicts {text_name} better than {run} by {_amount(difference)}: {_REMEDY}"
    if alike:
        names = ", ".join(f"{line.name} ({_amount(difference)})" for line, difference in alike)
        yield f"{run} cannot be told apart on {text_name} from {names}"
    if known and not better and not alike:
        line, difference = known[0]
        yield f"{run} predicts {text_name} better than {scope}; the lead over {line.name} is {_amount(difference)}"


def _beside_compressors(known: Sequence[tuple[Line, Difference]], run: str, text_name: str) -> Iterator[str]:
    """At most one sentence about all of them, which begins with the best."""
    for line, difference in filter(_counts, known[:1]):
        amount = f"{abs(difference.bits_per_byte):.3f} bits/byte"
        if difference.is_certain:
            yield f"among the compressors, {line.name} needs {amount} less than {run} for {text_name}: {_REMEDY}"
        else:
            yield (
                f"among the compressors, {line.name} does about as well as {run} on {text_name}: they differ by "
                f"{amount}, and less than {difference.plus_minus:.3f} does not count"
            )


def _amount(difference: Difference) -> str:
    return f"{abs(difference.bits_per_byte):.3f} ± {difference.plus_minus:.3f} bits/byte"
