"""What `seqgen serve` says of where it listens and of who may use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.cli.serve.serve import _say
from seqgen.config import ServingConfig
from seqgen.run import open_model
from seqgen.server.models import ServedModels


@pytest.mark.parametrize(
    ("options", "said", "unsaid"),
    [
        ({}, "page: ADDRESS/   API: ADDRESS/v1", "everyone"),
        ({"host": "0.0.0.0", "open": True}, "everyone who can reach this machine may use the server", "page:"),
        ({"host": "0.0.0.0", "api_key": "secret"}, "listening at 0.0.0.0; here: ADDRESS/", "everyone"),
    ],
)
def test_who_may_use_a_server_is_said(
    pair_folder: Path, options: dict[str, object], said: str, unsaid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ServingConfig(port=0, **options)  # type: ignore[arg-type]
    with ServedModels.open([open_model(pair_folder)], config) as models:
        _say("ADDRESS", models, config)
    lines = capsys.readouterr().err
    assert said in lines
    assert unsaid not in lines
    assert """curl ADDRESS/v1/predict""" in lines
    assert ("secret" in lines, "Authorization" in lines) == (False, "api_key" in options)
