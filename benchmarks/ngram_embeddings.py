"""What hashed n-gram embeddings bring: one cell on one text, once for each list of settings.

    python benchmarks/ngram_embeddings.py TEXT [CELL...] [--steps N]... [--tokenizer NAME] [--row "FIELD=VALUE ..."]...

Every row is one training run of the same steps and the same seed. It is scored on the validation part, with the better
of the weights and their average, as `seqgen train` does. The first row of a table is the model without n-grams.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from seqgen.config import (
    MODEL_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    TokenizerName,
    TrainingConfig,
    parse_settings,
    tokenizer_config,
)
from seqgen.run import StepReport, ValidationReport
from seqgen.training import Session, TrainingRequest

_ALWAYS = ["precision=bfloat16", "patience=none"]


def train(text: str, cell: Cell, settings: Sequence[str], *, steps: int, tokenizer: TokenizerName) -> str:
    """Train once; returns a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(text,)),
            cell=cell,
            tokenizer=tokenizer_config(tokenizer, {}),
            settings=parse_settings([*_ALWAYS, *settings], [MODEL_CONFIGS[cell], TrainingConfig]),
            budget=Budget(steps=steps),
            device="cpu",
            folder=Path(folder) / "run",
        )
        session = Session.start(request)
        learned, validated = [], []
        for report in session.reports():
            if isinstance(report, StepReport):
                learned.append(report.loss_nats)
            elif isinstance(report, ValidationReport):
                validated.append(report.nats_per_token)
    tail = learned[-max(1, steps // 20) :]
    shape = f"{cell} {session.record.model.n_layer}x{session.record.model.d_model}"
    cells = [
        shape,
        f"{steps:,}",
        f"{session.epoch:.1f}",
        " ".join(settings) or "none",
        f"{sum(tail) / len(tail):.4f}",
        f"{validated[-1]:.4f}",
        f"{min(validated):.4f}",
        f"{session.n_parameters / 1e6:.2f}M",
        f"{session.tokens_per_s:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("cells", nargs="*", default=["lstm"], metavar="CELL")
    parser.add_argument("--steps", type=int, action="append", metavar="N")
    parser.add_argument("--tokenizer", default="char")
    parser.add_argument("--row", action="append", default=[], metavar="SETTINGS")
    parser.add_argument("--without-none", action="store_true")
    options = parser.parse_args()
    print("| model | steps | epochs | settings | training | at the end | best | parameters | tokens/s |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for cell in options.cells:
        for steps in options.steps or [300]:
            for row in ([] if options.without_none else [""]) + options.row:
                row_ = train(options.text, cell, row.split(), steps=steps, tokenizer=options.tokenizer)
                print(row_, flush=True)


if __name__ == "__main__":
    main()
