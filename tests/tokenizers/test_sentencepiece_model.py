"""Reading a model of the sentencepiece library without protobuf, and refusing one that is not ours."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sentencepiece

from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.sentencepiece_model import read_pieces, require_own
from tests.tokenizers.examples import trained


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_pieces_and_scores_are_those_that_the_library_reads(algorithm: str) -> None:
    model = trained(algorithm).bulk()
    pieces, library = read_pieces(model), sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(257, library.vocab_size())
    assert pieces.algorithm == algorithm
    assert pieces.texts == tuple(library.id_to_piece(token).replace("\u2581", " ") for token in ids)
    assert pieces.scores == tuple(map(library.get_score, ids))


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_a_damaged_model_is_refused_before_the_library_reads_it(algorithm: str) -> None:
    """Or it is still a model of the same kind, from which the library takes nothing but ids of its own."""
    model, draw, n_refused = trained(algorithm).bulk(), random.Random(algorithm), 0
    for _ in range(150):
        damaged = damage(model, draw)
        try:
            tokenizer = SentencePieceTokenizer.restore({"separator": ""}, damaged)
            n_ids = tokenizer.vocab_size
        except (ValueError, RuntimeError):  # the second is what the library raises
            n_refused += 1
            continue
        assert all(0 <= token < n_ids for token in tokenizer.encode("Mina sat. é ▁ 日本\n").ids.tolist())
    assert n_refused > 50


def damage(model: bytes, draw: random.Random) -> bytes:
    """A few other bytes, none at the end, or some twice."""
    data, kind = bytearray(model), draw.randrange(3)
    place = draw.choice([draw.randrange(len(data)), len(data) - 1 - draw.randrange(90)])
    if kind == 0:
        data[place] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del data[place : place + draw.choice([1, 8, 100])]
    else:
        data[place:place] = draw.randbytes(draw.choice([1, 8, 50]))
    return bytes(data)


CHANGES: dict[str, Callable[[Any], None]] = {
    "rules that change texts": lambda model: setattr(model.normalizer_spec, "precompiled_charsmap", b"\xff" * 64),
    "rules for decoding": lambda model: setattr(model.denormalizer_spec, "precompiled_charsmap", b"\xff" * 64),
    "another algorithm": lambda model: setattr(model.trainer_spec, "model_type", 3),
    "no bytes to fall back on": lambda model: setattr(model.trainer_spec, "byte_fallback", False),
    "a piece twice": lambda model: setattr(model.pieces[300], "piece", model.pieces[301].piece),
    "a piece without text": lambda model: setattr(model.pieces[300], "piece", ""),
    "a score that is no number": lambda model: setattr(model.pieces[300], "score", float("nan")),
    "a piece of another type": lambda model: setattr(model.pieces[300], "type", 3),
    "a byte of another name": lambda model: setattr(model.pieces[66], "piece", "<0xZZ>"),
    "no pieces": lambda model: model.ClearField("pieces"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_seqgen_does_not_train_is_refused(change: str) -> None:
    protobuf = pytest.importorskip("sentencepiece.sentencepiece_model_pb2", reason="protobuf is not installed")
    model = protobuf.ModelProto.FromString(trained("bpe").bulk())
    CHANGES[change](model)
    with pytest.raises(ValueError, match="the model of the library"):
        require_own(model.SerializeToString())


@pytest.mark.parametrize("message", [b"\x0a", b"\x0a\x05ab", b"\xff" * 40, b"\x0b\x00", b"\x0d\x00", b"\x09"], ids=repr)
def test_a_message_that_does_not_end_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="the model of the library"):
        require_own(message)
