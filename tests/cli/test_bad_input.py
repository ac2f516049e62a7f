"""Bad input gets one clear line, exit status 1, and loses nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from seqgen.run import LAST_FILE, MODEL_FILE
from tests.cli.one_line import TINY, assert_one_line, run
from tests.tiny import TEXT

FAR_TOO_LONG = "a text in place of its path " * 20
UNREADABLE = Path("/proc/self/mem")  # a file whose first byte not even root can read


def files_under(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def newer(model: Path, target: Path) -> None:
    """A model as a later version of seqgen might write it."""
    with safetensors.safe_open(model, framework="np") as file:
        header = json.loads(file.metadata()["seqgen"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    header["format"] += 1
    safetensors.numpy.save_file(tensors, target, metadata={"seqgen": json.dumps(header)})


@pytest.fixture(scope="module")
def trap(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good text, a good run, and everything that can be wrong beside them."""
    folder = tmp_path_factory.mktemp("trap")
    texts = {
        "story.txt": TEXT.encode(),
        "empty.txt": b"",
        "mark.txt": b"\xef\xbb\xbf",
        "latin.txt": "caf\xe9 ".encode("latin-1") * 9,
        "cut.txt": "naïve café".encode()[:-1],
        "binary.txt": b"text\0text",
        "story.txt.gz": b"not compressed",
        "story.txt.zst": b"not compressed",
        "story.txt.xz": b"not compressed",
        "story.txt.bz2": b"not compressed",
    }
    for name, data in texts.items():
        (folder / name).write_bytes(data)
    (folder / "hollow").mkdir()
    shutil.copytree(run_folder, folder / "run")
    shutil.copytree(run_folder, folder / "half")
    for name in (MODEL_FILE, LAST_FILE):
        half = (run_folder / name).read_bytes()[:-1000]
        (folder / "half" / name).write_bytes(half)
    (folder / "newer").mkdir()
    for name in (MODEL_FILE, LAST_FILE):
        newer(run_folder / name, folder / "newer" / name)
    safetensors.numpy.save_file({"a": np.zeros(3)}, folder / "other.safetensors")
    return folder


