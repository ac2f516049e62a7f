"""What mkdocs does beyond its own: tables of options from the commands themselves, and pages that live elsewhere.

In a page, `<!-- options: train -->` becomes the table of the options of `seqgen train`, `<!-- fields -->` the table of
the fields that `--set` takes, and `<!-- code: seqgen.package.name -->` the source of a function or class. `ELSEWHERE`
names files that are pages of the site too, although they lie outside this folder or are a notebook; links to them from
other pages lead to those pages.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import posixpath
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer.main
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from seqgen.cli import app
from seqgen.cli.train.fields import options_of_fields
from seqgen.config import MODEL_CONFIGS, TOKENIZER_CONFIGS, EncoderShape, TrainingConfig, fields_of, is_chosen

ROOT = Path(__file__).parent.parent
ELSEWHERE = {
    "index.md": "README.md",
    "measurements.md": "benchmarks/RESULTS.md",
    "english.md": "seqgen/bases/english.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "notebook.md": "docs/notebook.ipynb",
}
"""Pages of the site, and the files of the repository that they are."""
_PAGE_OF = {path: page for page, path in ELSEWHERE.items()}
_LINK = re.compile(r"\]\((?!\w+:)([\w./-]+\.\w+)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that live outside `docs/`."""
    for page, path in ELSEWHERE.items():
        content = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=page_of(content) if path.endswith(".ipynb") else content))
    return files


def page_of(notebook: str) -> str:
    """A stored notebook as a page: its words, its code, and below each cell what it printed and drew."""
    parts = []
    for cell in json.loads(notebook)["cells"]:
        source = "".join(cell["source"])
        parts += [source] if cell["cell_type"] == "markdown" else [f"```python\n{source}\n```"]
        parts += [_shown(output.get("data", output)) for output in cell.get("outputs", [])]
    return "\n\n".join(parts) + "\n"


def _shown(output: dict[str, Any]) -> str:
    """An output of a cell: a picture inside the page, or what was printed."""
    if "image/png" in output:
        return f"![What the cell draws](data:image/png;base64,{''.join(output['image/png'].split())})"
    printed = "".join(output.get("text/plain", output.get("text", [])))
    return f"```text\n{printed.rstrip()}\n```"


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Fill in the tables, and make links between files of the repository links between pages."""
    markdown = re.sub(r"<!-- options: ([a-z ]+) -->", lambda found: options_table(found[1]), markdown)
    markdown = markdown.replace("<!-- fields -->", fields_table())
    markdown = re.sub(r"<!-- code: ([\w.]+) -->", lambda found: code_of(found[1]), markdown)
    here = page.file.src_uri
    return _LINK.sub(lambda found: "](" + _relink(found[1], here), markdown)


def _relink(target: str, here: str) -> str:
    """Where a link on the page `here` leads on the site; `target` is relative to the page's file in the repository."""
    file = ELSEWHERE.get(here, f"docs/{here}")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), target))
    page = _PAGE_OF.get(path, path.removeprefix("docs/"))
    return posixpath.relpath(page, posixpath.dirname(here) or ".")


def commands() -> dict[str, Any]:
    """Every command by the words that call it, such as `corpus stats`."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop(0)
        if hasattr(command, "commands"):
            waiting.extend((f"{name} {child}".strip(), command.commands[child]) for child in command.commands)
        else:
            found[name] = command
    return found


def options_table(name: str) -> str:
    """The arguments and options of a command, as their help describes them."""
    shown = [parameter for parameter in commands()[name].params if not getattr(parameter, "hidden", False)]
    rows = [[f"`{_label(p)}`", _value(p), _default(p), p.help or ""] for p in shown]
    return _table(["option", "value", "default", "what it does"], rows)


def _label(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(parameter.opts[0])


def _value(parameter: Any) -> str:
    """The kind of value that an option needs; nothing for an argument or a switch."""
    if parameter.param_type_name == "argument" or parameter.is_flag:
        return ""
    if parameter.type.name == "choice":
        return ", ".join(f"`{choice}`" for choice in parameter.type.choices)
    if parameter.metavar:
        return f"`{parameter.metavar}`"
    return {"int": "whole number", "float": "number"}.get(parameter.type.name, "text")


def _default(parameter: Any) -> str:
    """The default that the help shows; nothing for a switch, which is off."""
    if not parameter.show_default or parameter.default in (None, "") or getattr(parameter, "is_flag", False):
        return ""
    values = parameter.default if isinstance(parameter.default, list | tuple) else (parameter.default,)
    return ", ".join(str(value) for value in values)


def code_of(name: str) -> str:
    """The source of a function or class without its docstring, which the page replaces, as a block of code."""
    module, _, attribute = name.rpartition(".")
    source = inspect.getsource(getattr(importlib.import_module(module), attribute))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    lines = source.splitlines()
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(["```python", *lines, "```"])


def fields_table() -> str:
    """Every field that `--set` takes, with its option, default, owners and meaning."""
    others = [("training", TrainingConfig), ("encoder", EncoderShape)]
    owners = [*MODEL_CONFIGS.items(), *TOKENIZER_CONFIGS.items(), *others]
    options = options_of_fields()
    rows: dict[str, list[str]] = {}
    for owner, config in owners:
        meanings = _meanings(config)
        for name, field in fields_of(config).items():
            if name in ("vocab_size", "source_vocab_size") and owner in MODEL_CONFIGS:
                continue  # the tokenizers decide them
            default = "chosen" if is_chosen(field) else str(field.default).lower()
            option = f"`{options[name]}`" if name in options else ""
            row = rows.setdefault(name, [f"`{name}`", option, default, "", meanings.get(name, "")])
            row[3] = f"{row[3]}, {owner}" if row[3] else owner
    return _table(["field", "option", "default", "belongs to", "meaning"], list(rows.values()))


def _meanings(config: type[Any]) -> dict[str, str]:
    """Of a configuration's fields: the strings that stand below them in the source."""
    meanings: dict[str, str] = {}
    for owner in config.__mro__[:-1]:
        (definition,) = ast.parse(inspect.getsource(owner)).body
        assert isinstance(definition, ast.ClassDef)
        for field, following in pairwise(definition.body):
            is_field = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if is_field and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                meanings.setdefault(field.target.id, " ".join(str(following.value.value).split()))
    return meanings


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
