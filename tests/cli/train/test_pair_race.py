"""`seqgen race` on pairs: every cell is trained on the same pairs, and what they predict decides."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqgen.run import open_model
from tests.cli.one_line import run
from tests.tiny_pairs import KINDS

TIME = ["--minutes", "0.005"]
RACE = ["--pairs", *TIME, "--set", "d_model=16", "--set", "n_streams=4", "--device", "cpu", "--out", "runs"]


@pytest.fixture(autouse=True)
def files_and_short_timings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, text in KINDS.items():
        Path(f"{kind}.tsv").write_text(text)
    monkeypatch.setattr("seqgen.training.planning.pair_throughput._WARM_UP_S", 0.0)


@pytest.mark.parametrize(("kind", "unit"), [("text", "bits/char"), ("label", "bits/label")])
def test_a_race_trains_every_cell_on_the_same_pairs(kind: str, unit: str) -> None:
    result = run("race", f"{kind}.tsv", *RACE)
    assert result.exit_code == 0, result.stderr
    assert unit in result.stdout
    assert result.stderr.splitlines()[-1].startswith("predict with the best: seqgen predict SOURCE --run runs/")
    records = [open_model(path).record for path in Path("runs").iterdir() if path.is_dir()]
    assert len({record.model.cell for record in records}) == 4
    assert len({json.dumps(record.corpus.to_json()) for record in records}) == 1


@pytest.mark.parametrize(
    ("kind", "heading", "measure"), [("text", "CER", "character error rate"), ("label", "accuracy", "accuracy")]
)
def test_the_answers_decide_a_race_on_pairs_as_they_do_in_eval(
    kind: str, heading: str, measure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", ("gru", "rnn"))
    result = run("race", f"{kind}.tsv", *RACE)
    assert result.exit_code == 0, result.stderr
    assert heading in result.stdout
    rows = [line.split()[0] for line in result.stdout.splitlines() if line.startswith(("gru ", "rnn "))]
    scored, key = json.loads(run("eval", "runs/gru", "runs/rnn", "--json").stdout), measure.replace(" ", "_")
    found = {row["run"].split("/")[1]: row for row in scored[:2]}
    assert [found[cell]["rank"] for cell in rows[:2]] == [1, 2] or found["gru"][key] == found["rnn"][key]
    said = " ".join(result.stdout.split())
    assert re.search(rf"verdict: (gru|rnn) (is better than|and) .*points of {measure}", said)
    assert result.stderr.splitlines()[-1].endswith(f"runs/{rows[0]}")
    places = {cell: open_model(f"runs/{cell}").record.race_place for cell in rows[:2]}
    assert places == {rows[0]: 1, rows[1]: 2}
    document = json.loads(run("race", f"{kind}.tsv", *RACE[:-1], "others", "--json").stdout)
    assert all(isinstance(one[key], float) for one in document["runs"])
