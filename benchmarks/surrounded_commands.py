"""What `surroundings.py` runs: every command of seqgen with small inputs, and the texts and models they need."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from seqgen.cli import _Commands
from seqgen.cli.inspect.group import InspectGroup
from seqgen.cli.texts.group import CorpusGroup

ROOT = Path(__file__).resolve().parent.parent
SHAPE = "--width 16 --streams 4 --window 16 --steps 20 --device cpu --from none"

BARS = ("cdef", "g2e2", "c4")
TUNE = "X:{}\nT:Air\nM:2/4\nL:1/8\nK:C\n{}|{}|]"


@dataclass(frozen=True)
class Command:
    """The words of a command. W/ stands for the folder of the inputs, OUT/ for that of the outputs."""

    words: str
    status: int = 0
    """With which it ends in normal surroundings."""
    ends_after_s: float | None = None
    """When it is asked to end (SIGTERM) at the latest, because it does not end by itself."""


COMMANDS = {
    "--help": Command("--help"),
    "train": Command(f"train W/story.txt --cell lstm {SHAPE} --out OUT/new"),
    "plan": Command("plan W/story.txt --minutes 0.01 --cell rnn --device cpu --from none"),
    "race": Command("race W/story.txt --minutes 0.005 --device cpu --set d_model=16 --set n_streams=4 --out OUT/race"),
    "sample": Command("sample W/run --length 60 --seed 1"),
    "fill": Command("fill 'Anna gab __ drei.' --forward W/run --backward W/back --seed 1 --draws 4"),
    "predict": Command("predict Katze --run W/pairs"),
    "write": Command("write W/run --file OUT/tale.txt", status=1),
    "music": Command("music W/tunes --count 1 --length 100 --seed 1 --out OUT/book"),
    "eval": Command("eval W/run"),
    "report": Command("report W/run --out OUT/report.html"),
    "info": Command("info W/run"),
    "models": Command("models"),
    "export": Command("export W/run --to html --out OUT/model.html"),
    "serve": Command("serve W/run --port 0", ends_after_s=20.0),
    "tokenize": Command("tokenize W/verse.txt"),
    "corpus stats": Command("corpus stats W/story.txt"),
    "corpus list": Command("corpus list"),
    "corpus fetch": Command("corpus fetch nothing", status=1),
    "inspect memory": Command("inspect memory W/run --longest 64 --out OUT/memory.png"),
    "inspect gradients": Command(
        "inspect gradients --cell gru,d_model=8 --lag 20 --on W/story.txt --out OUT/gradients.png"
    ),
    "inspect units": Command("inspect units W/run --on W/long.txt --out OUT/units.html"),
    "inspect attention": Command("inspect attention W/transformer --out OUT/attention.png"),
    "inspect embeddings": Command("inspect embeddings W/run --out OUT/embeddings.png"),
    "inspect probe": Command("inspect probe copy --cell rnn --steps 1 --set n_streams=2 --out OUT/probe.png"),
    "inspect ball": Command("inspect ball --cell rnn,d_model=8 --steps 2 --out OUT/ball.png"),
    "inspect criteria": Command("inspect criteria W/run --longest 64 --steps 3 --out OUT/criteria.png"),
    "inspect depth": Command(
        "inspect depth W/story.txt --params 20000 --layers 1,2 --steps 2 --set n_streams=2 --out OUT/depth.png"
    ),
}

RUNS = {
    "run": f"story.txt --cell lstm {SHAPE}",
    "back": f"story.txt --cell lstm {SHAPE} --backward",
    "transformer": f"story.txt --cell transformer {SHAPE} --layers 1 --memory 16 --set d_head=8",
    "pairs": f"pairs.tsv --pairs --cell gru {SHAPE}",
    "tunes": "tunes.abc --cell gru --width 48 --streams 16 --window 32 --steps 250 --device cpu --documents blank-line",
}


def seqgen_command(words: str) -> str:
    """A line for a shell."""
    return f"{sys.executable} -m seqgen {words}"


def require_all_commands() -> None:
    """Check that no command is left out."""
    names = {*_Commands.listed} - {"inspect", "corpus"}
    names |= {f"inspect {name}" for name in InspectGroup.listed} | {f"corpus {name}" for name in CorpusGroup.listed}
    if missing := names - {*COMMANDS}:
        raise SystemExit(f"not tried: {', '.join(sorted(missing))}")


def make_workshop(folder: Path) -> Path:
    """A folder with short texts that hold more than ASCII, and a model of each kind."""
    require_all_commands()
    workshop = folder / "workshop"
    if (workshop / "tunes").exists():
        return workshop
    workshop.mkdir(parents=True)
    corpora = ROOT / "corpora"
    german = "Anna gab Jörg drei Äpfel — „süß“, sagte er. 漢字 🙂\n"
    (workshop / "story.txt").write_text(german * 40 + (corpora / "stories.txt").read_text()[:8000], encoding="utf-8")
    (workshop / "long.txt").write_text(german * 150, encoding="utf-8")
    (workshop / "verse.txt").write_text(german * 3, encoding="utf-8")
    pairs = (corpora / "plurals.tsv").read_text(encoding="utf-8").splitlines()[:600]
    (workshop / "pairs.tsv").write_text("\n".join(["Katze\tKätzchen", "Öl\tÖle", *pairs, ""]), encoding="utf-8")
    rng = random.Random(0)
    tunes = (TUNE.format(number, rng.choice(BARS), rng.choice(BARS)) for number in range(300))
    (workshop / "tunes.abc").write_text("\n\n".join(tunes), encoding="utf-8")
    for name, words in RUNS.items():
        line = [sys.executable, "-m", "seqgen", "train", *words.split(), "--out", name]
        done = subprocess.run(line, cwd=workshop, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
    return workshop
