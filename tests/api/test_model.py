"""seqgen as a library."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import torch

import seqgen
from seqgen import LanguageModel, fresh_seed
from seqgen.config import Budget, ByteConfig
from seqgen.errors import ConfigError, CorpusError, TokenizerError
from seqgen.run import MODEL_FILE, amend_model
from seqgen.sampling import CoWriter
from tests import tiny

LONG = tiny.TEXT * 2
"""Long enough to compare two models on."""


@pytest.fixture
def model(run_folder: Path) -> LanguageModel:
    return seqgen.load(run_folder)


def test_two_calls_without_a_seed_write_two_texts(model: LanguageModel) -> None:
    assert model.write(length=60) != model.write(length=60)
    assert list(model.generate(length=60)) != list(model.generate(length=60))
    assert model.write_many(count=2, length=60) != model.write_many(count=2, length=60)


def test_a_fresh_seed_writes_a_text_that_can_be_written_again(model: LanguageModel) -> None:
    seed = fresh_seed()
    assert model.write(length=60, seed=seed) == model.write(length=60, seed=seed)


def test_generated_pieces_have_the_length_asked_for_and_repeat_with_the_seed(model: LanguageModel) -> None:
    pieces = list(model.generate("Mina ", length=40, temperature=0.5, seed=1))
    assert len("".join(pieces)) == 40
    assert pieces == list(model.generate("Mina ", length=40, temperature=0.5, seed=1))
    assert pieces != list(model.generate("Mina ", length=40, temperature=0.5, seed=2))


def test_without_a_temperature_a_model_writes_at_the_one_that_it_has_learned(run_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / MODEL_FILE
    shutil.copy(run_folder / MODEL_FILE, path)
    amend_model(path, temperature=0.3)
    model = seqgen.load(path)
    assert (seqgen.load(run_folder).temperature, model.temperature) == (0.8, 0.3)
    assert model.write(length=60, seed=1) == model.write(length=60, seed=1, temperature=0.3)
    assert model.write_many(count=2, length=60, seed=1) == model.write_many(count=2, length=60, seed=1, temperature=0.3)
    assert model.write(length=60, seed=1) != model.write(length=60, seed=1, temperature=0.8)


def test_a_text_without_end_is_not_written_but_generated(model: LanguageModel) -> None:
    with pytest.raises(ConfigError, match="length is None: a text without end cannot be returned; generate yields it"):
        model.write("Mina ", length=None)  # type: ignore[arg-type]


def test_write_returns_the_text_that_generate_yields(model: LanguageModel) -> None:
    assert model.write("Mina ", length=40, seed=1) == "".join(model.generate("Mina ", length=40, seed=1))
    first, *others = model.write_many("Mina ", count=3, length=40, seed=1)
    assert first == model.write("Mina ", length=40, seed=1)
    assert len({first, *others}) == 3


def test_a_text_without_a_length_has_no_end(model: LanguageModel) -> None:
    pieces = model.generate("Mina ", length=None)
    assert len("".join(itertools.islice(pieces, 2000))) >= 2000


def test_a_single_text_stands_for_a_list_of_one(model: LanguageModel) -> None:
    assert model.write(length=300, seed=0, ban="th") == model.write(length=300, seed=0, ban=("th",))
    assert model.write(length=300, seed=0, stop="at") == model.write(length=300, seed=0, stop=["at"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heat": 2}, "heat is an unknown option: the options are .*temperature"),
        ({"temperature": -1.0}, "temperature is -1: it must be 0 or more"),
        ({"length": -1}, "length is -1: it must be 0 or more"),
        ({"length": "long"}, "length is 'long': it must be a whole number, or None$"),
        ({"temperature": "hot"}, "temperature is 'hot': it must be a finite number"),
        ({"stop": 3}, "stop is 3: it must be a list of texts"),
        ({"match": [1]}, "match is .1.: it must be a text, or None$"),
        ({"prompt": b"Mina"}, "prompt is b'Mina': it must be a text"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_written(
    options: dict[str, Any], message: str, model: LanguageModel
) -> None:
    with pytest.raises(ConfigError, match=message):
        model.generate(**options)
    with pytest.raises(ConfigError, match="count is 0: it must be 1 or more"):
        model.write_many(count=0)


def test_what_is_encoded_decodes_to_itself(tmp_path: Path) -> None:
    model = seqgen.load(tiny.trained(tmp_path / "run", documents="line"))
    ids = model.encode("Mina sat.\nOro sat.\n")
    assert ids.count(0) == 2  # the two line ends are end-of-text tokens
    assert model.decode(ids) == "Mina sat.\nOro sat.\n"


def test_encoding_never_drops_a_character(model: LanguageModel) -> None:
    with pytest.raises(TokenizerError, match="the vocabulary lacks '漢字'"):
        model.encode("Mina 漢字漢")


@pytest.mark.parametrize("token", [-1, 10_000, 1.5, "M"])
def test_only_ids_of_the_vocabulary_are_decoded(token: Any, model: LanguageModel) -> None:
    with pytest.raises(TokenizerError, match=f"{token!r} is not a token id"):
        model.decode([token])


def test_odds_of_the_next_token_sum_to_one_and_fall(model: LanguageModel) -> None:
    texts, probabilities = zip(*model.next_odds("Mina "), strict=True)
    assert len(texts) == model.saved.tokenizer.vocab_size
    assert sum(probabilities) == pytest.approx(1)
    assert list(probabilities) == sorted(probabilities, reverse=True)


def test_score_counts_every_token_and_charges_for_unknown_characters(model: LanguageModel) -> None:
    assert model.score("Mina sat down.").n_tokens == 14
    assert model.score("Mina sat 漢.").nats > model.score("Mina sat .").nats + 13
    with pytest.raises(CorpusError, match="the text is empty"):
        model.score("")


def test_the_decoder_is_restored_once(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    before = model.score("Mina sat.").nats
    monkeypatch.setattr("seqgen.evaluation.restore_decoder", lambda *_: pytest.fail("restored again"))
    assert model.score("Mina sat.").nats == before


def test_two_models_are_compared_in_two_lines(tmp_path: Path) -> None:
    short = tiny.trained(tmp_path / "short", tokenizer=ByteConfig())
    long = tiny.trained(tmp_path / "long", budget=Budget(steps=60))
    difference = seqgen.load(long).compare(seqgen.load(short), LONG)
    assert str(difference).startswith("long is better than short by ")
    assert difference.bits_per_byte < 0


def test_a_text_too_short_to_compare_models_on_is_refused(model: LanguageModel) -> None:
    with pytest.raises(CorpusError, match="a comparison needs a text of 10,000 bytes or more, and this one has 9"):
        model.compare(model, "Mina sat.")


def test_the_model_says_what_it_is(model: LanguageModel) -> None:
    shown = repr(model)
    assert shown.startswith("<LanguageModel 'tiny': lstm, ")
    assert f"vocabulary of {model.saved.tokenizer.vocab_size}" in shown


def test_a_device_that_this_machine_lacks_is_refused(run_folder: Path) -> None:
    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device")
    model = seqgen.load(run_folder, device="mps")
    with pytest.raises(ConfigError, match="mps"):
        model.score("Mina")
    with pytest.raises(ConfigError, match="mps"):
        model.write("Mina")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
def test_a_gpu_scores_as_the_cpu_does_and_writes(run_folder: Path) -> None:
    on_cpu, on_gpu = seqgen.load(run_folder), seqgen.load(run_folder, device="cuda")
    assert on_gpu.score(LONG).nats == pytest.approx(on_cpu.score(LONG).nats, rel=1e-3)
    assert [len(text) for text in on_gpu.write_many("Mina ", count=3, length=40)] == [40] * 3


def test_threads_that_share_a_model_get_what_they_would_get_alone(run_folder: Path) -> None:
    """Eight threads start together on a fresh model, so that they also race to restore its decoder."""

    def jobs(model: LanguageModel) -> list[Callable[[], object]]:
        return [
            *(lambda seed=seed: model.write("Mina ", length=200, seed=seed, no_copy=12) for seed in range(3)),
            *(lambda end=end: model.score(tiny.TEXT[:end]).nats for end in (300, 700, 1500)),
            lambda: model.next_odds("Oro "),
            lambda: model.decode(model.encode(tiny.TEXT[:500])),
        ]

    alone = [job() for job in jobs(seqgen.load(run_folder))]
    shared = jobs(seqgen.load(run_folder))
    barrier = Barrier(len(shared))

    def together(job: Callable[[], object]) -> object:
        barrier.wait(timeout=30)
        return job()

    with ThreadPoolExecutor(len(shared)) as pool:
        assert list(pool.map(together, shared)) == alone


def test_importing_seqgen_imports_neither_numpy_nor_torch() -> None:
    program = "import sys, seqgen; assert not {'numpy', 'torch'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_writing_does_not_import_torch(run_folder: Path) -> None:
    program = "import sys, seqgen; seqgen.load(sys.argv[1]).write(length=5); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program, str(run_folder)], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(seqgen, "nonsense")  # noqa: B009


def test_a_model_of_pairs_predicts_and_writes_targets(pair_folder: Path) -> None:
    model = seqgen.load(pair_folder)
    (first, second), _ = model.predict(["abc", ""], top=2)
    assert first.log_probability <= 0 < second.probability
    assert model.predict(["abc"], beam=1)[0][0].target.startswith(model.write(source="abc", length=3, temperature=0))
    assert len(model.write_many(source="abc", count=3)) == 3
    assert model.next_odds(source="abc") != model.next_odds(source="d")


def test_sources_and_texts_are_not_confused(model: LanguageModel, pair_folder: Path) -> None:
    pairs = seqgen.load(pair_folder)
    for call in (lambda: model.predict(["abc"]), lambda: model.write(source="abc")):
        with pytest.raises(ConfigError, match="tiny learned from a text, not from pairs"):
            call()
    with pytest.raises(ConfigError, match="give one with"):
        pairs.write()
    with pytest.raises(ConfigError, match=r"as in predict\(\[source\]\)"):
        pairs.predict("abc")
    with pytest.raises(ConfigError, match="continues no text"):
        CoWriter(pairs.saved)
