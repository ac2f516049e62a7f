"""The prompt of `seqgen sample`: from an option, a file or standard input, and characters that the model lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import TokenizerName
from tests.cli.sample.commands import sample, text_of


@pytest.mark.parametrize(
    ("prompt", "read", "note"),
    [
        ("Mina café", "Mina cafe", "'é': read as 'e'"),
        ("Mina cafe\u0301", "Mina cafe", "the model does not know"),
        ("“Mina”", '"Mina"', "'“': read as '\"'"),
        ("\uff2dina", "Mina", "read as 'M'"),
        ("Mi漢na", "Mina", "'漢': skipped"),
        ("Mina 🙂", "Mina ", "skipped"),
    ],
)
def test_out_of_vocabulary_characters_are_replaced_or_skipped_with_a_note(
    prompt: str, read: str, note: str, run_folder: Path
) -> None:
    result = sample(run_folder, "--prompt", prompt, "--length", 5)
    assert result.exit_code == 0
    assert result.stdout.startswith(read)
    assert len(result.stdout) == len(read) + 5
    assert any(line.startswith("prompt: ") and note in line for line in result.stderr.splitlines())


def test_a_prompt_of_known_characters_gets_no_note(runs: dict[TokenizerName, Path]) -> None:
    for run in runs.values():
        result = sample(run, "--prompt", "The Ünï [red]\n", "--length", 5)
        assert result.stdout.startswith("The Ünï [red]\n")
        assert "prompt" not in result.stderr


@pytest.mark.parametrize("tokenizer", ["byte", "sentencepiece"])
def test_bytes_cover_every_prompt(tokenizer: TokenizerName, runs: dict[TokenizerName, Path]) -> None:
    result = sample(runs[tokenizer], "--prompt", "漢字🙂\u2581", "--length", 3)
    assert result.stdout.startswith("漢字🙂\u2581")
    assert "prompt" not in result.stderr


@pytest.mark.parametrize("tokenizer", ["char", "word"])
def test_a_prompt_of_out_of_vocabulary_characters_alone_is_refused(
    tokenizer: TokenizerName, runs: dict[TokenizerName, Path]
) -> None:
    result = sample(runs[tokenizer], "--prompt", "漢字")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("seqgen: the model knows no character of '漢字'")


def test_a_prompt_may_come_from_a_file_or_from_standard_input(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_bytes(b"Mina sat\n")
    expected = text_of(run_folder, "--prompt", "Mina sat\n", "--length", 9)
    assert text_of(run_folder, "--prompt-file", tmp_path / "prompt.txt", "--length", 9) == expected
    assert sample(run_folder, "--prompt-file", "-", "--length", 9, "--seed", 0, stdin=b"Mina sat\n").stdout == expected
