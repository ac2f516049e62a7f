"""A text from a pipe can be read only once, and each run still reads it with the line ends that it learned."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from seqgen.evaluation import TextSelection, readings
from seqgen.run import open_model
from tests import tiny

TEXT = tiny.TEXT[:3000]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_runs_with_other_line_ends_read_one_pipe_each_in_its_own_way(tmp_path: Path) -> None:
    crlf = TEXT.replace("\n", "\r\n")
    pipe, file = tmp_path / "pipe", tmp_path / "file.txt"
    file.write_bytes(crlf.encode())
    os.mkfifo(pipe)
    models = [
        open_model(tiny.trained(tmp_path / line_ends, text=crlf, line_ends=line_ends))
        for line_ends in ("keep", "newline")
    ]
    writer = threading.Thread(target=pipe.write_bytes, args=(crlf.encode(),))
    writer.start()
    piped = TextSelection.of([str(pipe)])
    writer.join()
    for model, n_characters in zip(models, (len(crlf), len(TEXT)), strict=True):
        (reading,) = readings(model, piped)
        (expected,) = readings(model, TextSelection.of([str(file)]))
        assert reading.encoded.n_characters == expected.encoded.n_characters == n_characters
