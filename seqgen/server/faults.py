"""What goes wrong with a request, as the client reads it: in OpenAI's form, in seqgen's words, without a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from seqgen.errors import ConfigError, CorpusError, RunError, SeqgenError
from seqgen.server.answers import json_answer
from seqgen.server.parameters.table import ascii_only

_LONGEST_MESSAGE = 600
_OPTION = re.compile(r"--([a-z][a-z-]*)")
_FIELDS = {"length": "max_characters", "prompt": "prompt", "until_end_of_text": "ignore_eos"}
"""Options of the command line whose field in a request has another name."""
_NO_TEXT = "this needs the text that the model was trained on, which the server does not have: leave out no_copy"
_SERVER_FAULT = 500
CLIENT_LEFT = 499
"""The status that is counted where the client left before its answer began, which nobody gets; nginx counts so too."""


class RequestError(SeqgenError):
    """A request that is refused, with the status and the parts of the answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def content(self) -> dict[str, Any]:
        """The body of the answer."""
        kind = "invalid_request_error" if self.status < _SERVER_FAULT else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def answer(self) -> Response:
        """The answer."""
        return json_answer(self.content(), status=self.status, headers=self.headers)


def refused(error: SeqgenError) -> RequestError:
    """The refusal of a request that made the library raise this error.

    Options are named as the fields of a request are.

    >>> from seqgen.errors import ConfigError
    >>> refused(ConfigError("--length is 2: the shortest text that --match allows has 4 characters")).message
    'max_characters is 2: the shortest text that match allows has 4 characters'
    """
    if isinstance(error, RequestError):
        return error
    param = error.field if isinstance(error, ConfigError) else None
    status = _SERVER_FAULT if isinstance(error, RunError) else 400
    return RequestError(status, client_message(error), param=param)


def client_message(error: SeqgenError) -> str:
    """What a client may read of an error: no path of this machine, no option of the command line.

    >>> from seqgen.errors import CorpusError
    >>> client_message(CorpusError("/home/me/secret.txt is not the text that the run was trained on"))
    'this needs the text that the model was trained on, which the server does not have: leave out no_copy'
    """
    return _NO_TEXT if isinstance(error, CorpusError) else worded(str(error))


def worded(message: str) -> str:
    """A message whose options are named as the fields of a request are.

    >>> worded("the bans, --no-copy and --match leave no token")
    'the bans, no_copy and match leave no token'
    """
    text = ascii_only(_OPTION.sub(_as_field, message))
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."


def _as_field(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    return _FIELDS.get(name, name)
