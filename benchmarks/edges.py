"""Values at the edges for every option of every command: numbers, texts of any bytes, paths to what is no text."""

from __future__ import annotations

import os
import random
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer

from seqgen.cli import app
from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, CorpusConfig, TrainingConfig, fields_of

WHOLE = [
    "0", "1", "2", "3", "-1", "-0", "8", "100", "1000", "1000000", "2147483647", "2147483648", "9223372036854775807",
    "9223372036854775808", "1" + "0" * 20, "9" * 5000, "1.5", "1e3", "nan", "", "x", " 5 ", "1_000", "\u0663", "0x10",
]  # fmt: skip
NUMBERS = [
    "0", "-0.0", "0.5", "1", "-1", "2", "100", "1e-320", "1e-30", "1e30", "1e39", "1e308", "-1e308", "1e309", "nan",
    "inf", "-inf", "", "x", "1,5", "1_0", "0.999999999999", "1.0000001",
]  # fmt: skip
RUNS = ["char", "byte", "word", "white", "sp", "pairs", "labels", "backward", "tunes"]
NAMES = ["story.txt", "any.txt", "empty.txt", "pairs.tsv", "any.tsv"]
STRANGE = [
    "missing.txt", "folder", "fifo", "socket", "null", "zero", "full", "loop", "dangling", ".", "", "-",
    "/proc/self/mem", "name\nwith\x1b[31m", "\udcff.txt", "x" * 5000, "folder/" * 500, "story.txt/x",
    "runs/char/last.safetensors", "runs/char/metrics.jsonl", "runs/char/model.safetensors", "folder/new", "new",
    "new/deep/er", "~", "-x",
]  # fmt: skip
EXPRESSIONS = [
    "a*", "(a|b)*c", "[a-z ]{1,30}", "(", "[", "a{1000}", "(a?){50}a{50}", "a{99999999}", "(a*)*b", "", ".", "^a$",
    "(?=a)", "\\", "\\p{L}+", "[^\\n]*\\n", "\U0001f600", "a|", "(((((((((a)*)*)*)*)*)*)*)*)*", "[\\x00-\\uffff]{200}",
    "\ud800",
]  # fmt: skip
PLACES = ["0:3", "0:c3", "1:0", "0:0", "9:9", "0:99999999999", "-1:0", "0:-1", "0:" + "9" * 30, "x", "", ":", "0:"]
CONFIGS = (*MODEL_CONFIGS.values(), *TOKENIZER_CONFIGS.values(), TrainingConfig, CorpusConfig)
FIELDS = sorted({name for config in CONFIGS for name in fields_of(config)})


def any_text(draw: random.Random) -> str:
    """Characters of any kind; no NUL, which no command line holds."""
    kinds: list[Callable[[], str]] = [
        lambda: "",
        lambda: draw.choice(["a", "\n", " ", "\x1b[31m", "\u202e", "\ufeff", "\udc80", "\ud800", "\U0001f600", "\\"]),
        lambda: "The cat sat on the mat. " * draw.choice([1, 3, 50]),
        lambda: "".join(chr(draw.choice([9, 10, 13, 32, draw.randrange(1, 128)])) for _ in range(draw.randrange(60))),
        lambda: "".join(chr(draw.randrange(1, 0xD800)) for _ in range(draw.randrange(1, 60))),
        lambda: "e" + "\u0301" * draw.choice([1, 40]) + "\U0001f469\u200d\U0001f467 \u05e9\u05dc\u05d5\u05dd",
        lambda: os.fsdecode(bytes(draw.randrange(1, 256) for _ in range(draw.randrange(1, 60)))),
        lambda: "[bold]x[/] {0} %s $(x) `x` \\n \\t \\x \\",
        lambda: draw.choice(["ab", "Mina ", "\u00e9"]) * draw.choice([100, 20_000]),
    ]  # fmt: skip
    return draw.choice(kinds)().replace("\0", "")


