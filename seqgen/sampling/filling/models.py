"""The two models that fill gaps: one that reads forward and one that reads backward, in the same tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqgen.errors import ConfigError, RunError
from seqgen.run import CHECKPOINTS, SavedModel, newest_models, open_model
from seqgen.tokenizers import Tokenizer


@dataclass(frozen=True)
class FillModels:
    """A model that reads forward and one that reads backward, which fit each other.

    >>> from seqgen.run import open_model
    >>> story = open_model("checkpoints/story")
    >>> FillModels(story, story)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: story reads forward, and --backward needs a run that reads from the end: ...

    Raises:
        ConfigError: one of them reads in the other direction, or learned from pairs; or their tokens differ.
    """

    forward: SavedModel
    backward: SavedModel

    def __post_init__(self) -> None:
        for model in (self.forward, self.backward):
            if model.source_tokenizer is not None:
                raise ConfigError(f"{model.name} learned from pairs, and fills no gaps: name a run of a text")
        if self.forward.record.corpus.backward:
            raise ConfigError(f"{self.forward.name} reads from the end, and --forward needs a run that reads forward")
        if not self.backward.record.corpus.backward:
            raise ConfigError(
                f"{self.backward.name} reads forward, and --backward needs a run that reads from the end: "
                "seqgen train TEXT --backward makes one"
            )
        if not _have_same_tokens(self.forward, self.backward):
            raise ConfigError(
                f"{self.forward.name} and {self.backward.name} have different vocabularies, and both must read the "
                "same tokens: train both on the same text with the same --tokenizer and --documents"
            )

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokens of both."""
        return self.forward.tokenizer

    @property
    def has_documents(self) -> bool:
        """Whether both know where a document begins and ends."""
        return self.forward.has_documents and self.backward.has_documents


def open_fill_models(forward: str | Path | None = None, backward: str | Path | None = None) -> FillModels:
    """The two models that a user names. For one that is left out, the newest run that fits the other is taken.

    If both are left out, they are the newest run that reads backward for which there is a run that reads forward, and
    the newest such run.

    Raises:
        RunError: there is no such run.
        ConfigError: the two do not fit each other.

    >>> open_fill_models("checkpoints/story")
    Traceback (most recent call last):
    seqgen.errors.RunError: no run under ./checkpoints/ reads backward in the tokens of story: ...
    """
    if forward is not None and backward is not None:
        return FillModels(open_model(forward), open_model(backward))
    if forward is not None or backward is not None:
        return _with_newest(open_model(forward if backward is None else backward), is_forward=backward is None)
    for model in _runs():
        if model.record.corpus.backward:
            with contextlib.suppress(RunError):
                return _with_newest(model, is_forward=False)
    raise RunError(
        f"no two runs under ./{CHECKPOINTS}/ read the same tokens forward and backward: train both, with "
        "`seqgen train TEXT --from none` and `seqgen train TEXT --backward`; a run that began from english reads "
        "bytes, so the other one needs --tokenizer byte"
    )


def _with_newest(model: SavedModel, *, is_forward: bool) -> FillModels:
    """A model with the newest that fits it and reads in the other direction."""
    if model.source_tokenizer is not None or model.record.corpus.backward is is_forward:
        return FillModels(model, model)  # says what is wrong with it
    for other in _runs():
        if other.record.corpus.backward is is_forward and _have_same_tokens(model, other):
            return FillModels(model, other) if is_forward else FillModels(other, model)
    direction, option = ("backward", " --backward") if is_forward else ("forward", "")
    raise RunError(
        f"no run under ./{CHECKPOINTS}/ reads {direction} in the tokens of {model.name}: train one on the same text, "
        f"with `seqgen train TEXT{option}`, or name it"
    )


def _runs() -> Iterator[SavedModel]:
    """The runs of texts that load, the newest first."""
    for path in newest_models(CHECKPOINTS):
        with contextlib.suppress(RunError):
            model = open_model(path)
            if model.source_tokenizer is None:
                yield model


def _have_same_tokens(first: SavedModel, second: SavedModel) -> bool:
    return first.tokenizer.fingerprint == second.tokenizer.fingerprint
