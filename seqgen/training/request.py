"""A user's request for a new training, before anything is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from seqgen.bases import BASES, DEFAULT_BASE
from seqgen.config import (
    DEFAULT_SAVE_EVERY_S,
    Budget,
    Cell,
    CharConfig,
    CorpusConfig,
    Device,
    EncoderChoice,
    EncoderConfig,
    FieldValue,
    TokenizerConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.corpus.folders import is_read_once
from seqgen.launch import process_count
from seqgen.run import RunRecord, SavedModel, load_model, named_folder
from seqgen.training.planning.resolve import Resolved


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What to train, on what, and for how long. Everything that is left out is chosen.

    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), settings={"d_model": 64})
    >>> request.budget_or_default.minutes
    5.0
    """

    corpus: CorpusConfig
    cell: Cell | None = None
    tokenizer: TokenizerConfig | None = field(default_factory=CharConfig)
    """None: the one that does best in short trials. Of pairs, that of the sources."""
    target_tokenizer: TokenizerConfig | None = None
    """The tokenizer of the targets of pairs, unless they are labels. None: like `tokenizer`."""
    encoder: EncoderChoice | None = None
    """What reads the sources of pairs. None: what has worked best."""
    attention: bool | None = None
    """Whether the decoder attends to every position of a source. None: what has worked best."""
    settings: Mapping[str, FieldValue] = field(default_factory=dict)
    """Fields of the model's configuration, of `TrainingConfig` and of `EncoderShape`, by name."""
    budget: Budget = field(default_factory=Budget)
    device: Device = "auto"
    save_every_s: float = DEFAULT_SAVE_EVERY_S
    """Seconds from one save to the next. They are no part of the record: a resumed run may be given others."""
    folder: Path | None = None
    """The run folder. None makes one under `checkpoints/`, named after corpus, cell and time."""
    parent: SavedModel | None = None
    """The model whose weights the training begins with."""
    keeps_vocabulary: bool = True
    """Whether the training takes over the tokenizer of its `parent` too. Otherwise a new one is made, as `tokenizer`
    says."""
    race: str | None = None
    """The race that the run takes part in, as its record names it."""
    planned: Resolved | None = None
    """The configuration, if a plan for exactly this request has chosen it."""

    @property
    def budget_or_default(self) -> Budget:
        """The budget that was asked for, or the default budget."""
        return self.budget if self.budget.is_set else Budget.default()


def base_to_weigh(request: TrainingRequest, *, is_decided: bool) -> SavedModel | None:
    """The base with which a start from nothing is compared; None if there is nothing to weigh.

    `is_decided` says that the user has named a model, a direction, tokens or a base. A shape decides it too. Steps and
    epochs follow rules alone, so that they repeat.

    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), budget=Budget(steps=9))
    >>> base_to_weigh(request, is_decided=False) is None
    True
    """
    free = {*fields_of(TrainingConfig), "dropout"}
    if is_decided or request.settings.keys() - free:
        return None
    if request.budget_or_default.minutes is None or process_count() > 1:
        return None
    if request.corpus.pairs or any(is_read_once(path) for path in request.corpus.all_paths):
        return None
    return load_model(BASES[DEFAULT_BASE])


def another_seed(request: TrainingRequest, first: RunRecord, *, folder: Path, n: int) -> TrainingRequest:
    """The request for a run like the first one of this request, but with a seed that is higher by n.

    What was chosen for the first run is set, so that the seed is all that differs. The new folder is named after the
    first run's folder.

    >>> from seqgen.run import open_model
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)))
    >>> other = another_seed(request, open_model("checkpoints/story").record, folder=Path("checkpoints/story"), n=1)
    >>> other.settings["seed"], other.settings["d_model"], str(other.folder)
    (1, 16, 'checkpoints/story-seed-1')
    """
    seed, folder = first.training.seed + n, named_folder(folder)
    encoder = first.encoder
    settings = {**asdict(first.model), **asdict(first.training), **_shape_of(encoder), "seed": seed}
    for name in ("vocab_size", "source_vocab_size"):  # the tokenizers decide them
        del settings[name]
    return replace(
        request,
        cell=first.model.cell,
        encoder=_choice_of(first),
        attention=None if encoder is None else encoder.attention,
        settings=settings,
        budget=first.budget,
        folder=folder.with_name(f"{folder.name}-seed-{seed}"),
        planned=None,
    )


def _choice_of(record: RunRecord) -> EncoderChoice | None:
    """The encoder of a run as a user would choose it; None for a run that has no sources."""
    if record.encoder is not None:
        return record.encoder.direction
    return "none" if record.model.source_vocab_size else None


def _shape_of(encoder: EncoderConfig | None) -> dict[str, FieldValue]:
    """The fields of `EncoderShape` that give this encoder."""
    if encoder is None:
        return {}
    return {
        "encoder_layers": encoder.n_layer,
        "encoder_width": encoder.d_model,
        "encoder_dropout": encoder.dropout,
    }
