"""The folder that transformers opens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from seqgen.export.hf_tokenizer import CONFIG_FILE, TOKENIZER_FILE, write_tokenizer
from tests.export.hf_tokenizer.examples import CONFIGS, ids_of, known, trained
from tests.export.scripts import NASTY


@pytest.mark.parametrize("separator", ["", "\n"])
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("loader", [AutoTokenizer, PreTrainedTokenizerFast])
def test_transformers_reads_and_writes_as_seqgen(name: str, separator: str, loader: type, tmp_path: Path) -> None:
    tokenizer = trained(name, separator)
    write_tokenizer(tokenizer, tmp_path)
    opened = loader.from_pretrained(tmp_path)  # type: ignore[attr-defined]
    assert (opened.bos_token_id, opened.eos_token_id, opened.pad_token_id, len(opened)) == (
        0,
        0,
        0,
        tokenizer.vocab_size,
    )
    for text in [*known(name, separator)[:60], *NASTY[:-2]]:
        ids = ids_of(tokenizer, text)
        assert opened(text).input_ids == [0, *ids]
        assert opened.decode(ids) == tokenizer.decode(ids)


def test_batches_are_padded_before_the_texts(tmp_path: Path) -> None:
    write_tokenizer(trained("byte"), tmp_path)
    batch = AutoTokenizer.from_pretrained(tmp_path)(["a", "abc"], padding=True)
    assert batch["attention_mask"] == [[0, 0, 1, 1], [1, 1, 1, 1]]


def test_special_tokens_in_texts_are_characters_unless_they_are_separators(tmp_path: Path) -> None:
    for separator in ("", "\n"):
        write_tokenizer(trained("char", separator), tmp_path)
        config = json.loads((tmp_path / CONFIG_FILE).read_text(encoding="utf-8"))
        assert config["split_special_tokens"] == (not separator)
        assert config["bos_token"] == (separator or "<|endoftext|>")
    assert json.loads((tmp_path / TOKENIZER_FILE).read_text(encoding="utf-8"))["version"] == "1.0"
