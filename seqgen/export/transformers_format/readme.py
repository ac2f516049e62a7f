"""The README of a folder for transformers, and the notes that stand in it."""

from __future__ import annotations

import json

from seqgen.export.base import Notes
from seqgen.export.card import model_card, notes_on_expert
from seqgen.export.hf_tokenizer import notes_on
from seqgen.export.transformers_format.architecture import Architecture
from seqgen.run import SavedModel
from seqgen.tokenizers import Tokenizer

_METADATA = """\
---
library_name: transformers
pipeline_tag: text-generation
---
"""
"""What the Hugging Face Hub reads."""
_OPENS = "The transformers library opens it without seqgen, and so do programs that are built on transformers."
_OWN_CODE = "Its architecture is in `modeling_seqgen.py`, which runs when you allow it with `trust_remote_code=True`."
_QWEN3 = "It is a Qwen3 model in which every layer has a sliding window."
_EXAMPLES = """\
## How to open it

Here, PATH is this folder.

```python
from transformers import pipeline

write = pipeline("text-generation", model="PATH"{trust})
print(write({prompt}, max_new_tokens=200)[0]["generated_text"])
```

In lm-evaluation-harness:

```text
lm_eval --model hf --model_args pretrained=PATH{harness} --tasks TASK
```
"""
_PROMPT = "The"


def write_readme(saved: SavedModel, architecture: Architecture, notes: Notes) -> str:
    """The text of the README.

    >>> from seqgen.export.transformers_format.architecture import Architecture
    >>> from seqgen.export.transformers_format.readme import write_readme
    >>> from seqgen.run import open_model
    >>> text = write_readme(open_model("checkpoints/story"), Architecture(config={}, weights={}, notes=()), notes=())
    >>> 'pipeline("text-generation", model="PATH")' in text
    True
    """
    is_remote = architecture.is_remote
    examples = _EXAMPLES.format(
        trust=", trust_remote_code=True" if is_remote else "",
        harness=",trust_remote_code=True" if is_remote else "",
        prompt=json.dumps(_prompt(saved.tokenizer)),
    )
    opens_with = f"{_OPENS} {_OWN_CODE if is_remote else _QWEN3}"
    return _METADATA + model_card(saved, opens_with=opens_with, examples=examples, notes=notes)


def notes_of(saved: SavedModel, architecture: Architecture) -> Notes:
    """What the folder lacks beside the run, and what to know.

    >>> from seqgen.export.transformers_format.architecture import Architecture
    >>> from seqgen.export.transformers_format.readme import notes_of
    >>> from seqgen.run import open_model
    >>> notes_of(open_model("checkpoints/story"), Architecture(config={}, weights={}, notes=("it is small",)))
    ('it is small',)
    """
    return (*architecture.notes, *notes_on_expert(saved), *notes_on(saved.tokenizer))


def _prompt(tokenizer: Tokenizer) -> str:
    """A short text that the vocabulary knows, or an empty one."""
    return "" if tokenizer.encode(_PROMPT).oov else _PROMPT
