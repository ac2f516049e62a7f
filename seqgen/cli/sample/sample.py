"""`seqgen sample`: new text from a trained model."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seqgen.cli.sample.options import SampleOptions
from seqgen.cli.sample.output import (
    TextForm,
    print_beam,
    print_odds,
    print_whole_texts,
    replay_file,
    require_room_for_later,
    stream_texts,
)
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import note, note_run
from seqgen.cli.shared.sampling_options import at_best_temperature, note_no_copy, note_seed, sampling_config
from seqgen.config import Device, SamplingConfig, SamplingRequest, unescape
from seqgen.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling import FittedPrompt


def sample(options: SampleOptions) -> None:
    """Write new text with a trained model.

    Filters apply in this order: ban and bias, match, words, penalties, top-k, top-p, min-p, typical, temperature,
    no-copy.
    """
    require_at_least(options, 0, "length")
    require_at_least(options, 1, "count", "best_of", "beam")
    _refuse_repeated(options)
    if options.replay is not None:
        replay_file(options.run, options.replay, as_json=options.as_json)
        return
    configs = _configs(options)
    model, prompt = _open(options, configs[0], request=_request(options))
    is_backward = model.record.corpus.backward
    if options.odds:
        print_odds(model, prompt, hold=configs[0].hold, as_json=options.as_json)
        return
    note_no_copy(configs[0], model)
    if options.beam is not None:
        print_beam(model, prompt, config=configs[0], length=options.length, width=options.beam)
        return
    if not options.temp:
        configs = [at_best_temperature(configs[0], model)]
    if is_backward and not options.as_json:
        note("writing from the end: what stands before the prompt is shown when it is complete")
    note_seed(options, max(configs, key=lambda config: config.temperature), again="the same again")
    if _are_streamed(options, model):
        stream_texts(model, prompt, config=configs[0], request=_request(options), form=_form(options))
    else:
        print_whole_texts(model, prompt, configs=configs, request=_request(options), form=_form(options))


def _are_streamed(options: SampleOptions, model: SavedModel) -> bool:
    """Whether texts are shown while they are written."""
    is_whole = options.as_json or options.new or options.exact or len(options.temp) > 1 or options.best_of > 1
    return not (is_whole or model.record.corpus.backward)


def _form(options: SampleOptions) -> TextForm:
    return TextForm(color=options.color, raw=options.raw, as_json=options.as_json)


def _refuse_repeated(options: SampleOptions) -> None:
    for name in ("follow", "color", "new", "exact"):
        if name in options.given and len(options.temp) > 1:
            raise ConfigError(f"several --temp cannot be given with --{name}: give one")
    if len(options.source) > 1:
        raise ConfigError("several --source cannot be given: give one; seqgen predict takes several")


def _configs(options: SampleOptions) -> list[SamplingConfig]:
    """One configuration for each temperature that was given, all with the same seed."""
    first = sampling_config(options, temperature=options.temp[0] if options.temp else None)
    return [first, *(replace(first, temperature=temperature) for temperature in options.temp[1:])]


def _request(options: SampleOptions) -> SamplingRequest:
    return SamplingRequest(
        length=None if options.follow else options.length,
        count=options.count,
        best_of=options.best_of,
        device=_find_device(options.device),
        new=options.new,
        exact=options.exact,
    )


def _open(
    options: SampleOptions, config: SamplingConfig, *, request: SamplingRequest
) -> tuple[SavedModel, FittedPrompt]:
    """The model, and the prompt as the model can read it. Notes say which they are, unless the options are refused."""
    text = unescape(options.prompt) if options.prompt_file is None else _read_prompt(options.prompt_file)
    from seqgen.run import open_model
    from seqgen.sampling import after_source, fit_prompt, require_constraints, require_forward, units_of

    model = open_model(options.run)
    if options.color or options.follow:
        require_forward(model, "--color" if options.color else "--follow")
    source = unescape(options.source[0]) if options.source else None
    after_source(fit_prompt("", model.tokenizer), model, source)  # refuses before anything is said
    require_constraints(model, config)
    units_of(model, config.hold)
    _require_room(options, model, config=config, request=request)
    note_run(model, is_named=options.run is not None)
    beginning = fit_prompt(model.read(text), model.tokenizer)
    prompt = after_source(beginning, model, source)
    for line in beginning.notes:
        note(f"prompt: {line}")
    for line in prompt.notes[len(beginning.notes) :]:
        note(f"source: {line}")
    return model, prompt


def _require_room(
    options: SampleOptions, model: SavedModel, *, config: SamplingConfig, request: SamplingRequest
) -> None:
    """Refuse what there is no memory for."""
    from seqgen.sampling.room import require_room_for_request, require_room_for_search, require_room_for_texts

    if options.beam is not None:
        require_room_for_search(model, options.beam)
        return
    require_room_for_request(model, request)
    if _are_streamed(options, model):
        require_room_for_later(model, config, request, form=_form(options))
    else:
        require_room_for_texts(config, request)


def _read_prompt(file: str) -> str:
    """The prompt from a file, or from standard input for `-`."""
    if file == "-" and sys.stdin is None:
        raise CorpusError("there is no standard input to read the prompt from")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(f"the prompt in {file} is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror}") from None


def _find_device(device: Device) -> Device:
    """The device that `auto` stands for. Only `auto` needs torch, which takes seconds to load."""
    if device != "auto":
        return device
    from seqgen.models.devices import choose_device

    return cast(Device, choose_device(device).type)