def any_bytes(draw: random.Random) -> bytes:
    """A text as it may stand in a file."""
    words = b"The cat sat on the mat. Mina saw it, and the river was wide.\n"
    kinds: list[Callable[[], bytes]] = [
        lambda: b"",
        lambda: draw.choice([b"a", b"\n", b"\xff", b"\0", b"\xef\xbb\xbf", b"\r", b" ", b"\xc3"]),
        lambda: draw.choice([b" ", b"\n", b"\t\r\n", b"\xe3\x80\x80"]) * draw.choice([1, 100, 5000]),
        lambda: words * 40 + b"\0" + words,
        lambda: words.replace(b"\n", draw.choice([b"\r\n", b"\r", b"\n\r", b"\x0b", b"\xe2\x80\xa8"])) * 60,
        lambda: (words * 40).decode().encode(draw.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp500"])),
        lambda: words.replace(b"\n", b" ") * draw.choice([100, 5000]),
        lambda: "".join(map(chr, range(32, draw.choice([300, 20_000, 55_000])))).encode(),
        lambda: "".join(chr(draw.randrange(0x10000, 0x110000)) for _ in range(2000)).encode(),
        lambda: bytes(draw.randrange(256) for _ in range(draw.choice([5, 300, 3000]))),
        lambda: any_text(draw).encode("utf-8", "surrogatepass") * draw.choice([1, 30]),
        lambda: "".join(f"{any_text(draw)[:40]}\t{any_text(draw)[:20]}\n" for _ in range(60)).encode(errors="replace"),
        lambda: b"".join(b"%d,%d\n" % (number, number % 3) for number in range(200)),
        lambda: ("e" + "\u0301" * 30 + "\n").encode() * 100,
        lambda: b"aaaaaaaaaa" * 400,
        lambda: b'{"text": "The cat sat", "source": "a", "target": "b"}\n' * 50 + draw.choice([b"", b"{", b"[]\n"]),
        lambda: draw.choice([b"%PDF-1.7", b"PK\3\4", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"]) + words,
    ]  # fmt: skip
    return draw.choice(kinds)()


def any_path(draw: random.Random) -> str:
    return draw.choice([*(["story.txt", "any.txt"] * 2), draw.choice(NAMES), draw.choice(STRANGE)])


def any_run(draw: random.Random) -> str:
    return f"runs/{draw.choice(RUNS)}" if draw.random() < 0.95 else any_path(draw)


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "RUN": any_run,
    **dict.fromkeys(("TEXT", "SOURCE", "MARK", "KEY"), any_text),
    **dict.fromkeys(("FILE", "FOLDER", "PATH", "FILE.png", "FILE.html"), any_path),
    "TEXT=NUMBER": lambda draw: f"{draw.choice(['e', 'the', any_text(draw)])}={draw.choice(NUMBERS)}",
    "FIELD=VALUE": lambda draw: f"{draw.choice(FIELDS)}={draw.choice([*WHOLE, *NUMBERS, 'none', 'true', 'line'])}",
    "UNIT=VALUE": lambda draw: f"{draw.choice(PLACES)}={draw.choice(NUMBERS)}",
    "MODE": lambda draw: draw.choice(["carried", "cold:", "cold:8", "sliding:9/", "sliding:9/3"]) + draw.choice(WHOLE),
}  # fmt: skip
"""What the help calls a value -> what draws one."""
LISTS: dict[str, list[str]] = {
    "REGEX": EXPRESSIONS,
    "WHAT": ["line", "blank-line", "file", "The", *(f"re:{expression}" for expression in EXPRESSIONS)],
    **dict.fromkeys(("LAYER:UNIT", "LAYER:HEAD"), PLACES),
    "A,B": ["a,b", "source,target", "a", ",", "", "0,1", "a,b,c"],
    "NAME": [
        "utf-8", "latin-1", "utf-16", "cp1252", "utf-7", "idna", "punycode", "zlib", "text", "word", "whitespace",
    ],
    "PATTERN": ["*.txt", "*", "**", "[", "/", "", "***/**"],
    "CELL": ["lstm", "rnn", "gru", "mingru", "transformer", "lstm:depth=3", "LSTM"],
    "N,N,N": ["1", "1,2", "0", "1,1", "1,99999999999", "a,b", "", ",", "1,2," * 200],
    "LOG": ["tensorboard", "os:getcwd", "os", ":", "nothing:x", "os:nothing", "builtins:int"],
    "TIME": ["30s", "5m", "1h", "0", "-1s", "1e308h", "nan", "5", "m", "1m1m", ""],
    "known|FILE": ["known", *NAMES, *STRANGE],
}  # fmt: skip
"""The same for values of a list."""


def values_of(param: Any, draw: random.Random) -> str:
    """A value for an option or argument."""
    if choices := getattr(param.type, "choices", ()):
        return str(draw.choice([*choices] * 3 + [any_text(draw), "", str(choices[0]).upper()]))
    if param.type.name in ("int", "integer"):
        return draw.choice(WHOLE)
    if param.type.name == "float":
        return draw.choice(NUMBERS)
    name = str(param.metavar or "TEXT").strip("[].")
    if name == "TEXT" and param.param_type_name == "argument" and param.name != "text":
        return any_path(draw)  # of train, plan and others a text is a file
    if draw.random() < 0.15:
        return any_text(draw)
    return draw.choice(LISTS[name]) if name in LISTS else MAKERS.get(name, any_text)(draw)


@dataclass(frozen=True)
class Command:
    """A command, and the click parameters of its options."""

    words: tuple[str, ...]
    params: tuple[Any, ...]


@cache
def commands() -> list[Command]:
    """All commands of the program but `serve` and `write`, which end when their user ends them."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
        if not hasattr(command, "listed"):
            yield Command(words, tuple(command.params))
        else:
            for name in command.listed:
                yield from walk(command.commands[name], (*words, name))

    return [found for found in walk(typer.main.get_command(app), ()) if found.words[0] not in ("serve", "write")]


BUDGETS = {
    "train": ("--minutes", "--steps", "--epochs"),
    "plan": ("--minutes",),
    "race": ("--minutes",),
    "probe": ("--steps",),
    "ball": ("--steps",),
    "criteria": ("--steps",),
    "depth": ("--steps",),
}
"""Command -> its options of which one must say how long it takes."""
SHORT = {"--minutes": "0.01", "--steps": "2", "--epochs": "0.1"}
SMALL = {
    "train": {"--width": "12", "--streams": "4", "--window": "16", "--device": "cpu", "--layers": "1"},
    "sample": {"--length": "20"},
    "probe": {"--at": "10"},
    "depth": {"--params": "4000", "--seeds": "1", "--layers": "1,2"},
    "fill": {"--draws": "4"},
    "gradients": {"--lag": "5"},
    "criteria": {"--longest": "8"},
    "memory": {"--longest": "8"},
}
"""Command -> values for its options that are not drawn, so that most cases take a moment."""


SELDOM = {"report": 0.2, "models": 0.2, "race": 0.5}
"""Command -> its weight among the others, if it takes seconds or has no options."""


def any_command(draw: random.Random) -> list[str]:
    """The words of a command line: a command, and a few of its options with values at their edges."""
    (command,) = draw.choices(commands(), [SELDOM.get(command.words[0], 1.0) for command in commands()])
    options = [param for param in command.params if param.param_type_name == "option"]
    chosen = draw.sample(options, min(len(options), draw.choice([0, 1, 1, 1, 1, 2, 2, 3])))
    words = [*command.words]
    for param in chosen:
        name = draw.choice([*param.opts, *param.secondary_opts])
        for _ in range(draw.choice([1, 1, 1, 2]) if param.multiple else 1):
            words.append(name if param.is_flag else f"{name}={values_of(param, draw)}" if name[1] == "-" else name)
    given = {word.partition("=")[0] for word in words}
    if not given & {*BUDGETS.get(command.words[-1], ())} and "--resume" not in given:
        words += [f"{name}={SHORT[name]}" for name in BUDGETS.get(command.words[-1], ())[-1:]]
    if "--resume" not in given:
        words += [f"{name}={value}" for name, value in SMALL.get(command.words[-1], {}).items() if name not in given]
    if any("--seed" in param.opts for param in options) and not given & {"--seed", "--resume", "--replay", "--odds"}:
        words.append("--seed=7")
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    for param in arguments:
        if draw.random() < 0.97:
            words += [values_of(param, draw) for _ in range(draw.choice([1, 1, 1, 2]) if param.nargs == -1 else 1)]
    return words


SPECIAL: dict[str, Callable[[int], bool]] = {
    "fifo": stat.S_ISFIFO,
    "socket": stat.S_ISSOCK,
    "null": stat.S_ISCHR,
    "zero": stat.S_ISCHR,
    "full": stat.S_ISCHR,
}
"""What stands beside the texts and is none of them -> whether it is still what it was."""
_DEVICES = {"null": 3, "zero": 5, "full": 7}


def make_special(folder: Path) -> None:
    """Make devices, a FIFO, a socket, and links that lead nowhere. Devices need root; elsewhere they are missing."""
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket"))
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")
    if os.geteuid() == 0:
        for name, number in _DEVICES.items():
            os.mknod(folder / name, stat.S_IFCHR | 0o666, os.makedev(1, number))


def replaced(folder: Path, present: set[str]) -> list[str]:
    """Those that a command has replaced or removed."""
    names = sorted(present & {*SPECIAL})
    return [
        name
        for name in names
        if not os.path.lexists(folder / name) or not SPECIAL[name](os.lstat(folder / name).st_mode)
    ]
