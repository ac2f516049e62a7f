"""From a saved model to a file or folder of a format: checked first, and there whole or not at all."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from seqgen.config import ExportConfig, ExportFormat
from seqgen.errors import ConfigError, RunError
from seqgen.export.base import Exported, Exporter, Notes
from seqgen.run import SavedModel


def _format(name: str) -> Callable[[SavedModel, Path, ExportConfig], Notes]:
    """The `write` of a format's package, which is imported when it is called: other formats need not wait for it."""

    def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
        notes: Notes = importlib.import_module(f"seqgen.export.{name}").write(saved, path, config)
        return notes

    return write


EXPORTERS: dict[ExportFormat, Exporter] = {
    "transformers": Exporter(
        write=_format("transformers_format"),
        is_folder=True,
        suffix="-transformers",
        precisions=("float32", "float16"),
        packages=("tokenizers",),
    ),
    "gguf": Exporter(
        write=_format("gguf_format"),
        is_folder=True,
        suffix="-gguf",
        precisions=("float32", "float16"),
        packages=("gguf",),
    ),
    "onnx": Exporter(
        write=_format("onnx_format"),
        is_folder=True,
        suffix="-onnx",
        precisions=("float32", "float16", "int8"),
        packages=("onnx", "tokenizers"),
    ),
    "html": Exporter(
        write=_format("html_page"), is_folder=False, suffix=".html", precisions=("float16", "float32", "int8")
    ),
}


def export_model(saved: SavedModel, config: ExportConfig, *, out: Path | None = None) -> Exported:
    """Write a model in a format. Without `out`, it gets the name of the run and lies in the working directory.

    Raises:
        ConfigError: the format cannot hold this model, or not in this precision.
        TokenizerError: it cannot hold this vocabulary.
        RunError: there is something at `out` already, it cannot be written, or a package is missing.

    >>> from seqgen.export import export_model
    >>> from seqgen.run import open_model
    >>> export_model(open_model("checkpoints/story"), ExportConfig(format="transformers")).path.name
    'story-transformers'
    """
    exporter = EXPORTERS[config.format]
    _require_exportable(saved, config, exporter)
    path = Path(saved.name.removesuffix(".safetensors") + exporter.suffix) if out is None else out
    if os.path.lexists(path):
        raise RunError(f"{path} exists: name another place with --out, or delete it")
    filled_in = replace(config, precision=config.precision or exporter.precisions[0])
    try:
        notes = _written_whole(path, saved, config=filled_in, exporter=exporter)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {_reason(error)}; choose another place with --out") from None
    return Exported(path=path, n_bytes=_size_of(path), notes=notes)


def _require_exportable(saved: SavedModel, config: ExportConfig, exporter: Exporter) -> None:
    if saved.source_tokenizer is not None:
        raise ConfigError(f"{saved.name} learned from pairs: only models of texts can be exported")
    if saved.record.corpus.backward:
        raise ConfigError(f"{saved.name} reads backward: only models that read forward can be exported")
    if config.precision is not None and config.precision not in exporter.precisions:
        choices = " or ".join(exporter.precisions)
        raise ConfigError(f"is {config.precision}: {config.format} can hold {choices}", field="precision")
    for package in exporter.packages:
        if importlib.util.find_spec(package) is None:
            needs = f"{config.format} needs the package {package}"
            raise RunError(f"{needs}, which is not installed: pip install {package}")


def _written_whole(path: Path, saved: SavedModel, *, config: ExportConfig, exporter: Exporter) -> Notes:
    """Write beside the output, and rename at the end. What fails or is stopped leaves nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(dir=path.parent, prefix=".export-", suffix=".part"))
    try:
        part = workplace / path.name
        if exporter.is_folder:
            part.mkdir()
        notes = exporter.write(saved, part, config)
        part.rename(path)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    return notes


def _reason(error: OSError) -> str:
    """Why something cannot be written, where the system's own words would mislead."""
    if isinstance(error, FileExistsError | NotADirectoryError):  # a folder was to be made there, or in there
        return f"{error.filename} is not a folder"
    return error.strerror or f"is the disk full? ({error})"  # NumPy gives no reason


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*"))
