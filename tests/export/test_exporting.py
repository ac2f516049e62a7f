"""What every export has in common: what it refuses, and that it is there whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from seqgen.config import ExportConfig, ExportFormat, ExportPrecision
from seqgen.errors import ConfigError, RunError
from seqgen.export import EXPORTERS, Exporter, export_model, model_card
from seqgen.export.base import Notes
from seqgen.run import SavedModel, open_model
from tests import tiny
from tests.backward import turned

HTML = ExportConfig(format="html")
STRANGE = "r\udce9n\n# heading.safetensors"
"""A name with a byte that is not UTF-8, and with a newline."""


def write_page(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    path.write_text(f"{saved.name} in {config.precision}", encoding="utf-8")
    return ("it is small",)


def fail(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    path.write_text("half of it", encoding="utf-8")
    raise KeyboardInterrupt


def use(monkeypatch: pytest.MonkeyPatch, exporter: Exporter) -> None:
    monkeypatch.setitem(EXPORTERS, "html", exporter)


@pytest.fixture
def saved(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model that every format can hold."""
    return open_model(str(tiny.trained(tmp_path_factory.mktemp("runs") / "transformer", cell="transformer")))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Exporter:
    """A simple format in the place of html; the working directory is empty."""
    monkeypatch.chdir(tmp_path)
    exporter = Exporter(write=write_page, is_folder=False, suffix=".html", precisions=("float16", "int8"))
    use(monkeypatch, exporter)
    return exporter


def test_every_format_has_an_exporter() -> None:
    assert set(EXPORTERS) == set(get_args(ExportFormat))
    for exporter in EXPORTERS.values():
        assert set() < set(exporter.precisions) <= set(get_args(ExportPrecision))


def test_an_export_is_named_after_its_run_and_has_the_usual_precision(saved: SavedModel, page: Exporter) -> None:
    exported = export_model(saved, HTML)
    assert exported.path == Path("tiny.html")
    assert exported.path.read_text(encoding="utf-8") == "tiny in float16"
    assert (exported.n_bytes, exported.notes) == (15, ("it is small",))


def test_out_is_where_the_export_goes(saved: SavedModel, page: Exporter) -> None:
    export_model(saved, replace(HTML, precision="int8"), out=Path("new/page"))
    assert Path("new/page").read_text(encoding="utf-8") == "tiny in int8"


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_exists_is_never_overwritten(saved: SavedModel, page: Exporter, kind: str) -> None:
    out = Path("taken")
    if kind == "file":
        out.touch()
    elif kind == "folder":
        out.mkdir()
    else:
        out.symlink_to("nowhere")
    with pytest.raises(RunError, match="taken exists: name another place with --out, or delete it"):
        export_model(saved, HTML, out=out)


def test_an_export_that_is_stopped_leaves_nothing(
    saved: SavedModel, page: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, replace(page, write=fail))
    with pytest.raises(KeyboardInterrupt):
        export_model(saved, HTML)
    assert list(Path().iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_line(saved: SavedModel, page: Exporter) -> None:
    Path("file").touch()
    with pytest.raises(RunError, match=r"file/page\.html cannot be written: file is not a folder"):
        export_model(saved, HTML, out=Path("file/page.html"))
    with pytest.raises(RunError, match="cannot be written: File name too long"):
        export_model(saved, HTML, out=Path("long" * 100))


def test_a_name_may_be_as_long_as_the_disk_takes(saved: SavedModel, page: Exporter) -> None:
    assert export_model(saved, HTML, out=Path("a" * 255)).path.exists()


def test_a_precision_that_a_format_lacks_is_refused(saved: SavedModel, page: Exporter) -> None:
    with pytest.raises(ConfigError, match="precision is float32: html can hold float16 or int8"):
        export_model(saved, replace(HTML, precision="float32"))


def test_a_missing_package_is_named_with_what_to_type(
    saved: SavedModel, page: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, replace(page, packages=("no_such_package",)))
    with pytest.raises(RunError, match=r"not installed: pip install no_such_package$"):
        export_model(saved, HTML)


def test_models_of_pairs_are_refused(pair_folder: Path, page: Exporter) -> None:
    with pytest.raises(ConfigError, match="learned from pairs"):
        export_model(open_model(str(pair_folder)), HTML)


def test_models_that_read_backward_are_refused(saved: SavedModel, page: Exporter) -> None:
    with pytest.raises(ConfigError, match="reads backward"):
        export_model(turned(saved), HTML)


@pytest.mark.parametrize("format", EXPORTERS)
def test_a_weight_that_is_too_large_for_half_precision_is_refused(
    format: ExportFormat, transformer: SavedModel, tmp_path: Path
) -> None:
    weights = {**transformer.weights, "head.weight": transformer.weights["head.weight"] + 1e5}
    too_large = replace(transformer, weights=weights)
    with pytest.raises(ConfigError, match="is too large for float16: use --precision float32"):
        export_model(too_large, ExportConfig(format=format, precision="float16"), out=tmp_path / "out")


@pytest.mark.parametrize("format", EXPORTERS)
def test_every_format_takes_a_model_with_a_strange_name(
    format: ExportFormat, transformer: SavedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exported = export_model(replace(transformer, path=Path(STRANGE)), ExportConfig(format=format))
    assert exported.path.name == STRANGE.removesuffix(".safetensors") + EXPORTERS[format].suffix


def test_a_card_writes_strange_names_out(saved: SavedModel) -> None:
    card = model_card(replace(saved, path=Path(STRANGE)), opens_with="It opens.", examples="", notes=())
    assert card.startswith("# r\\udce9n\\n# heading.safetensors\n\n")
    assert card.encode().decode() == card


def test_a_card_says_at_which_temperature_a_model_writes_best_if_that_was_measured(saved: SavedModel) -> None:
    tempered = replace(saved, record=replace(saved.record, temperature=0.65))
    cards = [model_card(model, opens_with="It opens.", examples="", notes=()) for model in (saved, tempered)]
    assert ["writes best" in card for card in cards] == [False, True]
    assert "- writes best: at temperature 0.65\n" in cards[1]


def test_a_card_says_what_the_model_is_and_lacks(saved: SavedModel) -> None:
    card = model_card(
        saved, opens_with="It opens everywhere.", examples="Like this.", notes=["it is small", "it is new"]
    )
    assert card.startswith("# tiny\n\nA language model that was trained with seqgen. It opens everywhere.\n\n")
    assert f"- architecture: lstm, {saved.n_parameters:,} parameters\n" in card
    assert card.endswith("Like this.\n\n## What to know\n\n- It is small.\n- It is new.\n")
