"""How exactly runs that were exported to transformers compute what seqgen computes.

    python benchmarks/exported_transformers.py RUN ...

Each run reads the beginning of the stories, by seqgen's own steps and by transformers: all at once, one token at a
time, with half the precision, and, for a Transformer, far from the beginning of a text. The table has the largest
differences between logits, in nats, and by how much the mean loss of the longest text differs, in bits a token.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, __version__

from seqgen.config import ExportConfig, ExportPrecision, TransformerConfig
from seqgen.export import export_model
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model

STORIES = Path(__file__).resolve().parent.parent / "corpora" / "stories.txt"
N_TOKENS, N_LONG = 400, 1500
FAR = 40_000
"""The position at which a text begins in the last column."""
Logits = NDArray[np.float32]


def opened(saved: SavedModel, folder: Path, precision: ExportPrecision) -> Any:
    """The model as transformers opens it, in single precision whatever the file holds."""
    config = ExportConfig(format="transformers", precision=precision)
    path = export_model(saved, config, out=folder / precision).path
    model: Any = AutoModelForCausalLM.from_pretrained(str(path), trust_remote_code=True, dtype="float32")
    return model.eval()


def steps_of_seqgen(saved: SavedModel, ids: NDArray[np.int64]) -> Logits:
    stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    return np.array([stepper.step(np.array([token]))[0].copy() for token in ids])


@torch.inference_mode()
def at_once(model: Any, ids: NDArray[np.int64], **options: Any) -> Logits:
    logits: Logits = model(torch.from_numpy(ids)[None], **options).logits[0].numpy()
    return logits


@torch.inference_mode()
def one_by_one(model: Any, ids: NDArray[np.int64]) -> Logits:
    """As `generate` of transformers reads."""
    carried: dict[str, Any] = {"use_cache": True}
    rows = []
    for time in range(1, len(ids) + 1):
        n_next = {"next_sequence_length": 1} if time > 1 else {}
        inputs = model.prepare_inputs_for_generation(torch.from_numpy(ids[:time])[None], **n_next, **carried)
        outputs = model(**inputs)
        carried = model._update_model_kwargs_for_generation(outputs, carried)
        rows.append(outputs.logits[0, -1].numpy())
    return np.array(rows)


def row_of(saved: SavedModel, folder: Path) -> list[str]:
    text = saved.read(STORIES.read_text(encoding="utf-8"))
    ids = np.concatenate(([0], saved.tokenizer.encode(saved.tokenizer.mark(text)).ids))[:N_LONG].astype(np.int64)
    expected, model, short = steps_of_seqgen(saved, ids), opened(saved, folder, "float32"), ids[:N_TOKENS]
    found = at_once(model, ids)
    differences = [
        found[:N_TOKENS] - expected[:N_TOKENS],
        found - expected,
        one_by_one(model, short) - expected[:N_TOKENS],
        at_once(opened(saved, folder, "float16"), short) - expected[:N_TOKENS],
    ]
    if isinstance(saved.record.model, TransformerConfig):
        positions = torch.arange(FAR, FAR + N_TOKENS)[None]
        differences.append(at_once(model, short, position_ids=positions) - expected[:N_TOKENS])
    bits = f"{abs(bits_per_token(found, ids) - bits_per_token(expected, ids)):.0e}"
    return [bits, *(f"{np.abs(difference).max():.1e}" for difference in differences)]


def bits_per_token(logits: Logits, ids: NDArray[np.int64]) -> float:
    """The mean loss of each id after those before it."""
    nats = F.cross_entropy(torch.from_numpy(logits[:-1]).double(), torch.from_numpy(ids[1:]))
    return nats.item() / math.log(2)


def main() -> None:
    torch.set_num_threads(1)
    print(f"transformers {__version__}, torch {torch.__version__}")
    print(f"| run | parameters | loss | {N_TOKENS} tokens | {N_LONG:,} | one by one | float16 | from {FAR:,} on |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in sys.argv[1:]:
        saved = open_model(run)
        with tempfile.TemporaryDirectory() as folder:
            figures = row_of(saved, Path(folder))
        print(f"| {saved.name} | {saved.n_parameters:,} | {' | '.join([*figures, '-'][:6])} |", flush=True)


if __name__ == "__main__":
    main()
