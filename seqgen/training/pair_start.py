"""What a new model of pairs takes over from the model that it begins with: a language model, or a model of pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from seqgen.config import EncoderChoice, FieldValue, ModelConfig, Targets
from seqgen.corpus.pairs import choose_targets
from seqgen.errors import ConfigError
from seqgen.inference import weight_shapes
from seqgen.run import SavedModel
from seqgen.run.saved_model import Weights
from seqgen.tokenizers import Tokenizer, restore_tokenizer
from seqgen.training.language_model import begin_decoder, begin_encoder, begin_joined
from seqgen.training.planning.pair_problem import DEFAULT_DIRECTION
from seqgen.training.planning.resolve import start_from
from seqgen.training.planning.resolve_pairs import encoder_for
from seqgen.training.request import TrainingRequest


@dataclass(frozen=True, kw_only=True)
class PairStart(ABC):
    """The weights and vocabularies that a run of pairs begins with, and the shape that they decide."""

    parent: SavedModel

    @property
    @abstractmethod
    def source_tokenizer(self) -> Tokenizer | None:
        """The vocabulary of the sources; None if it is made from the pairs."""

    @property
    @abstractmethod
    def tokenizer(self) -> Tokenizer | None:
        """The vocabulary of the targets; None if it is made from the pairs."""

    @property
    @abstractmethod
    def knows_pairs(self) -> bool:
        """Whether the parent predicts targets after sources, so that the run goes on with what it has learned."""

    @abstractmethod
    def inherited(self, request: TrainingRequest) -> TrainingRequest:
        """The request with the cell and the shape of the parent.

        Raises:
            ConfigError: the request names others.
        """

    @abstractmethod
    def weights(self, fresh: Weights, config: ModelConfig) -> Weights:
        """The weights of a model of this configuration; `fresh` has those of a new one."""

    @abstractmethod
    def describe(self) -> str:
        """What is taken over, in a sentence."""

    def _with_shape(self, request: TrainingRequest, **settings: FieldValue) -> TrainingRequest:
        """The request with the parent's cell and fields, and other settings that it does not make itself.

        A Transformer's window of attention is left open: it has to be as long as pairs are.
        """
        cell, found = start_from(self.parent.record.model, cell=request.cell, settings=request.settings)
        inherited = {name: value for name, value in found.items() if name != "memory"}
        return replace(request, cell=cell, settings={**inherited, **settings, **request.settings})


@final
@dataclass(frozen=True, kw_only=True)
class LanguageModelStart(PairStart):
    """A language model in the decoder, in the encoder, or in both. What begins with its weights has its vocabulary.

    The decoder begins with it if it writes the same tokens: the targets are text, and no tokenizer was named for them.
    The encoder does if no tokenizer was named for the sources, and if it has the same layers. A decoder that reads the
    sources too takes its layers, and its embeddings for each vocabulary that is the language model's.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.run import open_model
    >>> corpus = CorpusConfig(paths=("pairs.tsv",), pairs=True)
    >>> request = TrainingRequest(corpus=corpus, parent=open_model("checkpoints/story"))
    >>> LanguageModelStart.of(request, has_labels=False).describe()
    'the decoder begins with the weights and the vocabulary of story, the encoder with fresh ones'
    """

    reads: bool
    """Whether the vocabulary of the sources is that of the language model."""
    writes: bool
    """Whether the vocabulary of the targets is."""
    is_joined: bool
    """Whether the decoder reads the sources too."""

    @classmethod
    def of(cls, request: TrainingRequest, *, has_labels: bool) -> LanguageModelStart:
        """What the language model fits that a request names.

        Raises:
            ConfigError: it fits nothing.
        """
        parent, is_joined = request.parent, request.encoder == "none"
        assert parent is not None
        misfit = None if is_joined else _misfit_of_encoder(request, parent)
        if not request.keeps_vocabulary:
            misfit = "the sources have tokens of their own (--tokenizer)"
        writes = not has_labels and request.target_tokenizer is None
        if not writes and misfit is not None:
            targets = "are labels" if has_labels else "have tokens of their own (--target-tokenizer)"
            raise ConfigError(
                f"nothing can begin with the weights of {parent.name}: the targets {targets}, and {misfit}"
            )
        return cls(parent=parent, reads=misfit is None, writes=writes, is_joined=is_joined)

    @property
    def source_tokenizer(self) -> Tokenizer | None:
        return self._vocabulary() if self.reads else None

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self._vocabulary() if self.writes else None

    @property
    def knows_pairs(self) -> bool:
        return False

    def inherited(self, request: TrainingRequest) -> TrainingRequest:
        return self._with_shape(request) if self.writes else self._with_shape(request, ngram_order=None)

    def weights(self, fresh: Weights, config: ModelConfig) -> Weights:
        given = self.parent.weights
        if self.is_joined:
            return begin_joined(fresh, given, n_targets=config.vocab_size, reads=self.reads, writes=self.writes)
        if self.writes:
            fresh = begin_decoder(fresh, given)
        return begin_encoder(fresh, given) if self.reads else fresh

    def describe(self) -> str:
        name = self.parent.name
        if self.is_joined:
            of = {(True, True): "sources and targets", (True, False): "the sources"}
            which = of.get((self.reads, self.writes), "the targets")
            return f"the decoder begins with the weights of {name}; {which} have its vocabulary"
        if self.reads and self.writes:
            return f"encoder and decoder begin with the weights and the vocabulary of {name}"
        begun, other = ("decoder", "encoder") if self.writes else ("encoder", "decoder")
        return f"the {begun} begins with the weights and the vocabulary of {name}, the {other} with fresh ones"

    def _vocabulary(self) -> Tokenizer:
        """The parent's vocabulary, with an end of text that is no text."""
        tokenizer = self.parent.tokenizer
        return restore_tokenizer(tokenizer.kind, {**tokenizer.state(), "separator": ""}, bulk=tokenizer.bulk())


