"""A file that is worked on is not harmed: line ends, permissions, links, other writers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqgen.cli.write.text_file import TextFile
from seqgen.errors import ConfigError

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def test_line_ends_stay_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "tale.txt"
    path.write_bytes(b"a\r\nb\r\n")
    text_file = TextFile(path)
    assert text_file.text == "a\nb\n"
    text_file.save("a\nb\nc")
    assert path.read_bytes() == b"a\r\nb\r\nc"


@posix
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("a")
    target.chmod(0o600)
    link.symlink_to(target)
    TextFile(link).save("b")
    assert link.is_symlink()
    assert target.read_text() == "b"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_somebody_else_wrote_is_not_written_over_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tale.txt"
    text_file = TextFile(path)
    text_file.save("mine")
    path.write_text("theirs, and longer")
    with pytest.raises(ConfigError, match="somebody else has changed the file; \\^S again overwrites it"):
        text_file.save("mine again")
    assert path.read_text() == "theirs, and longer"
    text_file.save("mine again")
    assert path.read_text() == "mine again"


def test_a_path_that_is_not_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "bytes.txt"):
        with pytest.raises(ConfigError):
            TextFile(path)


def test_bytes_that_are_not_utf8_are_saved_as_question_marks(tmp_path: Path) -> None:
    TextFile(tmp_path / "tale.txt").save("a\udce9b")
    assert (tmp_path / "tale.txt").read_text() == "a?b"
