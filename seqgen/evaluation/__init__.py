"""Numbers about a trained model that can be compared."""

from seqgen.evaluation.score import CONTEXT_CARRIED, Score, restore_decoder, score_text

__all__ = ["CONTEXT_CARRIED", "Score", "restore_decoder", "score_text"]
