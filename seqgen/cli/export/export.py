"""`seqgen export`: a model in the format of another program, or as one page that runs in a browser."""

from __future__ import annotations

from pathlib import Path

from seqgen.cli.export.options import ExportOptions
from seqgen.cli.shared.render import note, note_run, print_json, print_prose, size


def export(options: ExportOptions) -> None:
    """Write a model for other programs: seqgen export --to html.

    html: one page that runs in any browser, with the model in it. transformers: a folder for the library of that name.
    gguf: for llama.cpp, Ollama and LM Studio; Transformers only. onnx: one step of the model, for other languages.
    """
    from seqgen.config import ExportConfig
    from seqgen.export import export_model
    from seqgen.run import open_model

    saved = open_model(options.run)
    note_run(saved, is_named=options.run is not None)
    config = ExportConfig(format=options.to, precision=options.precision)
    exported = export_model(saved, config, out=None if options.out is None else Path(options.out))
    for line in exported.notes:
        note(line)
    if options.as_json:
        print_json({"path": str(exported.path), "n_bytes": exported.n_bytes, "notes": list(exported.notes)})
        return
    print_prose(f"wrote {exported.path} ({size(exported.n_bytes)})")
