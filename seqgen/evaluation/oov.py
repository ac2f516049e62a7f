"""What out-of-vocabulary characters cost: the part of a score that no token pays for.

Without a charge, a model with a small alphabet would look better than it is: it would skip every hard character.
"""

from __future__ import annotations

import math

from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.alphabet import N_CHARACTERS


def oov_nats(tokenizer: Tokenizer, *, n_tokens: int, n_oov: int) -> float:
    """What out-of-vocabulary characters cost a text, on top of the nats of its tokens; 0 if it has none.

    The model is extended to a distribution over all of Unicode. Before every token or character it first decides, with
    the escape probability e (`Alphabet.oov_probability`), whether an unknown character comes next. A known token
    therefore costs -ln(1 - e) more. An unknown character costs -ln e, plus ln N to say which of the N characters
    outside the alphabet it is, all of them equally likely.

    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> oov_nats(tokenizer, n_tokens=100, n_oov=0)
    0.0
    >>> oov_nats(tokenizer, n_tokens=100, n_oov=1) > 13.9  # ln of the million other characters is 13.9
    True
    """
    known, unknown = oov_charges(tokenizer) if n_oov else (0.0, 0.0)
    return n_tokens * known + n_oov * unknown


def oov_charges(tokenizer: Tokenizer) -> tuple[float, float]:
    """What is added to the nats of every token, and what every out-of-vocabulary character costs.

    >>> from seqgen.run import open_model
    >>> of_token, of_character = oov_charges(open_model("checkpoints/story").tokenizer)
    >>> 0 < of_token < 0.001, of_character > 13.9
    (True, True)
    """
    if tokenizer.alphabet is None:
        return 0.0, 0.0
    escape = tokenizer.alphabet.oov_probability
    n_unknown = N_CHARACTERS - len(tokenizer.alphabet.characters)
    return -math.log1p(-escape), math.log(n_unknown) - math.log(escape)
