"""The classic tests of memory as tasks that a small model learns in seconds: copy, adding, brackets, counting."""

from seqgen.inspection.probes.adding import ADDING
from seqgen.inspection.probes.base import Examples, Probe, ProbeName
from seqgen.inspection.probes.brackets import BRACKETS
from seqgen.inspection.probes.copying import COPY
from seqgen.inspection.probes.counting import COUNTING

__all__ = ["PROBES", "Examples", "Probe", "ProbeName"]

PROBES: dict[ProbeName, Probe] = {"copy": COPY, "adding": ADDING, "brackets": BRACKETS, "counting": COUNTING}
"""The task of each name."""
