"""Pairs made ready for training: vocabularies, sizes, batches, and what the user is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import ByteConfig, CharConfig, WhitespaceConfig, WordConfig
from seqgen.corpus import PairBatches
from seqgen.errors import ConfigError, CorpusError
from seqgen.run import open_model
from seqgen.training.pairs import PreparedPairs, prepare_pairs
from seqgen.training.prepared import prepare, reopen
from tests import tiny_pairs
from tests.tiny_pairs import KINDS


def prepared(folder: Path, **options: Any) -> PreparedPairs:
    return prepare_pairs(tiny_pairs.request(folder / "run", **options))


def test_a_request_for_pairs_gets_pairs(tmp_path: Path) -> None:
    assert isinstance(prepare(tiny_pairs.request(tmp_path / "run")), PreparedPairs)


def test_vocabularies_are_those_of_the_training_part(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("abz\tq\n")
    text = "ab\txy\nba\tyx\n"
    pairs = prepared(tmp_path, text=text, valid_paths=(str(tmp_path / "valid.tsv"),))
    assert pairs.source_tokenizer.vocab_size == pairs.tokenizer.vocab_size == 3
    assert pairs.facts.source_vocab_size == 4, "with the unknown token"
    assert [note for note in pairs.notes if "valid part" in note] == [
        "characters of sources of the valid part that are not in the vocabulary: 1; they are read as the unknown token",
        "characters of targets of the valid part that are not in the vocabulary and were left out: 1",
    ]


def test_targets_have_a_tokenizer_of_their_own_if_one_is_named(tmp_path: Path) -> None:
    request = replace(tiny_pairs.request(tmp_path / "run"), tokenizer=WordConfig(), target_tokenizer=ByteConfig())
    pairs = prepare_pairs(request)
    assert (pairs.source_tokenizer.kind, pairs.tokenizer.kind) == ("word", "byte")


def test_few_repeated_targets_become_labels_and_the_rule_is_said(tmp_path: Path) -> None:
    pairs = prepared(tmp_path, text=KINDS["label"])
    assert pairs.tokenizer.is_of_labels
    assert pairs.facts.has_labels
    assert pairs.facts.longest_target == 1
    assert pairs.characters_per_token is None
    assert any(note.startswith("targets are labels: 2 distinct ones") for note in pairs.notes)


def test_labels_take_no_tokenizer_of_targets(tmp_path: Path) -> None:
    request = replace(tiny_pairs.request(tmp_path / "run", text=KINDS["label"]), target_tokenizer=ByteConfig())
    with pytest.raises(ConfigError, match=r"^--target-tokenizer byte: the targets are labels, .* --targets text"):
        prepare_pairs(request)
    as_text = replace(request, corpus=replace(request.corpus, targets="text"))
    assert prepare_pairs(as_text).tokenizer.kind == "byte"


def test_no_trials_of_tokenizers_for_pairs(tmp_path: Path) -> None:
    request = tiny_pairs.request(tmp_path / "run")
    with pytest.raises(ConfigError, match=r"^--tokenizer auto cannot be given with --pairs"):
        prepare_pairs(replace(request, tokenizer=None))


def test_short_pairs_of_the_validation_part_are_examples(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text(f"{'long ' * 20}\tab\na\tb\nb\ta\nab\tba\n")
    pairs = prepared(tmp_path, valid_paths=(str(tmp_path / "valid.tsv"),))
    assert len(pairs.examples) == 2
    assert all(len(pair.source) <= 2 for pair in pairs.examples)
    assert prepared(tmp_path, valid_fraction=0.0).examples == ()


def test_pairs_whose_label_training_does_not_have_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("ab\tyes\nba\tperhaps\n")
    pairs = prepared(tmp_path, text=KINDS["label"], valid_paths=(str(tmp_path / "valid.tsv"),))
    assert any("1 pair of the valid part was left out, because no pair" in note for note in pairs.notes)
    valid = pairs.streams(tiny_pairs.start(tmp_path / "other", text=KINDS["label"]).record.training).valid
    assert valid is not None
    assert valid.n_targets == 1


def test_a_validation_part_of_nothing_but_other_labels_is_not_validated_on(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("ba\tperhaps\n")
    pairs = prepared(tmp_path, text=KINDS["label"], valid_paths=(str(tmp_path / "valid.tsv"),))
    assert pairs.record.parts["valid"].longest_target is None
    training = tiny_pairs.start(tmp_path / "other", text=KINDS["label"]).record.training
    assert pairs.streams(training).valid is None


def test_nothing_to_validate_on_is_said(tmp_path: Path) -> None:
    pairs = prepared(tmp_path, valid_fraction=0.0)
    assert any("the last model is kept" in note for note in pairs.notes)
    assert pairs.facts.n_valid_pairs == 0


def test_validation_of_some_tokens_takes_whole_pairs(tmp_path: Path) -> None:
    pairs = prepared(tmp_path, valid_fraction=0.5)
    training = tiny_pairs.start(tmp_path / "other").record.training
    whole, some = (pairs.streams(replace(training, valid_tokens=n)) for n in (None, 20))
    assert whole.valid is not None
    assert some.valid is not None
    assert isinstance(some.valid, PairBatches)
    assert 20 <= some.valid.n_targets < 20 + pairs.facts.longest_target < whole.valid.n_targets
    assert some.valid.n_targets == sum(some.valid[n].n_targets for n in range(len(some.valid)))
    assert some.valid_characters == pytest.approx(some.valid.n_targets - some.valid.encoded.n_pairs, abs=8)


def test_without_an_encoder_the_decoder_reads_the_sources(tmp_path: Path) -> None:
    training = tiny_pairs.start(tmp_path / "other").record.training
    for encoder, has_sources in (("none", False), (None, True)):
        batch = prepared(tmp_path, encoder=encoder).streams(training).train[0][0]
        assert (batch.sources is not None) is has_sources
        assert (batch.inputs.max() >= prepared(tmp_path).tokenizer.vocab_size) is not has_sources


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoder", ["none", "forward"])
def test_a_run_finds_its_pairs_again(kind: str, encoder: str, tmp_path: Path) -> None:
    session = tiny_pairs.start(tmp_path / "run", text=KINDS[kind], encoder=encoder)
    pairs = reopen(open_model(session.folder))
    assert isinstance(pairs, PreparedPairs)
    assert pairs.record == session.record.corpus
    assert pairs.is_joined is (encoder == "none")
    (tmp_path / "run.tsv").write_text("other\tpairs\n")
    assert any("changed" in note for note in reopen(open_model(session.folder)).notes)


def test_pairs_that_are_gone_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = tiny_pairs.start(tmp_path / "run")
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "empty"))
    (tmp_path / "run.tsv").unlink()
    with pytest.raises(CorpusError):
        reopen(open_model(session.folder))


def test_an_unseen_word_of_a_source_does_not_stop_a_closed_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "valid.tsv").write_text("The cat\tb\nthe dog\ta\n")
    request = tiny_pairs.request(
        tmp_path / "run", text="the cat\ta\nthe mat\tb\n", valid_paths=(str(tmp_path / "valid.tsv"),)
    )
    pairs = prepare_pairs(replace(request, tokenizer=WhitespaceConfig(), target_tokenizer=CharConfig()))
    assert pairs.parts["valid"].n_source_unknown == 1
    assert [note for note in pairs.notes if "valid part" in note] == [
        "words of sources of the valid part that are not in the vocabulary: 2; 1 of them are read as the nearest known "
        "forms, and the others as the unknown token"
    ]
