"""A prompt in the characters that a model knows. A character that it does not know is replaced, and this is noted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from seqgen.config import SamplingConfig
from seqgen.errors import TokenizerError
from seqgen.run import SavedModel
from seqgen.tokenizers import Detokenizer, Tokenizer
from seqgen.tokenizers.known_forms import compose, covers, describe_unknown, nearest_known
from seqgen.wording import quoted


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt that a model can read.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> fitted = fit_prompt("Mina", open_model("checkpoints/story").tokenizer)
    >>> fitted.text, len(fitted.ids), fitted.notes
    ('Mina', 4, ())
    """

    ids: tuple[int, ...]
    text: str
    """The text of the ids."""
    notes: tuple[str, ...]
    """What had to be changed, in words."""
    detokenizer: Detokenizer = field(repr=False, compare=False)
    """Has decoded the ids. A text that continues the prompt decodes its tokens with a fork of this."""
    source: str | None = None
    """The source whose target begins with the prompt; None for a model of texts."""
    source_ids: tuple[int, ...] = ()
    """The source as a model of pairs reads it."""


def fit_prompt(prompt: str, tokenizer: Tokenizer) -> FittedPrompt:
    """Write a prompt in characters that the vocabulary covers, and encode it.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> fitted = fit_prompt("“Café”", open_model("checkpoints/story").tokenizer)
    >>> fitted.text
    '"Cafe"'
    >>> fitted.notes[1]
    "the model does not know 'é': read as 'e'"

    Raises:
        TokenizerError: no character of the prompt is covered, or a word is outside a closed vocabulary.
    """
    notes: dict[str, None] = {}  # a dict keeps the order and drops repetitions
    composed = compose(prompt, tokenizer)
    if composed != prompt:
        notes["letters and their accents are written together or apart, as the model knows them"] = None
    marked = tokenizer.mark(composed)
    forms = {character: _known_form(character, tokenizer, notes=notes) for character in dict.fromkeys(marked)}
    text = "".join(map(forms.__getitem__, marked))
    if prompt and not text:
        raise TokenizerError(f"the model knows no character of {quoted(prompt)}: its training text has none of them")
    ids = tuple(tokenizer.encode(text).ids.tolist())
    detokenizer = Detokenizer(tokenizer)
    decoded = "".join(map(detokenizer.write, ids)) + detokenizer.fork().finish()
    return FittedPrompt(ids, decoded, tuple(notes), detokenizer)


def fit_config(config: SamplingConfig, model: SavedModel) -> SamplingConfig:
    """A configuration whose texts have the line ends that the model knows. A target ends where the model ends it.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> fit_config(SamplingConfig(stop=("\\r\\n",)), open_model("checkpoints/story")).stop
    ('\\n',)
    """
    read = model.record.corpus.read_line_ends
    bias = {read(text): value for text, value in config.bias.items()}
    ends = config.until_end_of_text or model.source_tokenizer is not None
    stop, ban = (tuple(map(read, texts)) for texts in (config.stop, config.ban))
    return replace(config, stop=stop, ban=ban, bias=bias, until_end_of_text=ends)


def _known_form(character: str, tokenizer: Tokenizer, *, notes: dict[str, None]) -> str:
    """The character, or the nearest form of it that the vocabulary covers, or nothing. Changes are noted."""
    if covers(tokenizer, character):
        return character
    form = nearest_known(character, tokenizer)
    notes[describe_unknown(character, "skipped" if form is None else f"read as {form!r}")] = None
    return form or ""
