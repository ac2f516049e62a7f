"""A trained model, ready to use: what it writes is in `writing.py`, what is measured with it here."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.api.arguments import checked_list, checked_text
from seqgen.api.writing import WritingModel
from seqgen.config import Device, PredictionConfig
from seqgen.corpus import EncodedText, Pair, encode_text
from seqgen.corpus.given import utf8_of
from seqgen.errors import ConfigError, CorpusError
from seqgen.run import SavedModel, report_to_json
from seqgen.sampling import logits_after, next_odds, prefill, source_tokenizer_of
from seqgen.wording import shown

if TYPE_CHECKING:
    from seqgen.evaluation import Difference, Score, ScoredText
    from seqgen.evaluation.pair_runs import ScoredPairs
    from seqgen.models import Decoder


@final
class LanguageModel(WritingModel):
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
        super().__init__(saved, device=device)
        self._decoder: Decoder | None = None
        self._decoder_lock = threading.Lock()

    def __repr__(self) -> str:
        cell, tokenizer = self.saved.record.model.cell, self.saved.tokenizer
        return (
            f"<LanguageModel {self.name!r}: {cell}, {self.saved.n_parameters:,} parameters, "
            f"{tokenizer.kind} tokenizer, vocabulary of {tokenizer.vocab_size:,}>"
        )

    @property
    def history(self) -> list[dict[str, Any]]:
        """The reports of its training, the earliest first, as `pandas.DataFrame` takes them.

        Each is a line of `metrics.jsonl`; `report` says whether it is a step, a validation or the end. There are none
        for a model outside a run folder.

        >>> from seqgen import load
        >>> [line["report"] for line in load("checkpoints/story").history][-3:]
        ['step', 'validation', 'end']
        """
        return [report_to_json(report) for report in self.saved.history().reports]

    def next_odds(self, prompt: str = "", *, source: str | None = None) -> list[tuple[str, float]]:
        """Every token as text, with the probability that it comes next, the most probable first.

        Bytes that are no character on their own are named, as in `byte E2`.

        >>> from seqgen import load
        >>> odds = load("checkpoints/story").next_odds("Min")
        >>> round(sum(probability for _, probability in odds), 6)
        1.0
        """
        fitted = self._fitted(prompt, source)
        return next_odds(prefill(self.saved, fitted.ids, source=fitted.source_ids), self.saved.tokenizer)

    def logits(self, text: str, *, source: str | None = None, expert: bool = True) -> NDArray[np.float32]:
        """The logits of the token after each token of a text, (T, V): the softmax of row t is what follows token t.

        The tokens are those of `encode`. An end-of-text token is read before them, as before every text. A model that
        reads backward says in row t what stands before token t.

        If the run has an n-gram expert, the rows are the logarithms of the probabilities mixed with it, as the model
        writes and scores. With `expert=False` they are the logits of the network alone, as exported models give them.

        Raises:
            TokenizerError: the vocabulary lacks a character or word of the text.

        >>> from seqgen import load
        >>> model = load("checkpoints/story")
        >>> logits = model.logits("Mina")
        >>> logits.shape == (4, model.saved.tokenizer.vocab_size)
        True
        """
        ids = self.encode(text)
        source_ids = self._fitted("", source).source_ids
        model = self.saved if expert else replace(self.saved, expert=None)
        return logits_after(model, ids, source=source_ids)

    def embed(self, texts: str | Iterable[str]) -> NDArray[np.float32]:
        """What the network makes of a text, (D,), or of each of N texts, (N, D).

        It is the mean, over the tokens of the text, of what the output layer reads at each of them (mean pooling:
        Reimers & Gurevych 2019, "Sentence-BERT", section 3). A text is read from its beginning, after an end-of-text
        token. The n-gram expert has no part in it. Characters that the vocabulary lacks are left out.

        The first call imports torch.

        Raises:
            ConfigError: the model learned from pairs.
            CorpusError: a text is empty, or none of its characters is in the vocabulary.

        >>> from seqgen import load
        >>> model = load("checkpoints/story")
        >>> model.embed("Mina sat.").shape, model.embed(["Mina sat.", "Oro slept."]).shape
        ((16,), (2, 16))
        """
        from seqgen.inspection.text_vectors import text_vector

        self._require_texts("embed reads texts")
        given = [texts] if isinstance(texts, str | bytes) else checked_list(texts, "texts", of="texts")
        vectors = [text_vector(self._restored(), self._encoded(text), saved=self.saved) for text in given]
        if isinstance(texts, str):
            return vectors[0]
        return np.stack(vectors) if vectors else np.empty((0, self.saved.record.model.d_model), np.float32)

    def evaluate(self, pairs: Iterable[tuple[str, str]], *, beam: int = PredictionConfig.beam) -> ScoredPairs:
        """How well a model of pairs predicts targets from sources, as `seqgen eval` reports it.

        Raises:
            ConfigError: the model learned from a text, or a pair is not two texts.
            CorpusError: there is no pair.

        >>> from seqgen import load
        >>> scored = load("runs/reversed").evaluate([("abc", "cba"), ("dab", "bad")])
        >>> scored.answers.measures.exact_match.value, len(scored.loss.nats)
        (..., 2)
        """
        from seqgen.evaluation.pair_runs import PairScoring, PairSet, ScoredPairs

        source_tokenizer_of(self.saved)  # refuses a model of texts
        given = [_pair(pair) for pair in checked_list(pairs, "pairs", of="pairs")]
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
        from seqgen.evaluation import Blocks, Context, FromEnd, ScoredText, score_text

        self._require_texts("evaluate(pairs) scores it")
        tokenizer, encoded = self.saved.tokenizer, self._encoded(text)
        blocks = Blocks(tokenizer, encoded.n_bytes)
        mode = FromEnd(Context()) if self.saved.record.corpus.backward else Context()
        score = score_text(self._restored(), encoded, tokenizer=tokenizer, mode=mode, observers=[blocks])
        return ScoredText(score, blocks)

    def compare(self, other: LanguageModel, text: str) -> Difference:
        """Which of two models predicts a text better, and how sure that is: printed, the result is a sentence.

        The models may have different tokenizers.

        Raises:
            CorpusError: the text is too short for a comparison, or a vocabulary cannot give it back exactly.

        >>> from pathlib import Path
        >>> from seqgen import load
        >>> model, text = load("checkpoints/story"), Path("story.txt").read_text() * 2
        >>> print(model.compare(model, text))
        story and story cannot be told apart on this text (0.000 ± 0.000 bits per byte)
        """
        from seqgen.evaluation import compare, comparison_obstacle

        first, second = self.score_in_blocks(text), other.score_in_blocks(text)
        difference = compare(first, second, names=(self.name, other.name))
        if difference is None:
            raise CorpusError(str(comparison_obstacle(first.score, second.score)))
        return difference

    def _require_texts(self, remedy: str) -> None:
        if self.saved.source_tokenizer is not None:
            raise ConfigError(f"{self.name} learned from pairs, not from a text: {remedy}")

    def _encoded(self, text: str) -> EncodedText:
        tokenizer = self.saved.tokenizer
        utf8_of(checked_text(text, "text"))  # refuses half characters, which are no text
        return encode_text([tokenizer.mark(self.saved.read(text))], tokenizer)

    def _restored(self) -> Decoder:
        """The torch module, built once. Threads can share it: scoring passes the state along and changes no weight."""
        from seqgen.evaluation import restore_decoder

        with self._decoder_lock:
            if self._decoder is None:
                self._decoder = restore_decoder(self.saved, device=self.device)
            return self._decoder


def _pair(given: object) -> Pair:
    sides = checked_list(given, "pair", of="a source and a target")
    if len(sides) != 2:
        raise ConfigError(f"is {shown(given)}: it must be a source and a target", field="pair")
    return Pair(checked_text(sides[0], "source"), checked_text(sides[1], "target"))
