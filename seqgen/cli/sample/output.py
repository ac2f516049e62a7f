"""What `seqgen sample` puts on the screen: texts as they are made, whole texts, odds, samples made again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.render import note, note_run, print_columns, print_json, print_table
from seqgen.config import SamplingConfig, SamplingRequest

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling import Ending, FittedPrompt, GeneratedText

_SHOWN_ODDS = 20
_REASONS = {
    "silence": "the model draws nothing but ends of documents",
    "stuck": "what is banned, copied or must match leaves nothing to go on with",
}


def write_likeliest(model: SavedModel, prompt: FittedPrompt, length: int, width: int) -> None:
    """The text that a beam finds."""
    from seqgen.sampling import beam_search

    _print_texts(prompt.text, [beam_search(model, prompt, config=SamplingConfig(), length=length, width=width)])


def write_streaming(
    model: SavedModel, prompt: FittedPrompt, config: SamplingConfig, request: SamplingRequest, color: bool
) -> None:
    """The first text as it is made, the others, made beside it, after it."""
    from seqgen.cli.shared.shading import Shading
    from seqgen.sampling import TextStream

    shading = Shading.of_terminal() if color else None
    if shading is not None:
        note(shading.legend())
    stream = TextStream(model, prompt, config=config, request=request, scored=color)
    waiting = [prompt.text] * request.count
    _write(prompt.text)
    for piece in stream:
        painted = shading.paint(piece.text, piece.nats) if shading is not None else piece.text
        if piece.number == 0:
            _write(painted)
        else:
            waiting[piece.number] += painted
    for text in waiting[1:]:
        _write("\n\n" + text)
    if sys.stdout.isatty():
        _write("\n")
    _note_endings(stream.endings, [config])
    if stream.n_invalid:
        note(f"{stream.n_invalid} byte sequences were not UTF-8 and are shown as U+FFFD")


def _note_endings(endings: Sequence[Ending | None], configs: Sequence[SamplingConfig]) -> None:
    n_unmatched = sum(ending in ("stop", "stuck") for ending in endings)
    if n_unmatched and configs[0].match is not None:
        note(f"{n_unmatched} of {len(endings)} texts do not match: they were stopped before they did")
    for ending, reason in _REASONS.items():
        if ending in endings:
            note(f"{endings.count(ending)} of {len(endings)} texts end short: {reason}")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def write_whole(
    model: SavedModel,
    prompt: FittedPrompt,
    configs: Sequence[SamplingConfig],
    request: SamplingRequest,
    as_json: bool,
) -> None:
    """Texts that are shown when they are over: for programs, side by side, or the best of several."""
    from seqgen.sampling import provenance_of, write_texts

    made = [write_texts(model, prompt, config=config, request=request) for config in configs]
    _note_endings([text.ending for texts in made for text in texts], configs)
    if as_json:
        print_json(
            [
                {
                    **provenance_of(model, prompt.text, config=config, request=request),
                    "sample": number,
                    **_result(text),
                }
                for config, texts in zip(configs, made, strict=True)
                for number, text in enumerate(texts)
            ]
        )
    elif len(configs) == 1:
        _print_texts(prompt.text, made[0])
    else:
        header = [f"temperature {config.temperature:g}" for config in configs]
        print_columns(header, [[prompt.text + text.text for text in row] for row in zip(*made, strict=True)])


def _result(text: GeneratedText) -> dict[str, Any]:
    nats = text.nats / len(text.text) if text.text else None
    return {"text": text.text, "ending": text.ending, "nats_per_character": nats}


def _print_texts(prompt: str, texts: Sequence[GeneratedText]) -> None:
    _write("\n\n".join(prompt + text.text for text in texts) + ("\n" if sys.stdout.isatty() else ""))


def print_odds(model: SavedModel, prompt: FittedPrompt, as_json: bool) -> None:
    """What may come after a prompt, the likeliest first."""
    from seqgen.sampling import next_odds, prefill

    odds = next_odds(prefill(model, prompt.ids), model.tokenizer)
    if as_json:
        print_json([{"text": text, "probability": probability} for text, probability in odds])
        return
    rows = [[repr(text), f"{probability:.4f}"] for text, probability in odds[:_SHOWN_ODDS]]
    print_table(["next", "probability"], rows, n_left=1)
    rest = odds[_SHOWN_ODDS:]
    if rest:
        print(f"{len(rest)} others: {sum(probability for _, probability in rest):.4f} together")


def replay_file(run: str | None, file: str, as_json: bool) -> None:
    """Write again every text that a file of `--json` holds."""
    from seqgen.run import open_model
    from seqgen.sampling import fit_prompt, read_provenance, write_texts

    provenances = read_provenance(Path(file))
    model = open_model(run if run is not None else provenances[0].run)
    note_run(model)
    for one in provenances:
        one.require_model(model.sha256)
    again = []
    for one in provenances:
        prompt = fit_prompt(one.prompt, model.tokenizer)
        texts = write_texts(model, prompt, config=one.config, request=one.request)
        again.append(texts[one.sample])
    if as_json:
        print_json([{**one.item, **_result(text)} for one, text in zip(provenances, again, strict=True)])
    else:
        _write("\n\n".join(one.prompt + text.text for one, text in zip(provenances, again, strict=True)))
