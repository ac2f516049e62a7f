"""The programs in Python and JavaScript that let the exported step write. The card of the folder shows them."""

from __future__ import annotations

import json
from dataclasses import asdict
from string import Template

from seqgen.export.onnx_format.vocabularies import Lines

_PYTHON = """\
import json
import numpy as np
import onnxruntime
$imports

session = onnxruntime.InferenceSession("model.onnx")
with open("model.json", encoding="utf-8") as file:
    model = json.load(file)
state = {part["name"]: np.zeros((1, *part["shape"]), part["type"]) for part in model["state"]}
$setup
random = np.random.default_rng(1)
ids = [0, *$ids]
n_read, n_wanted = 0, len(ids) + 200
while len(ids) < n_wanted:
    logits, *after = session.run(None, {"ids": np.array([ids[n_read]], np.int32), **state})
    state, n_read = dict(zip(state, after)), n_read + 1
    if n_read == len(ids):  # all has been read: sample the next token
        odds = np.exp((logits[0] - logits.max()) / model["temperature"])
        $never_ends
        ids.append(int(random.choice(len(odds), p=odds / odds.sum())))
print($text)
"""

_JAVASCRIPT = """\
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-node";
$imports

const session = await ort.InferenceSession.create("model.onnx");
const model = JSON.parse(await readFile("model.json", "utf8"));
const arrays = { float32: Float32Array, int32: Int32Array };
const state = {};
for (const { name, type, shape } of model.state)
  state[name] = new ort.Tensor(type, new arrays[type](shape.reduce((a, b) => a * b, 1)), [1, ...shape]);
$setup
const ids = [0, ...$ids];
for (let nRead = 0, nWanted = ids.length + 200; ids.length < nWanted; ) {
  const out = await session.run({ ids: new ort.Tensor("int32", [ids[nRead++]], [1]), ...state });
  for (const name in state) state[name] = out["next_" + name];
  if (nRead < ids.length) continue; // once all has been read, sample the next token
  const most = out.logits.data.reduce((a, b) => Math.max(a, b));
  const odds = Array.from(out.logits.data, (logit) => Math.exp((logit - most) / model.temperature));
  $never_ends
  let id = 0, left = Math.random() * odds.reduce((a, b) => a + b);
  while (left >= odds[id] && id < odds.length - 1) left -= odds[id++];
  ids.push(id);
}
console.log($text);
"""


def python_program(lines: Lines, prompt: str, *, may_end: bool) -> str:
    """A program that continues a prompt by 200 tokens with onnxruntime and NumPy."""
    return _filled_in(_PYTHON, lines, prompt=prompt, never_ends="" if may_end else "odds[0] = 0  # the text goes on")


def javascript_program(lines: Lines, prompt: str, *, may_end: bool) -> str:
    """The same with onnxruntime-node."""
    never_ends = "" if may_end else "odds[0] = 0; // the text goes on"
    return _filled_in(_JAVASCRIPT, lines, prompt=prompt, never_ends=never_ends)


def _filled_in(program: str, lines: Lines, *, prompt: str, never_ends: str) -> str:
    """A program with these lines. Those that are empty are left out."""
    parts = {**asdict(lines), "never_ends": never_ends}
    empty = {f"${name}" for name, part in parts.items() if not part}
    kept = (line for line in program.splitlines(keepends=True) if line.strip() not in empty)
    without_prompt = Template(Template("".join(kept)).substitute(parts))
    return without_prompt.substitute(prompt=json.dumps(prompt, ensure_ascii=False))
