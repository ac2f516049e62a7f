"""Times the server beside the sampler: many streams at once over loopback, and the first character when it is idle.

    python benchmarks/serving.py RUN --streams 100 --length 2000

RUN is the run folder to serve. The sampler writes the same texts in this process, all of them together. The clients are
in this process too, so on few cores they take time from the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.run import open_model
from seqgen.sampling import TextStream, fit_prompt

PROMPT, TEMPERATURE = "The ", 0.8
N_IDLE = 30


def sampler_speed(run: str, *, streams: int, length: int) -> float:
    """Characters per second of the sampler, all texts together."""
    model = open_model(run)
    prompt, config = fit_prompt(PROMPT, model.tokenizer), SamplingConfig(temperature=TEMPERATURE)
    request = SamplingRequest(length=length, count=streams)
    begun = time.perf_counter()
    n_characters = sum(len(piece.text) for piece in TextStream(model, prompt, config=config, request=request))
    return n_characters / (time.perf_counter() - begun)


@contextmanager
def serving(run: str, *, streams: int) -> Iterator[str]:
    """A server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "seqgen", "serve", run, "--port", "0", "--most-streams", str(streams)]
    environment = {**os.environ, "SEQGEN_API_KEY": ""}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        address = next(line.split()[1] for line in process.stderr if line.startswith("page: "))
        yield address
        process.terminate()


async def stream(address: str, *, length: int, seed: int) -> tuple[int, float]:
    """Read a stream to its end: its characters, and the seconds until the first of them."""
    url = urlsplit(address)
    body = {"prompt": PROMPT, "max_characters": length, "seed": seed, "temperature": TEMPERATURE, "stream": True}
    content = json.dumps({**body, "ignore_eos": True}).encode()
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    n_characters, first_s = 0, 0.0
    async for line in reader:
        if line.startswith(b"data: [DONE]"):
            break
        if line.startswith(b"data: {"):
            first_s = first_s or time.perf_counter() - begun
            n_characters += len(json.loads(line[6:])["choices"][0]["text"])
    writer.close()
    return n_characters, first_s


async def load(address: str, *, streams: int, length: int) -> tuple[float, list[float]]:
    """Characters per second of many streams together, and how long each waited for its first."""
    begun = time.perf_counter()
    done = await asyncio.gather(*(stream(address, length=length, seed=seed) for seed in range(streams)))
    return sum(count for count, _ in done) / (time.perf_counter() - begun), [first_s for _, first_s in done]


async def idle(address: str) -> list[float]:
    """Seconds until the first character of single streams, one after the other."""
    return [(await stream(address, length=20, seed=seed))[1] for seed in range(N_IDLE)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--length", type=int, default=2000)
    options = parser.parse_args()
    alone = sampler_speed(options.run, streams=options.streams, length=options.length)
    with serving(options.run, streams=options.streams) as address:
        asyncio.run(stream(address, length=20, seed=0))  # which is not counted
        first = sorted(asyncio.run(idle(address)))
        served, waited = asyncio.run(load(address, streams=options.streams, length=options.length))
    print("| what | measured |\n| --- | ---: |")
    print(f"| sampler, {options.streams} texts together | {alone:,.0f} characters/s |")
    print(f"| server, {options.streams} streams | {served:,.0f} characters/s ({served / alone:.0%}) |")
    print(f"| first character of {options.streams} at once, median | {1000 * statistics.median(waited):.0f} ms |")
    print(f"| first character when idle, median | {1000 * statistics.median(first):.1f} ms |")
    print(f"| first character when idle, slowest of {N_IDLE} | {1000 * first[-1]:.1f} ms |")


if __name__ == "__main__":
    main()