NO_TEXT = [
    ("nowhere.txt", "nowhere.txt does not exist"),
    ("empty.txt", "empty.txt is empty"),
    ("mark.txt", "mark.txt is empty"),
    ("hollow", "hollow holds no file"),
    ("latin.txt", "latin.txt is not utf-8 at byte 3"),
    ("cut.txt", "cut.txt is not utf-8 at byte 10"),
    ("binary.txt", "binary.txt looks binary|a zero byte at 4|--encoding"),
    *(
        (f"story.txt{suffix}", f"story.txt{suffix} is not a|if it is plain text, rename it")
        for suffix in (".gz", ".zst", ".xz", ".bz2")
    ),
    *([(str(UNREADABLE), f"{UNREADABLE} cannot be read")] if UNREADABLE.exists() else []),
]
NO_MODEL = [
    ("nowhere", "nowhere does not exist"),
    ("hollow", "hollow is not a run folder"),
    ("half", f"half/{MODEL_FILE} is incomplete or not a model file|copy or download it again"),
    ("newer", "newer|format 2|update seqgen"),
    (f"run/{LAST_FILE}", "holds a checkpoint, not a model"),
    ("other.safetensors", "other.safetensors|not one that seqgen wrote"),
]
NO_OPTION = [
    ("--cell perceptron", "perceptron|rnn|lstm|gru|transformer"),
    ("--tokenizer syllable", "syllable|char|byte|word|sentencepiece"),
    ("--documents page", "page|line|blank-line|file"),
    ("--device abacus", "abacus|auto|cpu"),
    ("--tokenizer word --vocab-size 99999", "99999|use --vocab-size"),
    ("--tokenizer word --vocab-size 9", "a vocabulary of 9|use --vocab-size"),
    ("--tokenizer sentencepiece --vocab-size 99999", "99999|use --vocab-size"),
    ("--tokenizer sentencepiece --vocab-size 258", "258|use --vocab-size"),
    ("--tokenizer sentencepiece --set sentencepiece_model=unigram --vocab-size 99999", "99999|use --vocab-size"),
    ("--tokenizer word --word-split whitespace --vocab-size 9", "closed vocabulary|use --vocab-size"),
    ("--vocab-size 300", "--vocab-size does not belong to the tokenizer char"),
    ("--layers 0", "--layers is 0|1 or more"),
    ("--width -1", "--width is -1|1 or more"),
    ("--width 0 --cell transformer", "--width is 0|1 or more"),
    ("--dropout 1", "--dropout is 1|less than 1"),
    ("--window 0", "--window is 0|1 or more"),
    ("--streams 0", "--streams is 0|1 or more"),
    ("--memory 0 --cell transformer", "--memory is 0|1 or more"),
    ("--memory 9", "--memory does not belong to the cell lstm"),
    ("--lr 0", "--lr is 0|above 0"),
    ("--lr inf", "--lr is inf|finite"),
    ("--clip -1", "--clip is -1|above 0"),
    ("--patience 0", "--patience is 0|1 or more"),
    ("--seed -1", "--seed is -1|from 0"),
    ("--steps 0", "--steps is 0|above 0"),
    ("--minutes inf", "--minutes is inf"),
    ("--minutes 0", "--minutes is 0: it must be above 0"),
    ("--epochs inf", "--epochs is inf"),
    ("--steps 1 --minutes 1", "--steps and --minutes cannot be given together: leave out one of them"),
    ("--valid-fraction 1", "--valid-fraction is 1|less than 1"),
    ("--test-fraction -1", "--test-fraction is -1|at least 0"),
    ("--valid nowhere.txt", "nowhere.txt does not exist"),
    ("--encoding klingon", "klingon|utf-8"),
    ("--encoding rot13", "rot13|utf-8"),
    ("--encoding hex", "hex|utf-8"),
    ("--set depth", "'depth'|field=value"),
    ("--set d_model=0", "seqgen: d_model is 0"),
    ("--set depth=3", "depth|seqgen train --fields"),
    ("--set beta1=much", "beta1|much|a number"),
    ("--out run", "run exists and is not empty|--out|--resume"),
    ("--out story.txt", "story.txt cannot be made"),
    ("--from nowhere", "nowhere does not exist"),
    ("--from newer", "update seqgen"),
    ("--from run --width 99", "--width is 99"),
    ("--from run --cell gru", "gru|lstm"),
    ("--from run --vocab-size 99", "--from|vocab|--tokenizer"),
    ("--from run --tokenizer auto", "--tokenizer auto cannot be given with --from"),
    ("--from run --tokenizer byte --width 99", "--width is 99"),
]
NO_RESUMING = [
    ("nowhere", "no run folder at nowhere"),
    ("hollow", "hollow cannot be resumed"),
    ("half", "incomplete"),
    ("newer", "update seqgen"),
    (
        "run story.txt",
        "TEXT cannot be given with --resume, which keeps|leave out TEXT",
    ),
    (
        "run --width 9",
        "--width cannot be given with --resume, which keeps|leave out --width",
    ),
    (
        "run --seed 0 --out new",
        "--out and --seed cannot be given with --resume, which keeps|leave out --out and --seed",
    ),
    (
        "run --from run",
        "--from cannot be given with --resume, which keeps|leave out --from",
    ),
    (
        "run --set window=9",
        "--set cannot be given with --resume, which keeps|leave out --set",
    ),
]
NO_SAMPLE = [
    ("run --temp warm", "--temp|warm"),
    ("run --temp -1", "--temp is -1|0 or more"),
    ("run --temp nan", "--temp is nan"),
    ("run --top-k 0", "--top-k is 0|1 or more"),
    ("run --top-p 1.1", "--top-p is 1.1|at most 1"),
    ("run --min-p 2", "--min-p is 2"),
    ("run --presence-penalty nan", "--presence-penalty is nan"),
    ("run --no-copy 1", "--no-copy is 1"),
    ("run --length -1", "--length is -1|0 or more"),
    ("run --count 0", "--count is 0|1 or more"),
    ("run --seed -1", "--seed is -1|0 or more"),
    ("run --prompt 漢字", "漢字"),
    (
        "run --prompt Mina --prompt-file story.txt",
        "--prompt and --prompt-file cannot be given together: leave out one of them",
    ),
    ("run --prompt-file nowhere.txt", "nowhere.txt cannot be read"),
    ("run --prompt-file latin.txt", "latin.txt is not UTF-8 at byte 3"),
    ("story.txt", "story.txt|safetensors"),
]
NO_SCORE = [
    ("story.txt", "neither a run folder nor|--on story.txt"),
    ("run --part test", "no test part|--on"),
    ("run --part all", "all|train|valid|test"),
]
REST = [
    ("train", "give a text"),
    ("tokenize story.txt --show -1", "--show is -1"),
    ("tokenize story.txt --vocab-size 9", "--vocab-size does not belong to the tokenizer char"),
    ("tokenize story.txt --tokenizer word --vocab-size 99999", "99999|use --vocab-size"),
    ("corpus stats nowhere.txt", "nowhere.txt does not exist"),
    ("corpus stats latin.txt", "latin.txt is not utf-8 at byte 3"),
    ("corpus fetch nothing", "nothing|tinyshakespeare"),
]


def table() -> list[tuple[str, str]]:
    """Arguments, and the words that the one line must hold, between bars."""
    rows: list[tuple[str, str]] = []
    for front, cases, back in (
        ("train ", NO_TEXT, f" --out new {TINY}"),
        ("tokenize ", NO_TEXT, ""),
        ("eval run --on ", NO_TEXT, ""),
        *((f"{command} ", NO_MODEL, "") for command in ("sample", "eval", "info")),
        ("train story.txt ", NO_OPTION, ""),
        ("train --resume ", NO_RESUMING, ""),
        ("sample ", NO_SAMPLE, ""),
        ("eval ", NO_SCORE, ""),
        ("", REST, ""),
    ):
        rows += ((f"{front}{arguments}{back}", words) for arguments, words in cases)
    return rows


@pytest.mark.parametrize(("arguments", "words"), table(), ids=[arguments for arguments, _ in table()])
def test_bad_input_gets_one_clear_line_and_loses_nothing(
    arguments: str, words: str, trap: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trap)
    before = files_under(trap)
    assert_one_line(run(*arguments.split()), words)
    assert files_under(trap) == before
    assert not [path for path in own_cache.rglob("*") if "part" in path.suffix or "unfinished" in path.name]


@pytest.mark.parametrize("command", ["train", "tokenize", "sample", "eval", "info", "eval --on"])
def test_a_text_given_instead_of_a_path_gets_one_line(
    command: str, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that no file can have is a file that is not there."""
    monkeypatch.chdir(trap)
    run_or_none = ["run"] if "--on" in command else []
    start, *rest = command.split()
    assert_one_line(run(start, *run_or_none, *rest, FAR_TOO_LONG), "a text in place")
