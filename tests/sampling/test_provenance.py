"""Samples are reproduced from their JSON, also from that of earlier versions; damaged files are refused in one line."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.errors import ConfigError, RunError, SeqgenError
from seqgen.run import open_model
from seqgen.sampling import Provenance, fit_prompt, provenance_of, read_provenance, write_texts

OLD_RUN = Path(__file__).parent.parent / "fixtures" / "format-1" / "lstm-char"
OLD_ITEM = """
{
  "run": "checkpoints/lstm-char/model.safetensors",
  "model_sha256": "7edf5709ba5d49fa97424ba4db70f9d61b8343bf1a90f3190f771b6fc4d8c9ed",
  "prompt": "",
  "length": 40,
  "count": 2,
  "best_of": 2,
  "device": "cpu",
  "scheme": 2,
  "options": {
    "ban": ["sat"],
    "bias": {"e": -1.0},
    "match": null,
    "no_copy": null,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "penalty_window": 64,
    "top_k": null,
    "top_p": null,
    "min_p": null,
    "typical": null,
    "temperature": 0.8,
    "seed": 3,
    "stop": ["THE"],
    "until_boundary": false
  },
  "sample": 1,
  "text": ",tLyruSdfA sAGodIfbvldW \\"w.SUYAW\\nvjcpSpE",
  "ending": "length",
  "nats_per_character": 3.912401564903356
}
"""
"""Written by the version that called the option `until_boundary`."""


def reads(value: object, folder: Path) -> list[Provenance]:
    path = folder / "sample.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return read_provenance(path)


def written_again(provenance: Provenance) -> str:
    model = open_model(OLD_RUN)
    provenance.require_model(model.sha256)
    prompt = fit_prompt(provenance.prompt, model.tokenizer)
    texts = write_texts(model, prompt, config=provenance.config, request=provenance.request)
    return texts[provenance.sample].text


def test_a_sample_of_an_earlier_version_is_written_again(tmp_path: Path) -> None:
    (provenance,) = reads(OLD_ITEM, tmp_path)
    assert written_again(provenance) == provenance.item["text"] == ',tLyruSdfA sAGodIfbvldW "w.SUYAW\nvjcpSpE'
    assert provenance.config == SamplingConfig(ban=("sat",), bias={"e": -1.0}, seed=3, stop=("THE",))


def test_an_option_of_an_earlier_name_keeps_its_value(tmp_path: Path) -> None:
    item = json.loads(OLD_ITEM)
    item["options"]["until_boundary"] = True
    assert reads(item, tmp_path)[0].config.until_end_of_text


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    config = SamplingConfig(ban=("x",), bias={"e": 2}, match="a*", no_copy=9, top_k=3, temperature=1, stop=("y", "z"))
    request = SamplingRequest(length=9, count=4, best_of=2)
    item = provenance_of(open_model(OLD_RUN), "Mina", config=config, request=request)
    (provenance,) = reads([{**item, "sample": 3}], tmp_path)
    assert (provenance.config, provenance.request, provenance.sample) == (config, request, 3)
    assert (provenance.prompt, provenance.model_sha256) == ("Mina", open_model(OLD_RUN).sha256)


def test_a_model_other_than_the_sample_s_own_is_refused(tmp_path: Path) -> None:
    (provenance,) = reads(OLD_ITEM, tmp_path)
    with pytest.raises(RunError, match="the sample was made by the model 7edf5709ba5d, and this one is 000000000000"):
        provenance.require_model("0" * 64)


@pytest.mark.parametrize("scheme", [1, 3, None, "2"])
def test_a_sample_that_another_version_chose_in_another_way_is_refused(scheme: object, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot reproduce it"):
        reads({**json.loads(OLD_ITEM), "scheme": scheme}, tmp_path)


WRONG = [None, True, -1, 1.5, 1e400, "x", "\ud800", [], ["x"], [1], {}, {"e": "x"}, {"a": None}]


@pytest.mark.parametrize("name", list(json.loads(OLD_ITEM)))
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_value_is_refused_in_one_line_or_means_something(name: str, wrong: object, tmp_path: Path) -> None:
    """A value that passes has the right type, so the text can be written. Without a length, a letter ends it soon."""
    item = json.loads(OLD_ITEM)
    item["options"]["stop"] = ["e"]
    assert "\n" not in refused_or_written({**item, name: wrong}, tmp_path)


@pytest.mark.parametrize("name", list(json.loads(OLD_ITEM)["options"]))
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_option_is_refused_in_one_line_or_means_something(name: str, wrong: object, tmp_path: Path) -> None:
    item = json.loads(OLD_ITEM)
    item["options"][name] = wrong
    assert "\n" not in refused_or_written(item, tmp_path)


def refused_or_written(item: dict[str, Any], folder: Path) -> str:
    """Read an item and write its text; returns the message of a refusal, or nothing."""
    try:
        (provenance,) = reads(item, folder)
        assert json.dumps(provenance.item, ensure_ascii=False).encode()
        if provenance.item["model_sha256"] == json.loads(OLD_ITEM)["model_sha256"]:
            written_again(provenance)
    except SeqgenError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_refused_or_read(seed: int, tmp_path: Path) -> None:
    """A few bytes are deleted, doubled or overwritten."""
    chance, data = random.Random(seed), bytearray(OLD_ITEM.encode())
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(data))
        end = place + chance.choice([0, 1, 1, 40])
        data[place:end] = chance.choice([b"", b"9", b"\xff", b"\0", b'"', bytes(data[place:end]) * 2])
    (tmp_path / "sample.json").write_bytes(data)
    try:
        assert read_provenance(tmp_path / "sample.json")
    except SeqgenError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", "null", '"text"', '{"run": "x"}', '[{"options": {"heat": 1}}]', "[" * 100_000, "[[]]"],
    ids=lambda content: content[:30],
)
def test_what_is_not_a_sample_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not what `seqgen sample --json` writes"):
        reads(content, tmp_path)


def test_a_file_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_provenance(tmp_path / "none.json")
    (tmp_path / "sample.json").write_bytes(b'["\xff"]')
    with pytest.raises(ConfigError, match="is not what `seqgen sample --json` writes"):
        read_provenance(tmp_path / "sample.json")
