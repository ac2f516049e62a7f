"""llama.cpp in a process of its own: it may abort, and must not take the tests with it.

Run as a program, it opens a file and answers requests: a JSON list of pairs of a path and a body, on stdin.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

Request = tuple[str, dict[str, Any]]
_TIMEOUT_S = 60
EXACT = "exact"
"""Keys and values in float32."""


def ask(file: Path, requests: list[Request], *, exact: bool = True) -> list[dict[str, Any]]:
    """The answers of a server that has opened a file."""
    command = [sys.executable, __file__, str(file), *([EXACT] if exact else [])]
    process = subprocess.run(
        command, input=json.dumps(requests), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    assert process.returncode == 0, process.stderr[-2000:]
    answers: list[dict[str, Any]] = json.loads(process.stdout.splitlines()[-1])
    return answers


def _serve(file: str, *, exact: bool) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = file
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 2048, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = params.fit_params = False
    params.verbosity = -1
    if exact:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    return xllamacpp.Server(params)


def _answer(address: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main() -> None:
    server = _serve(sys.argv[1], exact=EXACT in sys.argv[2:])
    requests = json.load(sys.stdin)
    print("\n" + json.dumps([_answer(server.listening_address, path, body) for path, body in requests]))


if __name__ == "__main__":
    main()
