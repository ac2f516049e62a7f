"""Ids that are mapped from the cache: they take memory only where they are read, and no harm if the file is changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import CharConfig
from seqgen.corpus import Streams, as_read, encode_part, encode_text
from seqgen.errors import CorpusError
from seqgen.evaluation.ngram import NgramModel
from tests.corpus.test_encoded import make, open_part
from tests.tiny import TEXT


def test_released_ids_are_read_again(tmp_path: Path) -> None:
    tokenizer = make(CharConfig(), TEXT)
    for encoded in (encode_part(open_part(tmp_path / "text"), tokenizer), encode_text([TEXT], tokenizer)):
        before = encoded.ids.copy()
        encoded.release()
        np.testing.assert_array_equal(encoded.ids, before)


@pytest.mark.skipif(os.name != "posix", reason="Windows cuts no file that is mapped")
@pytest.mark.parametrize("backward", [False, True])
def test_ids_that_another_program_cuts_short_are_an_error_and_not_the_end_of_the_process(
    backward: bool, tmp_path: Path, own_cache: Path
) -> None:
    encoded = encode_part(open_part(tmp_path / "text"), make(CharConfig(), TEXT))
    streams = Streams(as_read(encoded.ids, backward=backward), n_streams=2, window=4)
    (path,) = own_cache.rglob("*.ids")
    os.truncate(path, path.stat().st_size - 2)
    for read in (lambda: streams[0], lambda: NgramModel(encoded.ids, order=2, vocab_size=99)):
        with pytest.raises(CorpusError, match="were cut short in the cache"):
            read()


@pytest.mark.skipif(os.name != "posix", reason="Windows deletes no file that is mapped")
def test_ids_that_are_deleted_from_the_cache_are_read_to_the_end(tmp_path: Path, own_cache: Path) -> None:
    encoded = encode_part(open_part(tmp_path / "text"), make(CharConfig(), TEXT))
    (path,) = own_cache.rglob("*.ids")
    path.unlink()
    assert Streams(encoded.ids, n_streams=2, window=4)[0].targets.shape == (2, 4)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")
def test_released_ids_take_no_memory(tmp_path: Path) -> None:
    def mapped_kb() -> int:
        (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssFile")]
        return int(line.split()[1])

    encoded = encode_part(open_part(tmp_path / "text", TEXT * 2000), make(CharConfig(), TEXT))  # 24 MB of ids
    before = mapped_kb()
    assert encoded.ids.sum() > 0
    assert mapped_kb() > before + 20_000
    encoded.release()
    assert mapped_kb() < before + 4_000
