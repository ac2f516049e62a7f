"""An order: what a request for completions asks for, checked, with all defaults filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seqgen.config import SamplingConfig, ServingConfig, fresh_seed
from seqgen.run import SavedModel
from seqgen.sampling import FittedPrompt, require_constraints
from seqgen.sampling.prompt import fit_config
from seqgen.server.completions.bounds import require_few, require_possible, require_text
from seqgen.server.completions.prompts import fitted, names_end, prompts_of, require_ids
from seqgen.server.engine import StreamRequest
from seqgen.server.parameters.completions import DEFAULT_CHARACTERS
from seqgen.server.parameters.table import Fields

_DRAWN_SEED = -1
_MOST_NOTES = 20
_SAME_NAMES = (
    "temperature", "top_p", "typical", "presence_penalty", "frequency_penalty", "repetition_penalty", "match", "bias",
)  # fmt: skip
_WHOLE_NUMBERS = ("top_k", "penalty_window", "no_copy")
_OFF_AT_ZERO = ("top_k", "min_p")
"""Clients turn these off with 0 or -1, seqgen with None."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """The texts that a request asks for."""

    prompts: tuple[FittedPrompt, ...]
    with_end: tuple[bool, ...]
    """Of each prompt: whether its scores begin with the end-of-text token before it."""
    config: SamplingConfig
    n: int
    """Texts of each prompt that are returned."""
    best_of: int
    """Texts of each prompt that are written."""
    max_tokens: int | None
    max_characters: int | None
    logprobs: int | None
    """How many of the likeliest tokens are told for each token; None: no log-probability is told."""
    has_echo: bool
    is_streamed: bool
    has_usage: bool
    """Whether the last event of a stream tells the usage."""
    token_bias: Mapping[int, float]
    warnings: tuple[str, ...]

    @property
    def writes_nothing(self) -> bool:
        """Whether only prompts are wanted back, with their scores."""
        return self.max_tokens == 0 or self.max_characters == 0

    def requests(self) -> list[StreamRequest]:
        """One for each text: those of the first prompt first. Texts of a prompt differ in their number."""
        return [
            StreamRequest(
                prompt=prompt,
                config=self.config,
                max_tokens=self.max_tokens,
                max_characters=self.max_characters,
                number=number,
                top_logprobs=self.logprobs,
                is_scored=self.logprobs is not None or self.best_of > self.n,
                token_bias=self.token_bias,
            )
            for prompt in self.prompts
            for number in range(self.best_of)
        ]


def order_of(fields: Fields, saved: SavedModel, limits: ServingConfig) -> Order:
    """The order of a request. This may take a part of a second if the prompt is long.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> order = order_of(Fields({"prompt": "Mina", "n": 2, "seed": 7}, ()), saved, ServingConfig())
    >>> order.prompts[0].text, order.best_of, order.config.seed, order.max_characters
    ('Mina', 2, 7, 500)

    Raises:
        SeqgenError: a value is not possible, alone or beside another, or with this model.
    """
    values = fields.values
    n = int(values.get("n", 1))
    best_of = int(values.get("best_of", n))
    prompts = prompts_of(values.get("prompt", ""))
    options = values.get("stream_options", {})
    require_possible(values, n=n, best_of=best_of)
    require_few(values, prompts, best_of=best_of, limits=limits)
    token_bias = {int(token): float(value) for token, value in values.get("logit_bias", {}).items()}
    require_ids(list(token_bias), saved, field="logit_bias")
    config = _config(values, saved)
    read = tuple(fitted(prompt, saved) for prompt in prompts)
    max_tokens, max_characters = (_whole(values.get(name)) for name in ("max_tokens", "max_characters"))
    is_open = max_tokens is None and max_characters is None
    return Order(
        prompts=read,
        with_end=tuple(map(names_end, prompts)),
        config=config,
        n=n,
        best_of=best_of,
        max_tokens=max_tokens,
        max_characters=DEFAULT_CHARACTERS if is_open else max_characters,
        logprobs=_whole(values.get("logprobs")),
        has_echo=values.get("echo", False),
        is_streamed=values.get("stream", False),
        has_usage=options.get("include_usage", False),
        token_bias=token_bias,
        warnings=(*fields.warnings, *_notes(read)),
    )


def _notes(prompts: Iterable[FittedPrompt]) -> list[str]:
    """What of the prompts had to be changed, in sentences."""
    notes = list(dict.fromkeys(f"prompt: {note}" for prompt in prompts for note in prompt.notes))
    more = [f"prompt: {len(notes) - _MOST_NOTES} more such changes"] if len(notes) > _MOST_NOTES else []
    return [*notes[:_MOST_NOTES], *more]


def _config(values: Mapping[str, Any], saved: SavedModel) -> SamplingConfig:
    """The sampling configuration, checked against the model.

    Raises:
        ConfigError: a value out of its range, or one that the model cannot do.
        CorpusError: the training text is needed, and it is not found.
    """
    stop = values.get("stop", ())
    seed = _whole(values.get("seed", _DRAWN_SEED))
    chosen = {name: values[name] for name in _SAME_NAMES if name in values}
    chosen |= {name: _whole(values[name]) for name in _WHOLE_NUMBERS if name in values}
    chosen |= {"min_p": values["min_p"]} if "min_p" in values else {}
    config = SamplingConfig(
        **{
            "temperature": saved.temperature,
            **{name: value for name, value in chosen.items() if not (name in _OFF_AT_ZERO and value in (0, -1))},
        },
        stop=tuple(filter(None, [stop] if isinstance(stop, str) else stop)),
        ban=tuple(filter(None, values.get("ban", ()))),
        seed=fresh_seed() if seed == _DRAWN_SEED or seed is None else seed,
        until_end_of_text=saved.has_documents and not values.get("ignore_eos", False),
    )
    config = fit_config(config, saved)
    if config.match is None:  # whose automaton takes a while, so it is built where the text is written
        require_constraints(saved, config)
    if config.no_copy is not None:
        require_text(saved)
    return config


def _whole(value: float | None) -> int | None:
    """JSON may write a whole number as 3.0."""
    return None if value is None else int(value)