@final
@dataclass(frozen=True, kw_only=True)
class PairModelStart(PairStart):
    """A model of pairs that learns from other pairs. Both vocabularies and all weights are taken over."""

    @property
    def source_tokenizer(self) -> Tokenizer | None:
        return self.parent.source_tokenizer

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self.parent.tokenizer

    @property
    def knows_pairs(self) -> bool:
        return True

    def inherited(self, request: TrainingRequest) -> TrainingRequest:
        encoder, name = self.parent.record.encoder, self.parent.name
        given: EncoderChoice = "none" if encoder is None else encoder.direction
        if request.encoder not in (None, given):
            raise ConfigError(f"--encoder {request.encoder}: {name} has --encoder {given}")
        if encoder is None:
            return replace(self._with_shape(request), encoder=given)
        if request.attention not in (None, encoder.attention):
            asked = "--attention" if request.attention else "--no-attention"
            raise ConfigError(f"{asked}: {name} was trained {'with' if encoder.attention else 'without'} attention")
        shape: dict[str, FieldValue] = {"encoder_layers": encoder.n_layer, "encoder_width": encoder.d_model}
        for name, value in shape.items():
            if request.settings.get(name, value) != value:
                problem = f"is {request.settings[name]}: the model that --from names has {value}"
                raise ConfigError(problem, field=name)
        request = replace(request, encoder=given, attention=encoder.attention)
        return self._with_shape(request, **shape)

    def weights(self, fresh: Weights, config: ModelConfig) -> Weights:
        return self.parent.weights

    def describe(self) -> str:
        targets = "labels" if self.parent.tokenizer.is_of_labels else "text"
        return f"all weights and both vocabularies are those of {self.parent.name}, so targets are {targets}"


def start_of(request: TrainingRequest, targets: Sequence[str]) -> PairStart | None:
    """What a run begins with that has these targets in its training part; None: with nothing.

    Raises:
        ConfigError: the model that the request names does not fit.
        CorpusError: the targets can be no labels.

    >>> from seqgen.config import CorpusConfig
    >>> start_of(TrainingRequest(corpus=CorpusConfig(paths=("pairs.tsv",), pairs=True)), ["a", "b"]) is None
    True
    """
    parent, asked = request.parent, request.corpus.targets
    if parent is None:
        return None
    if parent.source_tokenizer is None:
        return LanguageModelStart.of(request, has_labels=choose_targets(targets, asked) == "label")
    named = "" if request.keeps_vocabulary else "--tokenizer"
    named = named or ("" if request.target_tokenizer is None else "--target-tokenizer")
    if named:
        raise ConfigError(
            f"{named}: {parent.name} is a model of pairs, and keeps both of its vocabularies; leave it out"
        )
    given: Targets = "label" if parent.tokenizer.is_of_labels else "text"
    if asked not in (None, given):
        raise ConfigError(f"--targets {asked}: {parent.name} learned with --targets {given}")
    return PairModelStart(parent=parent)


def _misfit_of_encoder(request: TrainingRequest, parent: SavedModel) -> str | None:
    """What of a language model does not fit the encoder that a request asks for; None if all does."""
    config = parent.record.model
    direction = DEFAULT_DIRECTION if request.encoder is None or request.encoder == "none" else request.encoder
    encoder = encoder_for(config, request.settings, vocab_size=parent.tokenizer.vocab_size + 1, direction=direction)
    if encoder.n_layer != config.n_layer:
        return f"the encoder has {encoder.n_layer} layers, and {parent.name} has {config.n_layer}"
    shapes = weight_shapes(config, encoder)
    try:
        begin_encoder({name: np.broadcast_to(np.float32(0), shape) for name, shape in shapes.items()}, parent.weights)
    except ConfigError as error:
        unequal, _, _ = error.problem.partition(":")
        return f"{unequal}; with --encoder none, the decoder reads the sources with these weights"
    return None
