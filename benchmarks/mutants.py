"""Puts one small fault after another into the code, and counts those that no test notices.

    python benchmarks/mutants.py container run          # groups of modules; none names all
    python benchmarks/mutants.py run --only lock.py     # one module of a group
    python benchmarks/mutants.py run --known old.tsv    # only what lived when --out old.tsv was written, or is new

The tests of a group run once, while `coverage` notes which lines each of them runs. Then each mutant
(`mutant_kinds.py`) lives in a forked process, where the tests of its line run until one fails. Tests that start other
processes do not see the fault, and what fixtures made before the fork is made without it. A mutant that takes ten
times the CPU time of the tests counts as killed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest
from hypothesis import HealthCheck, Phase, settings
from mutant_kinds import mutants_of
from mutant_life import Suite, fate_of, functions_in, run_item, use_own_folder

ROOT = Path(__file__).resolve().parent.parent
GROUPS: dict[str, tuple[list[str], list[str]]] = {
    "container": (["container.py", "durable.py"], ["test_container.py", "test_durable.py", "test_run.py"]),
    "run": (
        ["run/*.py"],
        ["test_run.py", "test_run_folder.py", "test_run_record.py", "test_history.py", "test_saved_model.py",
         "test_stored_expert.py", "test_stored_label_expert.py", "test_old_runs.py", "test_bases.py",
         "training/test_run_lock.py", "test_container.py"],
    ),
    "filters": (["sampling/filters.py"], ["sampling/test_filters.py", "sampling/test_odds.py"]),
    "score": (
        ["evaluation/score.py", "evaluation/scored_readings.py", "evaluation/units.py", "evaluation/oov.py"],
        ["evaluation/test_score.py", "evaluation/test_score_rates.py", "evaluation/test_scored_readings.py",
         "evaluation/test_units.py", "evaluation/test_compare.py"],
    ),
    "tokenizers": (["tokenizers/*.py"], ["tokenizers", "sampling/test_prompt.py"]),
    "corpus": (["corpus/[!p]*.py", "corpus/parts.py"], ["corpus"]),
    "pairs": (["corpus/pair*.py"], ["corpus"]),
    "measures": (["evaluation/prediction_measures/*.py"], ["evaluation/prediction_measures"]),
}  # fmt: skip
"""Modules of `seqgen/`, and the files in `tests/` that test them, beside the examples of the modules."""
EXAMPLES = "test_examples.py::test_the_examples_of_a_module_run_and_print_what_they_claim"
NOT_NEEDED = ("timeout", "randomly", "xdist", "cacheprovider", "schemathesis", "cov")
"""Plugins of pytest."""


def run_once(session: pytest.Session, modules: list[Path]) -> Suite:
    """Run all tests, note the lines of each, and then find out which of them pass in a forked process, and how soon."""
    suite = Suite(session.items)
    watch = coverage.Coverage(data_file=None, include=[str(path) for path in modules], config_file=False)
    watch.start()
    for number, item in enumerate(session.items):
        watch.switch_context(str(number))
        following = session.items[number + 1] if number + 1 < len(session.items) else session
        if run_item(item, following):
            suite.seconds[number] = 0.0
    watch.stop()
    for path in modules:
        for line, contexts in watch.get_data().contexts_by_lineno(str(path)).items():
            suite.tests_of_line[str(path), line] = {int(context) for context in contexts if context}
    report = Path(tempfile.mkstemp()[1])
    pid = os.fork()
    if not pid:
        report.write_text(json.dumps(dict(timed(session, suite.seconds))), encoding="utf-8")
        os._exit(0)
    os.waitpid(pid, 0)
    suite.seconds = {int(number): seconds for number, seconds in json.loads(report.read_text()).items()}
    report.unlink()
    return suite


def timed(session: pytest.Session, numbers: Iterable[int]) -> Iterator[tuple[int, float]]:
    use_own_folder(session)
    for number in numbers:
        started = time.process_time()
        if run_item(session.items[number], session):
            yield number, time.process_time() - started


@dataclass
class Mutants:
    """The plugin of pytest that lets mutants live instead of running the tests."""

    modules: list[Path]
    out: Path
    killed: set[tuple[str, ...]]
    """Those that an earlier run has killed, by file, owner and change. They are not tried again."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        suite = run_once(session, self.modules)
        failed = [item.nodeid for number, item in enumerate(suite.items) if number not in suite.seconds]
        print(f"{len(suite.items)} tests, {sum(suite.seconds.values()):.1f} s; left out: {failed}", file=sys.stderr)
        functions = functions_in(self.modules)
        gc.freeze()  # so that the memory of forked processes stays shared
        for path in self.modules:
            fates: Counter[str] = Counter()
            for mutant in mutants_of(path):
                key = (str(path.relative_to(ROOT)), mutant.owner[0], mutant.change)
                is_known = key in self.killed
                fate = "killed" if is_known else fate_of(mutant, suite, session=session, functions=functions)
                if fate == "broken":
                    continue
                fates[fate] += 1
                with self.out.open("a", encoding="utf-8") as out:
                    out.write("\t".join((fate, *key)) + "\n")
                if fate != "killed":
                    print(f"{fate:8}  {key[0]}:{mutant.lines.start} {key[1]}: {key[2]}", flush=True)
            print(f"{path.relative_to(ROOT)}: {sum(fates.values())} mutants, {dict(fates)}", flush=True)
        return True


def killed_in(file: Path | None) -> set[tuple[str, ...]]:
    """What an earlier run wrote that it had killed. Where one change is possible at several places, all must be."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()] if file else []
    fates = [(fate == "killed", tuple(key)) for fate, *key in lines]
    return {key for is_killed, key in fates if is_killed} - {key for is_killed, key in fates if not is_killed}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=list(GROUPS), help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--only", default="", help="modules whose names end so")
    parser.add_argument("--out", type=Path, default=Path("mutants.tsv"), help="a file for the fate of each mutant")
    parser.add_argument(
        "--known", type=Path, help="the file of an earlier run, whose killed mutants are not tried again"
    )
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    phases, checks = (Phase.explicit, Phase.generate), list(HealthCheck)
    profile = settings(
        max_examples=30, derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=checks
    )
    settings.register_profile("mutants", profile)
    settings.load_profile("mutants")
    killed = killed_in(arguments.known)
    for group in arguments.groups:
        modules = [path for name in GROUPS[group][0] for path in sorted((ROOT / "seqgen").glob(name))]
        modules = [path for path in modules if str(path).endswith(arguments.only) and path.name != "__init__.py"]
        pid = os.fork()  # each group imports its tests into a process of its own
        if not pid:
            tests = [str(ROOT / "tests" / name) for name in GROUPS[group][1]]
            with_examples = [path for path in modules if ">>>" in path.read_text(encoding="utf-8")]
            tests += [f"{ROOT}/tests/{EXAMPLES}[{dotted(path)}]" for path in with_examples]
            options = ["--rootdir", str(ROOT), "-o", "addopts=", "-q", "--tb=no", "--capture=sys"]
            options += ["-Wignore::pytest.PytestWarning", *(f"-pno:{plugin}" for plugin in NOT_NEEDED)]
            os._exit(pytest.main([*options, *tests], plugins=[Mutants(modules, arguments.out.absolute(), killed)]))
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
