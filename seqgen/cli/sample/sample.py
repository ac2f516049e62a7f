"""`seqgen sample`: new text from a trained model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from seqgen.cli.sample.output import print_odds, replay_file, write_likeliest, write_streaming, write_whole
from seqgen.cli.shared.options import DeviceOption, given_options, option
from seqgen.cli.shared.render import note, note_run
from seqgen.config import DEFAULT_LENGTH, Device, SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling import FittedPrompt

_DEFAULT = SamplingConfig()


def sample(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(help="Run folder or .safetensors file; the newest run if left out.", show_default=False)] = None,
    temp: Annotated[list[float] | None, option(f"Below 1 safer, above 1 wilder, 0 always the likeliest; {_DEFAULT.temperature:g} if left out. Several are shown side by side.")] = None,
    prompt: Annotated[str, option("GeneratedText to go on from.")] = "",
    prompt_file: Annotated[str | None, option("File with the prompt, its last newline included; - is standard input.")] = None,
    length: Annotated[int, option(f"Characters to write after the prompt; {DEFAULT_LENGTH} if left out.")] = DEFAULT_LENGTH,
    count: Annotated[int, option("How many texts to write, in one batch.")] = 1,
    seed: Annotated[int, option("The same seed writes the same text; 0 if left out.")] = _DEFAULT.seed,
    stop: Annotated[list[str] | None, option("End before this text; may be repeated.")] = None,
    until_end_of_text: Annotated[bool, option("End where the model ends its document.", "--until-end-of-text")] = False,
    best_of: Annotated[int, option("Write so many for each and keep the one that surprises the model least.")] = 1,
    beam: Annotated[int | None, option("Keep so many beginnings and write the likeliest text found: no chance in it, and mostly dull.")] = None,
    color: Annotated[bool, option("Shade the text by how surprising each token was.", "--color")] = False,
    follow: Annotated[bool, option("Write without end, until the reader leaves or Ctrl-C.", "--follow")] = False,
    top_k: Annotated[int | None, option("Draw among the k likeliest tokens only.")] = None,
    top_p: Annotated[float | None, option("Draw among the fewest tokens with probability p together.")] = None,
    min_p: Annotated[float | None, option("Draw among tokens at least this share as likely as the likeliest.")] = None,
    typical: Annotated[float | None, option("Draw among the tokens of most typical surprise, with probability p together.")] = None,
    repetition_penalty: Annotated[float, option("Above 1: what occurred lately is less likely.")] = _DEFAULT.repetition_penalty,
    presence_penalty: Annotated[float, option("Taken from the logit of what occurred lately.")] = _DEFAULT.presence_penalty,
    frequency_penalty: Annotated[float, option("The same, for every time it did.")] = _DEFAULT.frequency_penalty,
    penalty_window: Annotated[int, option(f"Tokens back that penalties look; {_DEFAULT.penalty_window} if left out.")] = _DEFAULT.penalty_window,
    ban: Annotated[list[str] | None, option("Never write this text; may be repeated.")] = None,
    bias: Annotated[list[str] | None, option("Add to the logits of tokens that would complete a text.", metavar="TEXT=NUMBER")] = None,
    no_copy: Annotated[int | None, option("Never write so many characters in a row as they stand in the training text; 8 or more.")] = None,
    match: Annotated[str | None, option("Write only what, without the prompt, matches this regular expression as a whole.", metavar="REGEX")] = None,
    odds: Annotated[bool, option("Show what may come next, with its probability, instead of writing.", "--odds")] = False,
    device: DeviceOption = "cpu",
    replay: Annotated[str | None, option("Write again what this file of --json holds.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects, with all it takes to write the texts again.")] = False,
) -> None:  # fmt: skip
    """Write new text with a trained model.

    Filters apply in this order: ban and bias, match, penalties, top-k, top-p, min-p, typical, temperature, no-copy.
    """
    given = _checked(given_options(ctx), length=length, count=count, best_of=best_of, beam=1 if beam is None else beam)
    if replay is not None:
        replay_file(run, replay, as_json)
        return
    configs = _configs(given)
    model, fitted = _open(run, _read_prompt(prompt, prompt_file))
    if odds:
        print_odds(model, fitted, as_json)
    elif beam is not None:
        write_likeliest(model, fitted, length, beam)
    elif as_json or len(configs) > 1 or best_of > 1:
        request = SamplingRequest(length=length, count=count, best_of=best_of, device=_found(device))
        write_whole(model, fitted, configs, request, as_json)
    else:
        request = SamplingRequest(length=None if follow else length, count=count, device=_found(device))
        write_streaming(model, fitted, configs[0], request, color)


_FILTERS = (
    "no_copy", "match", "repetition_penalty", "presence_penalty", "frequency_penalty", "penalty_window", "top_k", "top_p", "min_p", "typical",
)  # fmt: skip
_WHAT_IS_WRITTEN = {"prompt", "prompt_file", "seed", "stop", "until_end_of_text", "ban", "bias", *_FILTERS}
_ALONE = {
    "replay": {"run", "replay", "as_json"},
    "beam": {"run", "beam", "prompt", "prompt_file", "length"},
    "odds": {"run", "odds", "prompt", "prompt_file", "as_json"},
    "follow": {"follow", "color", "run", "temp", "device", *_WHAT_IS_WRITTEN},
    "color": {"follow", "color", "run", "temp", "device", "length", "count", *_WHAT_IS_WRITTEN},
}
"""Options that go with few others."""


def _checked(given: dict[str, Any], **numbers: int) -> dict[str, Any]:
    """The options that were given, if they go together."""
    for name, value in numbers.items():
        least = 0 if name == "length" else 1
        if value < least:
            raise ConfigError(f"--{name.replace('_', '-')} is {value}: it must be {least} or more")
    for name, allowed in _ALONE.items():
        others = sorted(given.keys() - allowed)
        if given.get(name) and others:
            names = ", ".join("--" + other.removeprefix("as_").replace("_", "-") for other in others)
            raise ConfigError(f"--{name} does not go with {names}")
    for name in ("follow", "color"):
        if given.get(name) and len(given.get("temp", ())) > 1:
            raise ConfigError(f"--{name} shows a text as it is made: give one --temp")
    return given


def _configs(given: dict[str, Any]) -> list[SamplingConfig]:
    """One configuration for each temperature."""
    fields = {name: given[name] for name in ("seed", "until_end_of_text", *_FILTERS) if name in given}
    fields |= {name: tuple(given.get(name, ())) for name in ("stop", "ban")}
    bias = _parse_bias(given.get("bias", ()))
    temperatures = given.get("temp", [_DEFAULT.temperature])
    return [SamplingConfig(temperature=temperature, bias=bias, **fields) for temperature in temperatures]


def _parse_bias(texts: Sequence[str]) -> dict[str, float]:
    values: dict[str, float] = {}
    for text in texts:
        phrase, equals, value = text.rpartition("=")
        try:
            values[phrase] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise ConfigError(f"--bias {text}: write it as TEXT=NUMBER")
    return values


def _read_prompt(prompt: str, file: str | None) -> str:
    if file is None:
        return prompt
    if prompt:
        raise ConfigError("give --prompt or --prompt-file, not both")
    if file == "-" and sys.stdin is None:
        raise CorpusError("there is no standard input to read the prompt from")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(f"the prompt in {file} is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}") from None


def _open(run: str | None, prompt: str) -> tuple[SavedModel, FittedPrompt]:
    """The model, and the prompt as it can read it; both are said."""
    from seqgen.run import open_model
    from seqgen.sampling import fit_prompt

    model = open_model(run)
    note_run(model)
    fitted = fit_prompt(prompt, model.tokenizer)
    for line in fitted.notes:
        note(f"prompt: {line}")
    return model, fitted


def _found(device: Device) -> Device:
    """A device that is here: torch is asked only where it is to be found."""
    if device != "auto":
        return device
    from seqgen.models.devices import choose_device

    return cast(Device, choose_device(device).type)
