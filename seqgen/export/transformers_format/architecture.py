"""The contract of an architecture in transformers, and the modelling files of those that transformers lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader

from seqgen.config import HASH_FACTORS, HASH_PRIME, NgramConfig
from seqgen.export.base import Notes
from seqgen.run.saved_model import Weights

MODELLING_FILE = "modeling_seqgen.py"
CONFIG_CLASS, MODEL_CLASS = "SeqgenConfig", "SeqgenForCausalLM"
"""The classes in the modelling file."""
OWN_CODE = "it opens only with trust_remote_code=True, because transformers has no such architecture"
"""A note."""
MAX_POSITIONS = 1 << 17
"""Written as the greatest length, because programs ask for one. No model has any, and transformers reads on."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A model as transformers knows it."""

    config: Mapping[str, Any]
    """What `config.json` says about it."""
    weights: Weights
    """The weights under the names of transformers."""
    notes: Notes
    """What one should know about it."""
    modelling_file: str | None = None
    """Python code of the architecture, where transformers has none."""

    @property
    def is_remote(self) -> bool:
        """Whether it opens only with `trust_remote_code=True`."""
        return self.modelling_file is not None


def own_classes(model_type: str) -> dict[str, Any]:
    """What `config.json` says where the classes are in the modelling file.

    >>> from seqgen.export.transformers_format.architecture import own_classes
    >>> own_classes("seqgen_gru")["auto_map"]["AutoConfig"]
    'modeling_seqgen.SeqgenConfig'
    """
    module = MODELLING_FILE.removesuffix(".py")
    auto_map = {"AutoConfig": f"{module}.{CONFIG_CLASS}", "AutoModelForCausalLM": f"{module}.{MODEL_CLASS}"}
    return {"architectures": [MODEL_CLASS], "model_type": model_type, "auto_map": auto_map}


def ngram_fields(config: NgramConfig) -> dict[str, Any]:
    """The fields of hashed n-grams; none for a model without them.

    >>> from seqgen.config import NgramConfig
    >>> from seqgen.export.transformers_format.architecture import ngram_fields
    >>> ngram_fields(NgramConfig(ngram_order=3, ngram_rows=100))
    {'ngram_order': 3, 'ngram_rows': 100, 'ngram_width': 16}
    """
    if config.ngram_order is None:
        return {}
    return {name: getattr(config, name) for name in ("ngram_order", "ngram_rows", "ngram_width")}


def modelling_file(template: str, facts: Mapping[str, Any]) -> str:
    """The code of a template, for a model with these facts.

    >>> from seqgen.export.transformers_format.architecture import modelling_file
    >>> print(modelling_file("mingru.py.jinja", {}).splitlines()[0])
    class Layer(nn.Module):
    """
    loader = PackageLoader("seqgen.export.transformers_format", "modelling")
    environment = Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.globals.update(hash_base=HASH_FACTORS[0], hash_prime=HASH_PRIME)
    return environment.get_template(template).render(facts)
