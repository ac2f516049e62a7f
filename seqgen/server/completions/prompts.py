"""The prompts of a request, as the model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling import FittedPrompt, fit_prompt
from seqgen.tokenizers import END_OF_TEXT, Detokenizer

Prompt = str | list[int]


def prompts_of(value: Any) -> list[Prompt]:
    """The prompts of the field `prompt`: one or several, each a text or token ids.

    >>> prompts_of("Mina"), prompts_of([3, 1]), prompts_of(["Mina", "Tom"]), prompts_of([[3], []])
    (['Mina'], [[3, 1]], ['Mina', 'Tom'], [[3], []])
    """
    if isinstance(value, list) and value and isinstance(value[0], str | list):
        return [_whole(prompt) for prompt in value]
    return [_whole(value)]


def fitted(prompt: Prompt, saved: SavedModel, *, field: str = "prompt") -> FittedPrompt:
    """A prompt that the model can read. Ids may begin with the end-of-text token, which is read before every text.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> fitted(saved.tokenizer.encode("Mina").ids.tolist(), saved).text
    'Mina'

    Raises:
        ConfigError: a number is no token id.
        TokenizerError: the vocabulary lacks every character of the prompt.
    """
    if isinstance(prompt, str):
        return fit_prompt(saved.read(prompt), saved.tokenizer)
    require_ids(prompt, saved, field=field)
    ids = prompt[1:] if names_end(prompt) else prompt
    detokenizer = Detokenizer(saved.tokenizer)
    text = "".join(map(detokenizer.write, ids)) + detokenizer.fork().finish()
    return FittedPrompt(tuple(ids), text, (), detokenizer)


def names_end(prompt: Prompt) -> bool:
    """Whether a prompt begins with the end-of-text token, which its scores then begin with too.

    >>> names_end([0, 5]), names_end([5]), names_end("Mina")
    (True, False, False)
    """
    return not isinstance(prompt, str) and prompt[:1] == [END_OF_TEXT]


def require_ids(ids: Sequence[int], saved: SavedModel, *, field: str) -> None:
    """Refuse numbers that are no token ids of the model.

    >>> from seqgen.run import open_model
    >>> require_ids([9999], open_model("checkpoints/story"), field="prompt")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: prompt holds the token 9999: ids are from 0 to ...

    Raises:
        ConfigError: there is one.
    """
    n_tokens = saved.tokenizer.vocab_size
    unknown = next((token for token in ids if not 0 <= token < n_tokens), None)
    if unknown is not None:
        raise ConfigError(f"holds the token {unknown}: ids are from 0 to {n_tokens - 1:,}", field=field)


def _whole(prompt: Any) -> Prompt:
    """JSON may write an id as 3.0."""
    return prompt if isinstance(prompt, str) else [int(token) for token in prompt]
