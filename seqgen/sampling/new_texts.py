"""New documents only: texts that are no document of the text that a model was trained on, and none of them twice."""

from __future__ import annotations

from dataclasses import replace

from seqgen.config import SamplingConfig, SamplingRequest
from seqgen.corpus import KnownDocuments, read_pairs, reopen_part
from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling.direction import whole_text
from seqgen.sampling.exact_match import write_matching
from seqgen.sampling.generated_text import GeneratedText, write_each
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import END_OF_TEXT

MOST_TRIES = 200
"""After so many texts in a row that are not new, the search for more ends."""
_MOST_AT_ONCE = 64


def write_texts(
    model: SavedModel, prompt: FittedPrompt, *, config: SamplingConfig, request: SamplingRequest
) -> list[GeneratedText]:
    """Write `request.count` texts. Each is the least surprising per character of `request.best_of`.

    If they must be `new`, a text ends where the model ends its document. Texts that are not new are written again,
    with the next numbers, until there are enough, or until `MOST_TRIES` in a row are not new. There may then be fewer
    than requested. An `exact` request is the task of `write_matching`.

    >>> from seqgen.config import SamplingConfig, SamplingRequest
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt, write_texts
    >>> model = open_model("checkpoints/story")
    >>> prompt = fit_prompt("The ", model.tokenizer)
    >>> config, request = SamplingConfig(ban=("e",)), SamplingRequest(count=2, length=30)
    >>> for text in write_texts(model, prompt, config=config, request=request):
    ...     print(len(text.text), text.ending, "e" in text.text)
    30 length False
    30 length False

    Raises:
        ConfigError: they must be new, and the model was not trained on documents; as `write_matching`.
        CorpusError: they must be new, and the text that the model was trained on is not found.
        SeqgenError: as `TextStream`.
    """
    if request.exact:
        return write_matching(model, prompt, config=config, request=request)
    if not request.new:
        return write_each(model, prompt, config=config, request=request)
    if not model.has_documents:
        raise ConfigError("the model was trained on one text: --new needs a model trained with --documents")
    known = _known_texts(model)
    config, begun = replace(config, until_end_of_text=True), _begun_document(prompt, model)
    found: dict[str, GeneratedText] = {}
    n_failed, first, n_next = 0, request.first, request.count
    while len(found) < request.count and n_failed < MOST_TRIES:
        batch = replace(request, count=n_next, first=first)
        for text in write_each(model, prompt, config=config, request=batch):
            is_new = text.text and text.text not in found and whole_text(model, begun, text.text) not in known
            n_failed = 0 if is_new else n_failed + 1
            if is_new:
                found[text.text] = text
        first += batch.n_texts
        n_next = min(max(request.count - len(found), 2 * n_failed), MOST_TRIES - n_failed, _MOST_AT_ONCE)
    return list(found.values())[: request.count]


def _known_texts(model: SavedModel) -> KnownDocuments | frozenset[str]:
    """The documents of the text that a model was trained on; of pairs, the targets of all parts."""
    corpus = model.record.corpus
    if model.source_tokenizer is None:
        return KnownDocuments.around(reopen_part(corpus, "train"))
    return frozenset(pair.target for name in corpus.parts for pair in read_pairs(reopen_part(corpus, name)))


def _begun_document(prompt: FittedPrompt, model: SavedModel) -> str:
    """The part of a prompt that belongs to the document which the texts continue."""
    if model.record.corpus.backward:
        return model.tokenizer.decode(prompt.ids[: (*prompt.ids, END_OF_TEXT).index(END_OF_TEXT)])
    n_after = (*reversed(prompt.ids), END_OF_TEXT).index(END_OF_TEXT)
    return model.tokenizer.decode(prompt.ids[len(prompt.ids) - n_after :])
