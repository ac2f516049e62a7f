"""What `seqgen sample` prints: texts while they are written, whole texts, the odds of the next token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.sample.text_output import BYTES_OF_CHARACTER, BYTES_OF_PIECE, LaterText, TextOutput, goes_to_file
from seqgen.cli.shared.escaping import json_text
from seqgen.cli.shared.render import (
    note,
    note_painted,
    note_run,
    print_columns,
    print_json,
    print_table,
)
from seqgen.cli.shared.tokens import shown_token
from seqgen.config import KNOWN_WORDS, SamplingConfig, SamplingRequest
from seqgen.waiting import counted
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.sampling import Ending, FittedPrompt, GeneratedText, TextPiece, TextStream

_SHOWN_ODDS = 20
_REASONS = {
    "silence": "the model samples nothing but end-of-text tokens",
    "stuck": "--ban, --no-copy, --match or --words leave no token to continue with",
}
"""Why a text may be shorter than the length it was to have."""


@dataclass(frozen=True, kw_only=True)
class TextForm:
    """How texts are printed."""

    color: bool = False
    raw: bool = False
    as_json: bool = False


def stream_texts(
    model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, request: SamplingRequest, form: TextForm
) -> None:
    """Print the first text while it is written. The others are written at the same time, and printed after it."""
    from seqgen.cli.shared.shading import Shading
    from seqgen.sampling import TextStream

    shading = Shading.of_terminal() if form.color else None
    if shading is not None:
        note_painted(shading.legend())
    stream = TextStream(model, prompt, config=config, request=request, scored=form.color)
    later = [LaterText(scored=form.color) for _ in range(1, request.count)]
    out = TextOutput(raw=form.raw)

    def write(text: str, nats: float) -> None:
        out.write(text, str if shading is None else lambda run: shading.paint(run, nats))

    out.write(prompt.text)
    for number, text, nats in _said(stream, request):
        if number == 0:
            write(text, nats)
        else:
            later[number - 1].add(text, nats)
    for text_after in later:
        out.write("\n\n" + prompt.text)
        for text, nats in text_after.pieces():
            write(text, nats)
    out.finish()
    _note_endings(stream.endings, must_match=config.match is not None)
    if stream.n_invalid:
        note(f"shown as U+FFFD: {count_of(stream.n_invalid, 'byte sequence')} not in UTF-8")


def require_room_for_later(
    model: SavedModel, config: SamplingConfig, request: SamplingRequest, *, form: TextForm
) -> None:
    """Refuse more texts than can be kept until they are shown. The first one is not kept.

    Raises:
        ConfigError: naming what they need and what is free.
    """
    from seqgen.sampling.room import require_room_for_texts

    train = model.record.corpus.parts["train"]
    n_tokens_each = (train.n_tokens or 0) / (train.n_characters or 1)
    n_bytes_each = BYTES_OF_CHARACTER + (n_tokens_each * BYTES_OF_PIECE if form.color else 0)
    require_room_for_texts(config, request, n_kept=request.n_texts - 1, n_bytes_each=n_bytes_each)


def _said(stream: TextStream, request: SamplingRequest) -> Iterable[TextPiece]:
    """The pieces of texts, with a line about how far they are where nobody sees them: if standard output is a file."""
    if not goes_to_file():
        return stream
    n_characters = None if request.length is None else request.n_texts * request.length
    return counted(stream, "writing", total=n_characters, size=lambda piece: len(piece.text))


def print_whole_texts(
    model: SavedModel,
    prompt: FittedPrompt,
    *,
    configs: Sequence[SamplingConfig],
    request: SamplingRequest,
    form: TextForm,
) -> None:
    """Print texts once they are finished: as JSON, side by side for several temperatures, or the best of several."""
    from seqgen.sampling import provenance_of, whole_text, write_texts

    texts_of = [write_texts(model, prompt, config=config, request=request) for config in configs]
    _note_missing(len(texts_of[0]), request)
    _note_endings([text.ending for texts in texts_of for text in texts], must_match=configs[0].match is not None)
    if form.as_json:
        origins = [
            provenance_of(model, prompt.text, config=config, request=request, source=prompt.source)
            for config in configs
        ]
        print_json_list(
            {**origin, "sample": number, **_result(text)}
            for origin, texts in zip(origins, texts_of, strict=True)
            for number, text in enumerate(texts)
        )
    elif len(configs) == 1:
        _print_texts(model, prompt.text, texts_of[0], raw=form.raw)
    else:
        header = [f"temperature {config.temperature:g}" for config in configs]
        rows = [[whole_text(model, prompt.text, text.text) for text in row] for row in zip(*texts_of, strict=True)]
        print_columns(header, rows)


def print_json_list(values: Iterable[object]) -> None:
    """Print a list as `print_json` does, one value after another, so that many take no memory together."""
    begun = False
    for value in values:
        print(("," if begun else "[") + "\n  " + json_text(value, indent=2).replace("\n", "\n  "), end="")
        begun = True
    print("\n]" if begun else "[]")


def print_beam(model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, length: int, width: int) -> None:
    """Print the likeliest text that a beam search finds."""
    from seqgen.sampling import beam_search

    text = beam_search(model, prompt, config=config, length=length, width=width)
    _note_endings([text.ending], must_match=config.match is not None)
    _print_texts(model, prompt.text, [text])


def print_odds(model: SavedModel, prompt: FittedPrompt, *, hold: Mapping[str, float], as_json: bool) -> None:
    """Print the probabilities of the tokens that may come next, the likeliest first."""
    from seqgen.sampling import next_odds, prefill

    odds = next_odds(prefill(model, prompt.ids, source=prompt.source_ids, hold=hold), model.tokenizer)
    if as_json:
        print_json([{"text": text, "probability": probability} for text, probability in odds])
        return
    rows = [[shown_token(text), f"{probability:.4f}"] for text, probability in odds[:_SHOWN_ODDS]]
    print_table(["before" if model.record.corpus.backward else "next", "probability"], rows, n_left=1)
    rest = odds[_SHOWN_ODDS:]
    if rest:
        print(f"{len(rest)} others: {sum(probability for _, probability in rest):.4f} together")


def replay_file(run: str | None, file: str, *, as_json: bool) -> None:
    """Write every text in the output of `--json` again."""
    from seqgen.corpus.recorded_paths import require_regular
    from seqgen.run import open_model
    from seqgen.sampling import after_source, fit_prompt, read_provenance, whole_text, write_texts

    provenances = read_provenance(Path(file))
    for provenance in provenances:
        require_regular([source for source in provenance.config.words if source != KNOWN_WORDS])
    model = open_model(run if run is not None else provenances[0].run)
    for provenance in provenances:  # before a word about the model, because the file may name any model
        provenance.require_model(model.sha256)
    note_run(model, is_named=True)
    texts = []
    for provenance in provenances:
        prompt = fit_prompt(model.read(provenance.prompt), model.tokenizer)
        prompt = after_source(prompt, model, provenance.source)
        written = write_texts(model, prompt, config=provenance.config, request=provenance.request)
        texts.append(written[provenance.sample])
    if as_json:
        print_json([{**old.item, **_result(text)} for old, text in zip(provenances, texts, strict=True)])
    else:
        pairs = zip(provenances, texts, strict=True)
        _write_whole("\n\n".join(whole_text(model, old.prompt, text.text) for old, text in pairs))


def _note_endings(endings: Sequence[Ending | None], *, must_match: bool) -> None:
    n_unmatched = sum(ending in ("stop", "stuck") for ending in endings)
    if n_unmatched and must_match:
        note(f"ended too early to match: {n_unmatched} of {count_of(len(endings), 'text')}")
    for ending, reason in _REASONS.items():
        if ending in endings:
            note(f"shorter than asked for: {endings.count(ending)} of {count_of(len(endings), 'text')}; {reason}")


def _note_missing(n_found: int, request: SamplingRequest) -> None:
    from seqgen.sampling.exact_match import TRIES_PER_TEXT
    from seqgen.sampling.new_texts import MOST_TRIES

    if n_found < request.count and request.exact:
        note(
            f"{count_of(n_found, 'text')} instead of {request.count}: only so many of "
            f"{TRIES_PER_TEXT * request.count:,} tries matched; try --match without --exact, which always writes texts "
            "that match, but not as often as the model would"
        )
    elif n_found < request.count:
        note(
            f"{count_of(n_found, 'new text')} instead of {request.count}: stopped after {MOST_TRIES} texts in a row "
            "that were empty, a training document, or written before; try a higher --temp"
        )


def _result(text: GeneratedText) -> dict[str, Any]:
    nats = text.nats / len(text.text) if text.text else None
    return {"text": text.text, "ending": text.ending, "nats_per_character": nats}


def _print_texts(model: SavedModel, prompt: str, texts: Sequence[GeneratedText], *, raw: bool = False) -> None:
    from seqgen.sampling import whole_text

    _write_whole("\n\n".join(whole_text(model, prompt, text.text) for text in texts), raw=raw)


def _write_whole(text: str, *, raw: bool = False) -> None:
    out = TextOutput(raw=raw)
    out.write(text)
    out.finish()
