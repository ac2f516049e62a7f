"""Trials of tokenizers: they choose by bits per byte, repeat for a budget in steps, and say what they found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import Budget, CharConfig, CorpusConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.errors import ConfigError, TokenizerError
from seqgen.run import open_model
from seqgen.training import Session, TrainingRequest, race_requests
from seqgen.training import tokenizer_trials as module
from seqgen.training.tokenizer_trials import TokenizerTrial, describe_trials, settle_tokenizer, try_tokenizers
from tests import tiny

SETTINGS: dict[str, Any] = {"d_model": 16, "n_streams": 4, "window": 16, "precision": "float32"}


def request_for(folder: Path, *, text: str = tiny.TEXT, steps: int = 16, **options: Any) -> TrainingRequest:
    path = folder / "text.txt"
    path.write_text(text, encoding="utf-8")
    values: dict[str, Any] = {
        "corpus": CorpusConfig(paths=(str(path),)),
        "tokenizer": None,
        "settings": SETTINGS,
        "budget": Budget(steps=steps),
        "device": "cpu",
        "folder": folder / "run",
    }
    return TrainingRequest(**{**values, **options})


def test_a_run_takes_the_tokenizer_with_the_fewest_bits_per_byte_and_says_so(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    trials = try_tokenizers(request)
    assert [trial.bits_per_byte for trial in trials] == sorted(trial.bits_per_byte for trial in trials)
    Session.start(request).close()
    run = open_model(tmp_path / "run")
    assert run.tokenizer.kind == trials[0].tokenizer.name
    assert describe_trials(trials)[0] in run.record.notes


def test_words_are_chosen_for_a_text_of_a_few_long_words_in_random_order(tmp_path: Path) -> None:
    text = " ".join(["abcdefghijkl", "mnopqrstuvwx", "yzabcdefghij"][n * n % 7 % 3] for n in range(4000))
    settled, trials = settle_tokenizer(request_for(tmp_path, text=text, steps=160))
    assert settled.tokenizer is not None
    assert settled.tokenizer.name != "char"
    assert trials[-1].bits_per_byte > trials[0].bits_per_byte


def test_a_named_tokenizer_needs_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIED", ())
    request = request_for(tmp_path, tokenizer=WordConfig())
    assert settle_tokenizer(request) == (request, [])


def test_trials_of_a_budget_in_steps_repeat(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    assert try_tokenizers(request) == try_tokenizers(request)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(steps=800), Budget(steps=100)),
        (Budget(steps=3), Budget(steps=1)),
        (Budget(epochs=2), Budget(epochs=0.25)),
        (Budget(minutes=4), Budget(minutes=0.5)),
        (Budget(minutes=600), Budget(minutes=2)),
    ],
)
def test_a_trial_takes_an_eighth_of_the_budget_and_two_minutes_at_most(budget: Budget, expected: Budget) -> None:
    assert module._share_of(budget) == expected


def test_unknown_characters_cost_a_tokenizer_its_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIED", (CharConfig(),))
    (known,) = try_tokenizers(request_for(tmp_path))
    n_unknown = len(tiny.TEXT) // 20
    text = tiny.TEXT[:-n_unknown] + n_unknown * "Ж"
    (unknown,) = try_tokenizers(request_for(tmp_path, text=text))
    assert unknown.bits_per_byte > known.bits_per_byte + 2


def test_a_size_that_the_text_does_not_support_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: tuple[TokenizerConfig, ...] = (CharConfig(), SentencePieceConfig(vocab_size=100_000))
    monkeypatch.setattr(module, "TRIED", tried)
    assert [trial.tokenizer for trial in try_tokenizers(request_for(tmp_path))] == [CharConfig()]


def test_every_cell_of_a_race_gets_the_same_tokenizer(tmp_path: Path) -> None:
    requests = race_requests(request_for(tmp_path), equal_parameters=False)
    assert len({request.tokenizer for request in requests}) == 1
    assert None not in {request.tokenizer for request in requests}


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    request = request_for(tmp_path)
    with pytest.raises(TokenizerError, match="needs a validation part"):
        try_tokenizers(replace(request, corpus=replace(request.corpus, valid_fraction=0)))
    with pytest.raises(ConfigError, match="standard input"):
        try_tokenizers(replace(request, corpus=CorpusConfig(paths=("-",))))


def test_the_note_names_each_tokenizer_with_its_score() -> None:
    char = TokenizerTrial(tokenizer=CharConfig(), vocab_size=66, bits_per_byte=1.75, n_steps=9)
    piece = TokenizerTrial(tokenizer=SentencePieceConfig(), vocab_size=1000, bits_per_byte=1.5, n_steps=9)
    (note,) = describe_trials([piece, char])
    assert "tokenizer: sentencepiece 1,000" in note
    assert "char 1.750" in note
    assert describe_trials([]) == ()
