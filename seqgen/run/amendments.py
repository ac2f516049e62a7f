"""What is added to a model file after its training: its expert, its temperature, and its place in a race."""

from __future__ import annotations

from pathlib import Path

from seqgen.container import read_container, write_container
from seqgen.inference import LabelExpert, NgramExpert
from seqgen.run.stored_expert import EXPERT, pack_expert
from seqgen.run.stored_label_expert import LABEL_EXPERT, pack_label_expert


def amend_model(
    path: Path,
    *,
    expert: NgramExpert | None = None,
    label_expert: LabelExpert | None = None,
    temperature: float | None = None,
    race_place: int | None = None,
) -> str:
    """Write an expert, a temperature or a place into a model file, instead of one that is there. None leaves it.

    All other tensors keep their bytes. Returns the new SHA-256 of the file.

    Raises:
        RunError: the file cannot be read or written.

    >>> from seqgen.run import open_model
    >>> sha256 = amend_model(Path("checkpoints/story/model.safetensors"), temperature=0.6)
    >>> open_model("checkpoints/story").temperature, open_model("checkpoints/story").sha256 == sha256
    (0.6, True)
    """
    container = read_container(path, "model")
    document, tensors = dict(container.document), dict(container.tensors)
    if expert is not None:
        document[EXPERT], tensors[EXPERT] = pack_expert(expert)
    if label_expert is not None:
        document[LABEL_EXPERT], tensors[LABEL_EXPERT] = pack_label_expert(label_expert)
    if temperature is not None:
        document["temperature"] = temperature
    if race_place is not None:
        document["race_place"] = race_place
    return write_container(path, "model", document=document, tensors=tensors)
