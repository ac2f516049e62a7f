"""The card of a GGUF file: how to open it in the programs that people have."""

from __future__ import annotations

from seqgen.export.base import Notes
from seqgen.export.card import model_card
from seqgen.run import SavedModel

_OPENS_WITH = """\
It opens in llama.cpp of June 2026 or later, and in programs that contain one: Ollama, LM Studio. It continues a text;
it does not chat. It was tried with xllamacpp 2026.10 only."""

_EXAMPLES = """\
## llama.cpp

    llama-completion -m {file} -p "Once" -n 500 --no-conversation{flags}
    llama-server -m {file} -c 8192

The server continues texts at `/completion` and `/v1/completions`.

## Python

With `pip install xllamacpp`:

```python
import json, urllib.request
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = "{file}"
server = xllamacpp.Server(params)
request = {{"prompt": "Once", "n_predict": 500{request}}}
url = server.listening_address + "/completion"
answer = urllib.request.urlopen(url, json.dumps(request).encode())
print(json.load(answer)["content"])
```

## Ollama

Write a `Modelfile` beside the file:

    FROM ./{file}
    TEMPLATE {{{{ .Prompt }}}}
    PARAMETER temperature {temperature:g}
    PARAMETER top_k 0
    PARAMETER top_p 1
    PARAMETER min_p 0
    PARAMETER repeat_penalty 1
    PARAMETER num_predict 500

Then `ollama create {name} -f Modelfile` and `ollama run {name} "Once"`.

## LM Studio

Put the file into a folder `models/seqgen/{name}/`. Set the prompt template to nothing before and after the text."""


def gguf_card(saved: SavedModel, *, file_name: str, notes: Notes) -> str:
    """The README beside a file of this name."""
    ends = saved.has_documents
    examples = _EXAMPLES.format(
        file=file_name,
        name=file_name.removesuffix(".gguf"),
        temperature=saved.temperature,
        flags="" if ends else " --ignore-eos",
        request="" if ends else ', "ignore_eos": True',
    )
    return model_card(saved, opens_with=_OPENS_WITH.replace("\n", " "), examples=examples, notes=notes)
