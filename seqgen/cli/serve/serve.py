"""`seqgen serve`: trained models behind the HTTP interface of OpenAI's completions."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from seqgen.cli.serve.options import ServeOptions
from seqgen.cli.shared.options import settings_of
from seqgen.cli.shared.render import note
from seqgen.cli.shared.signals import StopRequest, stop_requests
from seqgen.config import ServingConfig
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.server.listening import Server
    from seqgen.server.models import ServedModel, ServedModels

_KEY_VARIABLE = "SEQGEN_API_KEY"
_PACKAGES = ("starlette", "uvicorn", "prometheus_client")
_PROMPT = "The "
_LOOK_S = 0.2
"""How often a running server looks whether it was asked to stop."""


def serve(options: ServeOptions) -> None:
    """Serve models over HTTP with OpenAI's completions API.

    Clients of OpenAI's API work with http://127.0.0.1:8000/v1 as their address, and a browser shows a page at /. Only
    this machine can reach the server unless --host says otherwise. Ctrl-C stops it.
    """
    _require_packages()
    settings: dict[str, Any] = settings_of(options)
    if options.api_key is None and os.environ.get(_KEY_VARIABLE):
        settings["api_key"] = os.environ[_KEY_VARIABLE]
    config = ServingConfig(**settings)
    from seqgen.run import open_model
    from seqgen.server.app import build_app
    from seqgen.server.listening import Server
    from seqgen.server.models import ServedModels

    saved = [open_model(run) for run in options.runs or (None,)]
    with ServedModels.open(saved, config) as models:
        server = Server(build_app(models, config), config)
        with stop_requests() as stop:
            _run(
                server,
                stop,
                say=lambda: _say(server.address, models, config),
                end_texts=lambda: models.close(within_s=config.stop_s),
            )
    raise typer.Exit(stop.exit_status)


def _run(server: Server, stop: StopRequest, *, say: Callable[[], None], end_texts: Callable[[], None]) -> None:
    """Serve until a signal asks to stop. A second one ends the texts that are still written."""
    with server:
        say()
        try:
            while server.is_running and not stop:
                server.wait(_LOOK_S)
            note("stopping: texts that are being written have a few seconds to end")
            server.stop()
            end_texts()
            while server.is_running:
                server.wait(_LOOK_S)
        except KeyboardInterrupt:
            server.stop(at_once=True)


def _require_packages() -> None:
    """Refuse to begin without the packages of the extra.

    Raises:
        ConfigError: one is missing.
    """
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            name = package.replace("_", "-")
            raise ConfigError(f"seqgen serve needs the {name} package: pip install starlette uvicorn prometheus-client")


def _say(address: str, models: ServedModels, config: ServingConfig) -> None:
    served = list(models)
    note(f"serving {', '.join(map(_described, served))}")
    if config.open and not config.is_local and config.api_key is None:
        note("everyone who can reach this machine may use the server")
    if config.is_local:
        note(f"page: {address}/   API: {address}/v1   stop: Ctrl-C", wraps=False)
    else:
        note(f"listening at {config.host}; here: {address}/   API: {address}/v1   stop: Ctrl-C", wraps=False)
    note(f"try: {_example(address, served, has_key=config.api_key is not None)}", wraps=False)


def _described(model: ServedModel) -> str:
    record = model.saved.record
    return f"{model.name} ({record.model.cell}, {model.saved.tokenizer.kind})"


def _example(address: str, models: Sequence[ServedModel], *, has_key: bool) -> str:
    """A command that works as it stands, where the key is in its environment variable."""
    tokenizer = models[0].saved.tokenizer
    path: str = "completions"
    body: dict[str, Any] = {"prompt": "" if tokenizer.encode(_PROMPT).oov else _PROMPT, "max_characters": 100}
    if models[0].engine is None:
        path, body = "predict", {"sources": "a source"}
    key = f' -H "Authorization: Bearer ${_KEY_VARIABLE}"' if has_key else ""
    return f"curl {address}/v1/{path}{key} -d '{json.dumps(body)}'"
