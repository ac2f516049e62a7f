"""Reading a model of the sentencepiece library without protobuf."""

from __future__ import annotations

import pytest
import sentencepiece

from seqgen.tokenizers.sentencepiece_model import read_pieces
from tests.tokenizers.examples import trained


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_pieces_and_scores_are_those_that_the_library_reads(algorithm: str) -> None:
    model = trained(algorithm).bulk()
    pieces, library = read_pieces(model), sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(257, library.vocab_size())
    assert pieces.algorithm == algorithm
    assert pieces.texts == tuple(library.id_to_piece(token).replace("\u2581", " ") for token in ids)
    assert pieces.scores == tuple(map(library.get_score, ids))
