"""The part of a loaded model that writes: texts, and the targets of sources. It never needs torch on a CPU."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seqgen.api.arguments import checked_list, checked_text
from seqgen.config import (
    DEFAULT_LENGTH,
    Device,
    PredictionConfig,
    SamplingConfig,
    SamplingRequest,
    checked_options,
    plain_number,
    require_name,
    sampling_config_of,
)
from seqgen.errors import ConfigError, TokenizerError
from seqgen.run import SavedModel
from seqgen.sampling import FittedPrompt, Prediction, Predictor, TextStream, after_source, fit_prompt, write_texts
from seqgen.wording import shown

_MAX_NAMED_CHARACTERS = 20


class WritingModel(ABC):
    """What `LanguageModel` can do without measuring anything.

    >>> from seqgen import load
    >>> isinstance(load("checkpoints/story"), WritingModel)
    True
    """

    def __init__(self, saved: SavedModel, *, device: Device = "cpu") -> None:
        require_name("device", device, Device)
        self.saved = saved
        self.device = device

    @abstractmethod
    def __repr__(self) -> str:
        """What kind of model it is."""

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.saved.name

    @property
    def temperature(self) -> float:
        """The temperature at which it writes unless you give one: where it writes best, as far as that was measured."""
        return self.saved.temperature

    def encode(self, text: str) -> list[int]:
        """The token ids of a text.

        Raises:
            TokenizerError: the vocabulary lacks a character or word of the text.

        >>> from seqgen import load
        >>> model = load("checkpoints/story")
        >>> model.decode(model.encode("Mina sat."))
        'Mina sat.'
        >>> model.encode("漢")
        Traceback (most recent call last):
        seqgen.errors.TokenizerError: the vocabulary lacks '漢': the training text does not contain these characters
        """
        tokenizer = self.saved.tokenizer
        encoding = tokenizer.encode(tokenizer.mark(self._read(text, "text")))
        if encoding.oov:
            missing = "".join(dict.fromkeys(encoding.oov))[:_MAX_NAMED_CHARACTERS]
            raise TokenizerError(
                f"the vocabulary lacks {missing!r}: the training text does not contain these characters"
            )
        return [int(token) for token in encoding.ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some token ids; bytes that are not UTF-8 become U+FFFD.

        Raises:
            ConfigError: they are no list.
            TokenizerError: a number is not an id of the vocabulary.
        """
        tokens = list(map(plain_number, checked_list(ids, "ids", of="token ids")))
        n_tokens = self.saved.tokenizer.vocab_size
        for token in tokens:
            if type(token) is not int or not 0 <= token < n_tokens:
                raise TokenizerError(f"{shown(token)} is not a token id: ids are from 0 to {n_tokens - 1:,}")
        return self.saved.tokenizer.decode(tokens)

    def generate(
        self, prompt: str = "", *, length: int | None = DEFAULT_LENGTH, source: str | None = None, **options: Any
    ) -> Iterator[str]:
        """Yield a text piece by piece while it is written: `length` characters in all, or without end if None.

        The pieces together are what follows the prompt; the prompt is not among them. Characters of the prompt that the
        vocabulary lacks are replaced by the most similar one it has, or left out. A model that reads backward writes
        what stands before the prompt, and yields it in one piece.

        Raises:
            ConfigError: an unknown option, or a value out of its range; a `source` for a model of texts, or none for a
                model of pairs.
            CorpusError: `no_copy` or `words` needs the training text, and it is not found.
            TokenizerError: the vocabulary lacks every character of the prompt.

        >>> from seqgen import load
        >>> model = load("checkpoints/story")
        >>> text = "".join(model.generate("Mina ", length=20, seed=1))
        >>> text == model.write("Mina ", length=20, seed=1)
        True
        """
        request = self._request(length=length)
        fitted = self._fitted(prompt, source)
        stream = TextStream(self.saved, fitted, config=self._config(options), request=request)
        return (piece.text for piece in stream)

    def write(self, prompt: str = "", *, length: int = DEFAULT_LENGTH, **options: Any) -> str:
        """The text that `generate` yields, as one string.

        Raises:
            ConfigError: as for `generate`; or `length` is None: a text without end cannot be returned.

        >>> from seqgen import load
        >>> len(load("checkpoints/story").write("Mina ", length=40, temperature=0.5))
        40
        """
        if length is None and not options.get("until_end_of_text"):  # a type checker would not let it pass
            raise ConfigError("is None: a text without end cannot be returned; generate yields it", field="length")
        return "".join(self.generate(prompt, length=length, **options))

    def write_many(
        self, prompt: str = "", *, count: int, length: int = DEFAULT_LENGTH, new: bool = False, **options: Any
    ) -> list[str]:
        """Several different texts that follow one prompt, written side by side, which is faster than one by one.

        The first is the one that `write` returns for the same seed.

        >>> from seqgen import load
        >>> model = load("checkpoints/story")
        >>> texts = model.write_many("Mina ", count=3, length=20, seed=4)
        >>> len(set(texts)), texts[0] == model.write("Mina ", length=20, seed=4)
        (3, True)

        With `new`, each is a whole document that is not in the training text, and no two are the same. There are fewer
        than `count` if 200 in a row are not new. This needs a model of documents, and its training text.
        """
        request = self._request(length=length, count=count, new=new)
        return self._written(prompt, options, request=request)

    def write_matching(
        self, match: str, prompt: str = "", *, count: int, length: int = DEFAULT_LENGTH, **options: Any
    ) -> list[str]:
        """Texts that match a regular expression, each as often as the model writes it among all texts that match.

        Texts are written freely, and those that do not match are discarded. There are fewer than `count` if 10,000
        tries for each do not bring so many. The option `match` of the other methods always finds one, but rules out
        tokens one by one, which changes how often each text comes up.

        >>> from seqgen import load
        >>> load("checkpoints/story").write_matching("[a-z]", "Mina ", count=2, length=1)
        ['...', '...']
        """
        request = self._request(length=length, count=count, exact=True)
        return self._written(prompt, {**options, "match": match}, request=request)

    def _written(self, prompt: str, options: dict[str, Any], *, request: SamplingRequest) -> list[str]:
        fitted = self._fitted(prompt, options.pop("source", None))
        texts = write_texts(self.saved, fitted, config=self._config(options), request=request)
        return [text.text for text in texts]

    def predict(
        self, sources: Iterable[str], *, top: int = PredictionConfig.top, beam: int = PredictionConfig.beam
    ) -> list[list[Prediction]]:
        """For each source, the likeliest targets that a model of pairs finds: at most `top`, the best first.

        Each has its log-probability. Labels have exact ones; text targets are found by a beam search of this width.

        Raises:
            ConfigError: the model learned from a text, or `sources` is no list of texts.

        >>> from seqgen import load
        >>> predictions = load("runs/reversed").predict(["abc", "dab"], top=3)
        >>> [len(found) for found in predictions]
        [3, 3]
        """
        if isinstance(sources, str | bytes):
            raise ConfigError(f"is {shown(sources)}: predict takes several, as in predict([source])", field="sources")
        given = [checked_text(source, "source") for source in checked_list(sources, "sources", of="texts")]
        config = checked_options(PredictionConfig, {"top": top, "beam": beam})
        return Predictor(self.saved, config).predict(given)

    def _read(self, text: str, field: str) -> str:
        """A text from elsewhere as the training text was read."""
        return self.saved.read(checked_text(text, field))

    def _fitted(self, prompt: str, source: str | None) -> FittedPrompt:
        source = source if source is None else checked_text(source, "source")
        return after_source(fit_prompt(self._read(prompt, "prompt"), self.saved.tokenizer), self.saved, source)

    def _request(self, **options: Any) -> SamplingRequest:
        return checked_options(SamplingRequest, {"device": self.device, **options})

    def _config(self, options: Mapping[str, Any]) -> SamplingConfig:
        return sampling_config_of({"temperature": self.temperature, **options})
