"""Files of a run that can still be read when its folder is gone."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from seqgen.run import MODEL_FILE
from seqgen.training.rescue import HeldFiles


@pytest.mark.skipif(os.name != "posix", reason="Windows holds no files")
def test_a_file_is_held_until_its_successor_could_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / MODEL_FILE).write_bytes(b"a model")
    held = HeldFiles(tmp_path / "run")

    def refuse(*_: Any) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        held.hold(MODEL_FILE)
    shutil.rmtree(tmp_path / "run")
    held.copy(MODEL_FILE, tmp_path)
    held.close()
    assert (tmp_path / MODEL_FILE).read_bytes() == b"a model"


def test_files_that_a_forgotten_session_held_are_closed(run_folder: Path) -> None:
    held = HeldFiles(run_folder)
    handles = list(held._handles.values())
    assert len(handles) == 2
    del held
    for handle in handles:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)
