"""seqgen as a library: load a trained model, and let it write, score and compare texts.

>>> from seqgen import load
>>> model = load("checkpoints/story")
>>> for piece in model.generate("Mina ", length=2, temperature=0.7):
...     print(repr(piece))
'...'
'...'
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from seqgen.config import (
    DEFAULT_LENGTH,
    Device,
    PredictionConfig,
    SamplingConfig,
    SamplingRequest,
    fresh_seed,
    sampling_config_of,
)
from seqgen.corpus import Pair
from seqgen.errors import ConfigError, CorpusError, TokenizerError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import (
    FittedPrompt,
    Prediction,
    Predictor,
    TextStream,
    after_source,
    fit_prompt,
    next_odds,
    prefill,
    source_tokenizer_of,
    write_texts,
)

if TYPE_CHECKING:
    from seqgen.evaluation import Difference, Score, ScoredText
    from seqgen.evaluation.pair_runs import ScoredPairs
    from seqgen.models import Decoder

__all__ = ["LanguageModel", "fresh_seed", "load"]

_MAX_NAMED_CHARACTERS = 20


@final
class LanguageModel:
    """A trained model, ready to use. `saved` holds its configuration, tokenizer, weights and history.

    Several threads may use one model at once: each call has a state of its own, and returns what it would return alone.

    Keyword options of the methods that write are the fields of `seqgen.config.SamplingConfig`, such as
    `temperature=0.7`, `seed=3`, `stop="THE END"` or `ban=("the", "end")`, because calls are mostly typed by hand.

    With a model of pairs, these methods need a `source=`, and write its target. `predict` finds the likeliest targets.

    Without `seed=`, each call draws a fresh seed, so that two calls give two texts. To be able to write a text again,
    draw its seed yourself and keep it:

    >>> from seqgen import fresh_seed, load
    >>> model, seed = load("checkpoints/story"), fresh_seed()
    >>> model.write("Mina ", seed=seed) == model.write("Mina ", seed=seed)
    True
    >>> model
    <LanguageModel 'story': lstm, ... parameters, char tokenizer, vocabulary of ...>
    """

    def __init__(self, saved: SavedModel, *, device: Device = "cpu") -> None:
        self.saved = saved
        self.device = device
        self._decoder: Decoder | None = None
        self._decoder_lock = threading.Lock()

    def __repr__(self) -> str:
        cell, tokenizer = self.saved.record.model.cell, self.saved.tokenizer
        return (
            f"<LanguageModel {self.name!r}: {cell}, {self.saved.n_parameters:,} parameters, "
            f"{tokenizer.kind} tokenizer, vocabulary of {tokenizer.vocab_size:,}>"
        )

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
        encoding = tokenizer.encode(tokenizer.mark(self.saved.read(text)))
        if encoding.oov:
            missing = "".join(dict.fromkeys(encoding.oov))[:_MAX_NAMED_CHARACTERS]
            raise TokenizerError(
                f"the vocabulary lacks {missing!r}: the training text does not contain these characters"
            )
        return [int(token) for token in encoding.ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some token ids; bytes that are not UTF-8 become U+FFFD.

        Raises:
            TokenizerError: a number is not an id of the vocabulary.
        """
        tokens, n_tokens = list(ids), self.saved.tokenizer.vocab_size
        for token in tokens:
            if not 0 <= token < n_tokens:
                raise TokenizerError(f"{token} is not a token id: ids are from 0 to {n_tokens - 1:,}")
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
        request = SamplingRequest(length=length, device=self.device)
        fitted = self._fitted(prompt, source)
        stream = TextStream(self.saved, fitted, config=self._config(options), request=request)
        return (piece.text for piece in stream)

    def write(self, prompt: str = "", *, length: int = DEFAULT_LENGTH, **options: Any) -> str:
        """The text that `generate` yields, as one string.

        >>> from seqgen import load
        >>> len(load("checkpoints/story").write("Mina ", length=40, temperature=0.5))
        40
        """
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
        request = SamplingRequest(length=length, count=count, device=self.device, new=new)
        return self._written(prompt, options, request=request)

    def write_matching(
        self, match: str, prompt: str = "", *, count: int, length: int = DEFAULT_LENGTH, **options: Any
    ) -> list[str]:
        """Texts that match a regular expression, each as often as the model writes it among all texts that match.

        Texts are written freely, and those that do not match are discarded. There are fewer than `count` if 10,000
        tries for each do not bring so many. The option `match` of the other methods always finds one, but rules out
        tokens one by one, which changes how often each text comes up.

        >>> load("checkpoints/story").write_matching("[a-z]", "Mina ", count=2, length=1)
        ['...', '...']
        """
        request = SamplingRequest(length=length, count=count, device=self.device, exact=True)
        return self._written(prompt, {**options, "match": match}, request=request)

    def _written(self, prompt: str, options: dict[str, Any], *, request: SamplingRequest) -> list[str]:
        fitted = self._fitted(prompt, options.pop("source", None))
        texts = write_texts(self.saved, fitted, config=self._config(options), request=request)
        return [text.text for text in texts]

    def next_odds(self, prompt: str = "", *, source: str | None = None) -> list[tuple[str, float]]:
        """Every token as text, with the probability that it comes next, the most probable first.

        Bytes that are no character on their own are named, as in `byte E2`.

        >>> odds = load("checkpoints/story").next_odds("Min")
        >>> round(sum(probability for _, probability in odds), 6)
        1.0
        """
        fitted = self._fitted(prompt, source)
        return next_odds(prefill(self.saved, fitted.ids, source=fitted.source_ids), self.saved.tokenizer)

    def predict(
        self, sources: Iterable[str], *, top: int = PredictionConfig.top, beam: int = PredictionConfig.beam
    ) -> list[list[Prediction]]:
        """For each source, the likeliest targets that a model of pairs finds: at most `top`, the best first.

        Each has its log-probability. Labels have exact ones; text targets are found by a beam search of this width.

        Raises:
            ConfigError: the model learned from a text, or `sources` is a single text.

        >>> from seqgen import load
        >>> predictions = load("runs/reversed").predict(["abc", "dab"], top=3)
        >>> [len(found) for found in predictions]
        [3, 3]
        """
        if isinstance(sources, str):
            raise ConfigError(f"predict takes several sources, as in predict([{sources!r}])")
        return Predictor(self.saved, PredictionConfig(top=top, beam=beam)).predict(list(sources))

    def evaluate(self, pairs: Iterable[tuple[str, str]], *, beam: int = PredictionConfig.beam) -> ScoredPairs:
        """How well a model of pairs predicts targets from sources, as `seqgen eval` reports it.

        Raises:
            ConfigError: the model learned from a text.
            CorpusError: there is no pair.

        >>> from seqgen import load
        >>> scored = load("runs/reversed").evaluate([("abc", "cba"), ("dab", "bad")])
        >>> scored.answers.measures.exact_match.value, len(scored.loss.nats)
        (..., 2)
        """
        from seqgen.evaluation.pair_runs import PairScoring, PairSet, ScoredPairs

        source_tokenizer_of(self.saved)  # refuses a model of texts
        given = [Pair(*pair) for pair in pairs]
        if not given:
            raise CorpusError("there is no pair: there is nothing to score")
        return ScoredPairs.of(self.saved, PairSet(name="the pairs", part=None, pairs=given), PairScoring(beam=beam))

    def score(self, text: str) -> Score:
        """How well the model predicts a text, as `seqgen eval` reports it.

        The first call imports torch, which takes a second or two.

        Raises:
            CorpusError: the text is empty, or none of its characters is in the vocabulary.

        >>> from seqgen import load
        >>> score = load("checkpoints/story").score("Mina sat by the river.")
        >>> score.n_tokens, score.n_characters
        (22, 22)
        >>> 3 < score.bits_per_character < 7
        True
        """
        return self.score_in_blocks(text).score

    def score_in_blocks(self, text: str) -> ScoredText:
        """The score of a text with the nats of its blocks, which `seqgen.evaluation.compare` takes."""
        from seqgen.corpus import encode_text
        from seqgen.evaluation import Blocks, Context, FromEnd, ScoredText, score_text

        if self.saved.source_tokenizer is not None:
            raise ConfigError(f"{self.name} learned from pairs, not from a text: evaluate(pairs) scores it")
        tokenizer = self.saved.tokenizer
        encoded = encode_text([tokenizer.mark(self.saved.read(text))], tokenizer)
        blocks = Blocks(tokenizer, encoded.n_bytes)
        mode = FromEnd(Context()) if self.saved.record.corpus.backward else Context()
        score = score_text(self._restored(), encoded, tokenizer=tokenizer, mode=mode, observers=[blocks])
        return ScoredText(score, blocks)

    def compare(self, other: LanguageModel, text: str) -> Difference:
        """Which of two models predicts a text better, and how sure that is: printed, the result is a sentence.

        The models may have different tokenizers.

        Raises:
            CorpusError: the text is too short for a comparison, or a vocabulary cannot give it back exactly.

        >>> from seqgen import load
        >>> model, text = load("checkpoints/story"), open("story.txt").read() * 2
        >>> print(model.compare(model, text))
        story and story cannot be told apart on this text (0.000 ± 0.000 bits per byte)
        """
        from seqgen.evaluation import compare, comparison_obstacle

        first, second = self.score_in_blocks(text), other.score_in_blocks(text)
        difference = compare(first, second, names=(self.name, other.name))
        if difference is None:
            raise CorpusError(str(comparison_obstacle(first.score, second.score)))
        return difference

    def _fitted(self, prompt: str, source: str | None) -> FittedPrompt:
        return after_source(fit_prompt(self.saved.read(prompt), self.saved.tokenizer), self.saved, source)

    def _config(self, options: Mapping[str, Any]) -> SamplingConfig:
        return sampling_config_of({"temperature": self.temperature, **options})

    def _restored(self) -> Decoder:
        """The torch module, built once. Threads can share it: scoring passes the state along and changes no weight."""
        from seqgen.evaluation import restore_decoder

        with self._decoder_lock:
            if self._decoder is None:
                self._decoder = restore_decoder(self.saved, device=self.device)
            return self._decoder


def load(run: str | Path | None = None, *, device: Device = "cpu") -> LanguageModel:
    """Open a run folder, a `.safetensors` file or a base by its name.

    None opens the newest run under `./checkpoints`, or the best run of a race if that is the newest.

    `device` is where the model writes and scores: cpu, cuda, mps, or auto, which takes a GPU if there is one. A GPU is
    faster for many texts at once; for one text the CPU is.

    Raises:
        RunError: there is no such run, or it cannot be read.

    >>> from seqgen import load
    >>> load("checkpoints/story").name, load("english").name
    ('story', 'english')
    >>> load("elsewhere")
    Traceback (most recent call last):
    seqgen.errors.RunError: elsewhere does not exist: give a run folder, a .safetensors file or a base (english)
    """
    return LanguageModel(open_model(run), device=device)
