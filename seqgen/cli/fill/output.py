"""What `seqgen fill` prints: texts, the likeliest fills of a gap, or how well gaps of held-out text are filled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from seqgen.cli.sample.text_output import TextOutput
from seqgen.cli.shared.render import note, print_json, print_prose, print_table
from seqgen.cli.shared.tokens import shown_token
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.config import FillConfig
    from seqgen.evaluation.held_out_gaps import GapScores
    from seqgen.sampling.filling import Fill, FilledText, FillModels

_SHOWN_FILLS = 20


def print_texts(texts: Sequence[FilledText], config: FillConfig, *, raw: bool, as_json: bool) -> None:
    """Print whole texts, with an empty line between two. With `raw`, a terminal too gets them as they are."""
    if len(texts) < config.count:
        note(f"{count_of(len(texts), 'text')} instead of {config.count}: no more different fills; raise --draws")
    if as_json:
        fields = dataclasses.asdict(config)
        print_json([{"text": text.text, "fills": [_to_json(fill) for fill in text.fills], **fields} for text in texts])
        return
    out = TextOutput(raw=raw)
    out.write("\n\n".join(text.text for text in texts))
    out.finish()


def print_fills(fills: Sequence[Fill], *, as_json: bool) -> None:
    """Print the likeliest fills of a gap, those first that are chosen most often."""
    shares = _shares(fills)
    if as_json:
        print_json([{**_to_json(fill), "share": share} for fill, share in zip(fills, shares, strict=True)])
        return
    rows = [
        [shown_token(fill.text), f"{share:.4f}", *_nats(fill)]
        for fill, share in zip(fills[:_SHOWN_FILLS], shares, strict=False)
    ]
    print_table(["fill", "share", "forward", "backward", "both"], rows, n_left=1, droppable=["both"])
    rest = shares[_SHOWN_FILLS:]
    if rest:
        print(f"{len(rest)} others: {sum(rest):.4f} together")
    print_prose(
        "share: how often it is chosen; forward, backward: nats of the fill and the known text behind it under each "
        "model; both: their mean"
    )


def print_scores(scores: GapScores, models: FillModels, *, as_json: bool) -> None:
    """Print how often the right filling is found, by both models and by each alone."""
    from seqgen.evaluation.held_out_gaps import GapReading

    if as_json:
        runs = {"forward": str(models.forward.path), "backward": str(models.backward.path)}
        print_json({**runs, **scores.to_json()})
        return
    rows = []
    for reading in get_args(GapReading):
        gain, plus_minus = scores.gain(reading)
        difference = "" if reading == "both" else f"{gain:+.3f} ± {plus_minus:.3f}"
        rows.append([reading, str(scores.accuracy(reading)), f"{scores.nats(reading):.3f}", difference])
    print_table(["read", "right (95 % interval)", "nats", "both gain"], rows, n_left=1)
    n_candidates = scores.log_shares["both"].shape[1]
    print_prose(
        f"{count_of(scores.n_gaps, 'gap')} of held-out text, each with the right filling and {n_candidates - 1} others "
        f"of its length: by chance {1 / n_candidates:.0%} are right, with {math.log(n_candidates):.3f} nats"
    )
    print_prose(
        "to the gap: reads no further than the filling; forward, backward: reads on through the known text; both: the "
        "root of their product; nats: -ln of the share of the right filling; both gain: nats, with a 95 % interval"
    )


def _nats(fill: Fill) -> list[str]:
    return [f"{nats:.2f}" for nats in (fill.forward_nats, fill.backward_nats, fill.nats)]


def _shares(fills: Sequence[Fill]) -> list[float]:
    """What each fill weighs as a share of all."""
    most = max((fill.log_weight for fill in fills), default=0.0)
    weights = [math.exp(fill.log_weight - most) for fill in fills]
    return [weight / sum(weights) for weight in weights]


def _to_json(fill: Fill) -> dict[str, Any]:
    return {**dataclasses.asdict(fill), "nats": fill.nats}
