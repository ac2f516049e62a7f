"""What `seqgen predict` prints of one source: a line of targets, or a JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.escaping import escape_undecodable, for_stdout, json_text

if TYPE_CHECKING:
    from seqgen.sampling import Prediction

_LINE_ENDS = str.maketrans({"\n": "\\n", "\r": "\\r"})
_SEPARATORS = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})


def print_line(predictions: Sequence[Prediction], *, has_probabilities: bool, raw: bool = False) -> None:
    """Print the best target, or all targets with their probabilities behind them, with tabs between them.

    Line ends in targets are escaped, so that there is one line for each source. On a terminal, so are other control
    characters, which would steer it, unless it gets them `raw`.
    """
    if has_probabilities:
        fields = ((found.target.translate(_SEPARATORS), _shown(found.probability)) for found in predictions)
        line = "\t".join(part for pair in fields for part in pair)
    else:
        line = predictions[0].target.translate(_LINE_ENDS)
    print(line if raw else for_stdout(line))


def print_object(source: str, predictions: Sequence[Prediction]) -> None:
    """Print a source and its predictions as a JSON object in one line."""
    found = [_as_json(prediction) for prediction in predictions]
    print(json_text({"source": escape_undecodable(source), "predictions": found}))


def _shown(probability: float) -> str:
    """Four decimals, or two digits where these would all be 0."""
    text = f"{probability:.4f}"
    return f"{probability:.1e}" if probability and not float(text) else text


def _as_json(prediction: Prediction) -> dict[str, Any]:
    return {
        "target": prediction.target,
        "log_probability": prediction.log_probability,
        "probability": prediction.probability,
        "ending": prediction.ending,
    }
