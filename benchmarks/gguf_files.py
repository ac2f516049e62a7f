"""How far log-probabilities of llama.cpp are from those of seqgen, for an exported Transformer.

    python benchmarks/gguf_files.py RUN... [--positions N] [--prompt TEXT]

Each run is exported to GGUF in both precisions. xllamacpp opens the files, once as llama.cpp is set and once with keys
and values in 32 bits, and writes the likeliest text of so many tokens after the prompt. At each position, the ten
likeliest tokens are compared, apart for positions within the memory and beyond it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import xllamacpp

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.export import export_model
from seqgen.inference import build_stepper
from seqgen.run import SavedModel, open_model

N_CANDIDATES = 10
PRECISIONS: tuple[ExportPrecision, ...] = ("float32", "float16")


def write_text(file: Path, prompt: str, *, positions: int, wide: bool) -> list[dict[str, Any]]:
    """The likeliest tokens of llama.cpp at each position. `wide`: keys and values in 32 bits."""
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 4 * positions, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = params.fit_params = False
    params.verbosity = -1
    if wide:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    server = xllamacpp.Server(params)
    body = {"prompt": prompt, "n_predict": positions, "temperature": 0, "n_probs": N_CANDIDATES}
    data = json.dumps({**body, "logit_bias": [[0, False]]}).encode()
    with urllib.request.urlopen(f"{server.listening_address}/completion", data) as answer:
        steps: list[dict[str, Any]] = json.load(answer)["completion_probabilities"]
    return steps


def distances(saved: SavedModel, prompt: str, steps: list[dict[str, Any]]) -> tuple[list[float], bool]:
    """How far the log-probabilities are from seqgen's at each position, and whether the likeliest tokens are equal."""
    stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    logits = stepper.read([0, *saved.tokenizer.encode(prompt).ids.tolist()])
    found, equal = [], True
    for step in steps:
        row = logits[0].astype(np.float64)
        row -= np.log(np.exp(row - row.max()).sum()) + row.max()
        found.append(max(abs(row[token["id"]] - token["logprob"]) for token in step["top_logprobs"]))
        equal &= int(row[1:].argmax()) + 1 == step["id"]
        logits = stepper.step(np.array([step["id"]]))
    return found, equal


def rows_of(saved: SavedModel, prompt: str, *, positions: int) -> list[str]:
    """A row of the table for each precision and setting."""
    rows = []
    n_read = 1 + len(saved.tokenizer.encode(prompt).ids)
    memory = saved.record.model.memory  # type: ignore[union-attr]
    for precision in PRECISIONS:
        with tempfile.TemporaryDirectory() as folder:
            exported = export_model(saved, ExportConfig(format="gguf", precision=precision), out=Path(folder) / "out")
            [file] = exported.path.glob("*.gguf")
            for wide in (False, True):
                steps = write_text(file, prompt, positions=positions, wide=wide)
                found, equal = distances(saved, prompt, steps)
                within, beyond = found[: memory - n_read], found[memory - n_read :]
                sizes = [saved.name, precision, f"{file.stat().st_size:,}", "32 bits" if wide else "as set"]
                cells = [*sizes, f"{max(within):.1e}", f"{max(beyond):.1e}", "yes" if equal else "no"]
                rows.append(f"| {' | '.join(cells)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--positions", type=int, default=400)
    parser.add_argument("--prompt", default="Mina ")
    options = parser.parse_args()
    print(f"xllamacpp {xllamacpp.__version__}\n")
    print("| run | weights | bytes | keys and values | within the memory | beyond it | likeliest tokens equal |")
    print("| --- | --- | ---: | --- | ---: | ---: | --- |")
    for run in options.runs:
        print("\n".join(rows_of(open_model(run), options.prompt, positions=options.positions)))


if __name__ == "__main__":
    main()
