"""ES modules joined into one script, so that a page needs no other file.

A module becomes a function that returns what it exports, so names of different modules never meet. Modules may write
`import { name, name as other } from "./file.js";` and export functions, classes and constants where they define them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*? |const |class )(\w+)", re.MULTILINE)
_OTHER_FORM = re.compile(r"^(?:import\b|export\b).*", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
"""What HTML would not read as part of a script."""


def join_modules(start: Path) -> str:
    """A script that runs a module, and before it everything that it imports.

    >>> from pathlib import Path
    >>> _ = Path("double.js").write_text("export const double = (n) => 2 * n;\\n")
    >>> _ = Path("start.js").write_text('import { double } from "./double.js";\\nconsole.log(double(21));\\n')
    >>> print(join_modules(Path("start.js")))
    const $double = (() => {
    const double = (n) => 2 * n;
    return { double };
    })();
    const $start = (() => {
    const { double } = $double;
    console.log(double(21));
    return {  };
    })();
    <BLANKLINE>
    """
    joined: dict[Path, _Joined] = {}
    _join(start.resolve(), (), joined)
    return "".join(module.code for module in joined.values())


class _Joined(NamedTuple):
    """A module that is in the script, and the constant that holds what it exports."""

    name: str
    code: str


def _join(path: Path, importers: tuple[Path, ...], joined: dict[Path, _Joined]) -> None:
    """Add a module after the modules that it imports, once."""
    if path in importers:
        raise ValueError(f"{path.name} imports itself by way of {importers[-1].name}")
    if path in joined:
        return
    source = path.read_text(encoding="utf-8")
    for match in _IMPORT.finditer(source):
        _join((path.parent / match[2]).resolve(), (*importers, path), joined)
    name = _free_name(path, {module.name for module in joined.values()})
    joined[path] = _Joined(name, f"const {name} = (() => {{\n{_body(path, source, joined)}}})();\n")


def _free_name(path: Path, taken: set[str]) -> str:
    """A name made of the file's: files of one name in two folders get two."""
    stem = "$" + re.sub(r"\W", "_", path.stem)
    return stem if stem not in taken else f"{stem}_{len(taken)}"


def _body(path: Path, source: str, joined: dict[Path, _Joined]) -> str:
    """A module as the body of a function."""

    def binding(match: re.Match[str]) -> str:
        imported = [name.strip().replace(" as ", ": ") for name in match[1].split(",") if name.strip()]
        return f"const {{ {', '.join(imported)} }} = {joined[(path.parent / match[2]).resolve()].name};\n"

    exported = [match[2] for match in _EXPORT.finditer(source)]
    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(binding, source))
    if other := _OTHER_FORM.search(body):
        raise ValueError(f"{path.name}: only named imports of files and exported declarations: {other[0]}")
    if ending := _ENDS_SCRIPT.search(body):
        raise ValueError(f"{path.name} contains {ending[0]}, which ends a script inside of HTML")
    return f"{body}return {{ {', '.join(exported)} }};\n"
