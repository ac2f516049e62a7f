"""Sampling options as keywords, as a program types them: `temperature=0.7, stop="THE END"`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqgen.config.checked import checked_options, plain_number
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
        ConfigError: an unknown option, or a value of another type or out of its range.
    """
    known = fields_of(SamplingConfig)
    for name in options.keys() - known.keys():
        raise ConfigError(f"{name} is an unknown option: the options are {', '.join(known)}{did_you_mean(name, known)}")
    lists = {name: several(options[name]) for name in _TEXT_LISTS if name in options}
    return checked_options(SamplingConfig, {"seed": fresh_seed(), **options, **lists})


def several(texts: object) -> object:
    """Several texts, or one alone, as a tuple. What can be neither, such as bytes, stays as it is.

    >>> from seqgen.config import several
    >>> several("one"), several(["one", "two"]), several(b"one")
    (('one',), ('one', 'two'), b'one')
    """
    texts = plain_number(texts)
    if isinstance(texts, str):
        return (texts,)
    return tuple(texts) if isinstance(texts, Iterable) and not isinstance(texts, bytes) else texts
