"""Reading a prompt: it is read once, and every text that continues it starts from the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqgen.config import Device, UnitName, held_units
from seqgen.inference import MixedStepper, Stepper, build_stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.filters import Logits
from seqgen.sampling.sources import read_beginning
from seqgen.tokenizers import END_OF_TEXT


@dataclass(frozen=True)
class Prefill:
    """A prompt that a model has read."""

    stepper: Stepper
    """One stream that has read the prompt. Nothing may step it: texts continue from its forks."""
    logits: Logits
    """(1, V): the logits of the token after the prompt."""
    prompt: tuple[int, ...]
    """Its tokens in the order in which they were read."""
    on_gpu: bool = False

    @property
    def last_token(self) -> int:
        """The last token of the prompt. An empty prompt counts as the end-of-text token.

        >>> from seqgen.run import open_model
        >>> from seqgen.sampling import prefill
        >>> prefill(open_model("checkpoints/story"), []).last_token
        0
        """
        return self.prompt[-1] if self.prompt else END_OF_TEXT


def prefill(
    model: SavedModel,
    prompt: Sequence[int],
    *,
    source: Sequence[int] = (),
    device: Device = "cpu",
    hold: Mapping[str, float] | None = None,
) -> Prefill:
    """Read the tokens of a prompt, after an end-of-text token, which stands before every text.

    A model of pairs reads the tokens of a source first. The prompt is then the beginning of its target. For a model
    that reads backward, the prompt is the end of a text, and is read from its end. `hold` is that of `SamplingConfig`:
    the units are held from the first token on, in all texts that continue the prompt.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import prefill
    >>> model = open_model("checkpoints/story")
    >>> prefilled = prefill(model, model.tokenizer.encode("The cat").ids.tolist())
    >>> prefilled.logits.shape == (1, model.tokenizer.vocab_size)
    True

    Raises:
        ConfigError: this machine does not have the device, or the model lacks a unit that is to be held.
    """
    ids = tuple(reversed(prompt)) if model.record.corpus.backward else tuple(prompt)
    gpu = _gpu_stepper(model, device)
    stepper = gpu or cpu_stepper(model)
    stepper.hold(units_of(model, hold or {}))
    with one_thread():
        logits = read_beginning(stepper, source=source, prompt=ids).copy()
    return Prefill(stepper, logits, ids, on_gpu=gpu is not None)


def units_of(model: SavedModel, hold: Mapping[str, float]) -> dict[UnitName, float]:
    """The units of a model that are to be held, and their values.

    Raises:
        ConfigError: the model does not have one of them.

    >>> from seqgen.run import open_model
    >>> units_of(open_model("checkpoints/story"), {"0:c3": 1.0})
    {UnitName(layer=0, number=3, is_cell=True): 1.0}
    """
    units = held_units(hold)
    for unit in units:
        unit.require_in(model.record.model)
    return units


def cpu_stepper(model: SavedModel) -> Stepper:
    """A stepper of one stream on the CPU, mixed with the model's n-gram expert if it has one.

    >>> from seqgen.run import open_model
    >>> cpu_stepper(open_model("checkpoints/story")).read([3, 1, 4]).shape[0]
    1
    """
    stepper = build_stepper(model.record.model, model.weights, n_streams=1, encoder=model.record.encoder)
    return stepper if model.expert is None else MixedStepper.of(stepper, model.expert, n_streams=1)


def _gpu_stepper(model: SavedModel, device: Device) -> Stepper | None:
    """A stepper on a GPU, or None if the model runs on the CPU."""
    if device == "cpu":
        return None
    from seqgen.stepping import gpu_stepper  # this imports torch, which takes a second or more

    return gpu_stepper(model, device)
