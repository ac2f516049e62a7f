"""How a label expert stands in a model file: its table is a tensor in half precision, beside a short description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import RunError
from seqgen.inference import LabelExpert, MixingPowers, NgramKinds

LABEL_EXPERT = "label_expert"
"""The tensor with the table of the label expert, and the key of what describes it."""
_LONGEST_NGRAM = 32
_LARGEST_POWER = 1000.0


def pack_label_expert(expert: LabelExpert) -> tuple[dict[str, Any], NDArray[np.float16]]:
    """The description of an expert as JSON values, and its table.

    >>> import numpy as np
    >>> expert = LabelExpert(np.zeros((8, 2), np.float16), kinds=NgramKinds(), powers=MixingPowers(0.5, 0.75))
    >>> description, table = pack_label_expert(expert)
    >>> description
    {'network_power': 0.5, 'expert_power': 0.75, 'words': 2, 'characters': 4}
    >>> unpack_label_expert(description, table, n_labels=2).powers.expert
    0.75
    """
    description = {
        "network_power": expert.powers.network,
        "expert_power": expert.powers.expert,
        "words": expert.kinds.words,
        "characters": expert.kinds.characters,
    }
    return description, expert.table


def unpack_label_expert(description: Mapping[str, Any], table: NDArray[Any], *, n_labels: int) -> LabelExpert:
    """The expert that a model file holds.

    Raises:
        RunError: description and table do not fit each other or the labels.
    """
    try:
        powers = MixingPowers(float(description["network_power"]), float(description["expert_power"]))
        kinds = NgramKinds(words=int(description["words"]), characters=int(description["characters"]))
    except (LookupError, TypeError, ValueError, OverflowError):
        raise RunError("the description of the label expert cannot be read") from None
    lengths_fit = all(0 <= length <= _LONGEST_NGRAM for length in (kinds.words, kinds.characters))
    powers_fit = all(0 <= power <= _LARGEST_POWER for power in (powers.network, powers.expert))
    if not lengths_fit or not powers_fit:
        raise RunError("the description of the label expert has impossible lengths or powers")
    if table.dtype != np.float16 or table.ndim != 2 or table.shape[1] != n_labels:
        raise RunError(f"the label expert has no table for {n_labels} labels")
    n_rows = len(table)
    if n_rows < 2 or n_rows & (n_rows - 1) or not np.isfinite(table).all():
        raise RunError("the table of the label expert has a size or weights that cannot be")
    return LabelExpert(table, kinds=kinds, powers=powers)
