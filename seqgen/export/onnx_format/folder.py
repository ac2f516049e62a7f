"""The exported folder: the step in ONNX, its description in JSON, and a card with programs that run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onnx import ModelProto

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.errors import ConfigError
from seqgen.export.base import Notes
from seqgen.export.card import model_card, notes_on_expert
from seqgen.export.hf_tokenizer import notes_on, notes_on_javascript, write_tokenizer
from seqgen.export.names import plain_name
from seqgen.export.onnx_format.cells import CELLS
from seqgen.export.onnx_format.graph import OPSET, Graph
from seqgen.export.onnx_format.programs import javascript_program, python_program
from seqgen.export.onnx_format.storage import STORAGES
from seqgen.export.onnx_format.vocabularies import vocabulary_of
from seqgen.run import SavedModel
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.version import __version__

MODEL_FILE, DESCRIPTION_FILE, CARD_FILE = "model.onnx", "model.json", "README.md"
MOST_BYTES = 2**31 - 1
"""What ONNX can hold in one file."""

_HOW_TO_RUN = """\
## How to run it

`model.onnx` is one step: the latest id of each text goes in, `ids` (batch), and the logits of the next ids come out,
`logits` (batch, vocabulary). Each other input is a part of the state. It begins as zeros, and the output `next_NAME` is
the input `NAME` of the next step. `model.json` lists the parts of the state. The id 0 stands before every text. Each
text of a batch has its own state, so texts may be of different lengths.

Python: `pip install numpy onnxruntime{python_package}`

```python
{python}```

JavaScript: `npm install onnxruntime-node{javascript_package}`. A page imports `onnxruntime-web` and fetches the files.

```javascript
{javascript}```
"""


def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    """Write a model into an empty folder.

    Raises:
        ConfigError: it is too large for one file.
        TokenizerError: the vocabulary cannot be held.
    """
    precision = config.precision or "float32"
    graph = Graph(saved.weights, store=STORAGES[precision])
    logits = CELLS[saved.record.model.cell](graph, saved.record.model)
    description = _description(saved, graph)
    step = graph.finish(logits, vocab_size=saved.record.model.vocab_size, metadata=_metadata(description))
    _require_fitting(step)
    notes = _notes(saved, precision)
    if vocabulary_of(saved.tokenizer.kind).needs_library:
        write_tokenizer(saved.tokenizer, path)
    (path / MODEL_FILE).write_bytes(step.SerializeToString())
    (path / DESCRIPTION_FILE).write_text(json.dumps(description, ensure_ascii=False, indent=1), encoding="utf-8")
    (path / CARD_FILE).write_text(_card(saved, notes), encoding="utf-8")
    return notes


def _description(saved: SavedModel, graph: Graph) -> dict[str, Any]:
    """What a program needs to know beside the step."""
    tokenizer = saved.tokenizer
    description: dict[str, Any] = {
        "name": plain_name(saved.name),
        "seqgen": __version__,
        "cell": saved.record.model.cell,
        "tokenizer": tokenizer.kind,
        "separator": tokenizer.separator,
        "temperature": saved.temperature,
        "state": graph.states(),
    }
    if vocabulary_of(tokenizer.kind).has_tokens:
        tokens = (tokenizer.token_bytes(token, END_OF_TEXT).decode() for token in range(1, tokenizer.vocab_size))
        description["tokens"] = [tokenizer.separator, *tokens]
    return description


def _metadata(description: dict[str, Any]) -> dict[str, str]:
    """The same as strings, without what is long. Of the state there are the names."""
    texts = {name: str(description[name]) for name in ("name", "seqgen", "cell", "tokenizer", "temperature")}
    return {**texts, "state": " ".join(part["name"] for part in description["state"])}


def _require_fitting(step: ModelProto) -> None:
    if step.ByteSize() > MOST_BYTES:
        raise ConfigError(f"one file of ONNX can hold 2 GB, and this model needs {step.ByteSize() / 1e9:.1f}")


def _notes(saved: SavedModel, precision: ExportPrecision) -> Notes:
    rounded = f"its weights are rounded to {precision}, and it computes in float32"
    of_library = vocabulary_of(saved.tokenizer.kind).needs_library
    return (
        *notes_on_expert(saved),
        *((*notes_on(saved.tokenizer), *notes_on_javascript(saved.tokenizer)) if of_library else ()),
        *(() if precision == "float32" else (rounded,)),
    )


def _card(saved: SavedModel, notes: Notes) -> str:
    vocabulary, prompt, may_end = vocabulary_of(saved.tokenizer.kind), _prompt(saved.tokenizer), saved.has_documents
    examples = _HOW_TO_RUN.format(
        python_package=_and_package(vocabulary.python.package),
        python=python_program(vocabulary.python, prompt, may_end=may_end),
        javascript_package=_and_package(vocabulary.javascript.package),
        javascript=javascript_program(vocabulary.javascript, prompt, may_end=may_end),
    )
    opens_with = f"onnxruntime opens it, and so does whatever else reads opset {OPSET} of ONNX."
    return model_card(saved, opens_with=opens_with, examples=examples, notes=notes)


def _prompt(tokenizer: Tokenizer) -> str:
    """A text that the programs can continue: a vocabulary of whole words has to know it."""
    if not tokenizer.is_closed:
        return "The "
    words = (tokenizer.token_bytes(token, END_OF_TEXT).decode() for token in range(1, tokenizer.vocab_size))
    return next(filter(str.strip, words), "")


def _and_package(name: str) -> str:
    return f" {name}" if name else ""
