"""Sampling options as keywords, as a program types them: `temperature=0.7, stop="THE END"`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqgen.config.fields import fields_of
from seqgen.config.sampling import SamplingConfig, fresh_seed
from seqgen.errors import ConfigError, did_you_mean

_TEXT_LISTS = ("stop", "ban", "words")
"""Options that take several texts; one text alone may be given as it is."""


def sampling_config_of(options: Mapping[str, Any]) -> SamplingConfig:
    """The configuration that these options stand for, with a fresh seed if they have none.

    >>> from seqgen.config import sampling_config_of
    >>> sampling_config_of({"stop": "THE END", "seed": 3}).stop
    ('THE END',)

    Raises:
        ConfigError: an unknown option, or a value out of its range.
    """
    known = fields_of(SamplingConfig)
    for name in options.keys() - known.keys():
        raise ConfigError(f"{name} is an unknown option: the options are {', '.join(known)}{did_you_mean(name, known)}")
    texts = {name: options[name] for name in _TEXT_LISTS if name in options}
    lists = {name: (text,) if isinstance(text, str) else tuple(text) for name, text in texts.items()}
    return SamplingConfig(**{"seed": fresh_seed(), **options, **lists})
