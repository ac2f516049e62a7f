"""`seqgen sample`: new text from a trained model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqgen.cli.render import note, note_run, print_json
from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from seqgen.sampling import FittedPrompt, TextStream

_DEFAULT = SamplingConfig()
_LENGTH = 1000


def sample(
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    temp: Annotated[float, typer.Option(help="Below 1 safer, above 1 wilder, 0 always the likeliest.")] = _DEFAULT.temperature,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest tokens only.")] = _DEFAULT.top_k,
    top_p: Annotated[float | None, typer.Option(help="Draw among the fewest tokens with probability p together.")] = _DEFAULT.top_p,
    prompt: Annotated[str, typer.Option(help="Text to go on from.", show_default=False)] = "",
    prompt_file: Annotated[str | None, typer.Option(help="File with the prompt, its last newline included; - is standard input.")] = None,
    length: Annotated[int, typer.Option(help="Characters to write after the prompt.")] = _LENGTH,
    count: Annotated[int, typer.Option(help="How many texts to write.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed writes the same text.")] = _DEFAULT.seed,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:  # fmt: skip
    """Write new text with a trained model.

    Filters apply in this order: top-k, top-p, temperature. The text goes to standard output as it is made.
    """
    config = SamplingConfig(temperature=temp, top_k=top_k, top_p=top_p, seed=seed)
    for name, value, least in (("--length", length, 0), ("--count", count, 1)):
        if value < least:
            raise ConfigError(f"{name} is {value}: it must be {least} or more")
    from seqgen.run import open_model
    from seqgen.sampling import TextStream, fit_prompt

    model = open_model(run)
    note_run(model)
    fitted = fit_prompt(_read_prompt(prompt, prompt_file), model.tokenizer)
    for line in fitted.notes:
        note(f"prompt: {line}")
    stream = TextStream(model, fitted, config, length=length, count=count)
    if as_json:
        texts = [""] * count
        for number, piece in stream:
            texts[number] += piece
        common = {"run": str(model.path), "model_sha256": model.sha256, "prompt": fitted.text, "seed": seed}
        print_json([{**common, "sample": number, "text": text} for number, text in enumerate(texts)])
    else:
        _print_texts(stream, fitted, count)
    if stream.n_unfinished:
        note(f"{stream.n_unfinished} texts end short: the model draws nothing but ends of documents")
    if stream.n_invalid:
        note(f"{stream.n_invalid} byte sequences were not UTF-8 and are shown as U+FFFD")


def _read_prompt(prompt: str, file: str | None) -> str:
    if file is None:
        return prompt
    if prompt:
        raise ConfigError("give --prompt or --prompt-file, not both")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(f"the prompt in {file} is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}") from None


def _print_texts(stream: TextStream, prompt: FittedPrompt, count: int) -> None:
    """The first text as it is made, the others, made beside it, after it."""
    waiting = [prompt.text] * count
    _write(prompt.text)
    for number, piece in stream:
        if number == 0:
            _write(piece)
        waiting[number] += piece
    for text in waiting[1:]:
        _write("\n\n" + text)
    if sys.stdout.isatty() and not waiting[-1].endswith("\n"):
        _write("\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
