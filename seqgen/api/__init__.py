"""seqgen as a library: train a model, load it, and let it write, score and compare texts.

>>> import seqgen
>>> model = seqgen.load("checkpoints/story")
>>> for piece in model.generate("Mina ", length=2, temperature=0.7):
...     print(repr(piece))
'...'
'...'
"""

from seqgen.api.evaluating import Evaluation, evaluate
from seqgen.api.loading import load
from seqgen.api.model import LanguageModel
from seqgen.api.training import resume, train
from seqgen.config import fresh_seed

__all__ = ["Evaluation", "LanguageModel", "evaluate", "fresh_seed", "load", "resume", "train"]
