"""Serves the table of operations: checks, runs it off the event loop, and puts errors in words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resmem_core import errors
from resmem_core.errors import ResmemError
from resmem_core.serve.console import Console
from resmem_core.serve.guard import TooMuch
from resmem_core.serve.operations import OPERATIONS, CheckedCall, Operation

STATUS: Final[tuple[tuple[type[ResmemError], int], ...]] = (
    (errors.UnknownMemory, 404),
    (errors.UnknownVersion, 404),
    (errors.TooLarge, 413),
    (errors.NamespaceError, 403),
    (errors.ApprovalDenied, 403),
    (errors.Conflict, 409),
    (errors.SafeModeError, 423),
    (errors.InputError, 400),
    (errors.InputTypeError, 400),
    (errors.ConfigError, 400),
    (errors.StoreError, 503),
)
"""What each error is in HTTP; the first that fits."""


def routes(console: Console) -> list[Route]:
    """The API's routes."""
    return [
        Route(one.path, _endpoint(console, one), methods=[one.method], name=one.name)
        for one in OPERATIONS
    ]


def _endpoint(console: Console, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if operation.edits and request.state.role != "editor":
            return failed(403, "Forbidden", "the viewer's token sees and does not change")
        try:
            given = operation.takes.model_validate(await _arguments(request, operation))
            call = CheckedCall(
                console, _desk(console, operation, request), request.path_params.get("id", ""),
                given,
            )  # fmt: skip
            return JsonAnswer(await run_in_threadpool(operation.does, call))
        except ValidationError as error:
            return failed(400, "InputError", _words(error))
        except TooMuch:
            return failed(413, "TooLarge", "the request is too large")
        except ResmemError as error:
            return failed(_status(error), type(error).__name__, str(error))

    return endpoint


class JsonAnswer(JSONResponse):
    """JSON; what it does not have, such as infinity, is null."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        try:
            text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:
            text = json.dumps(finite(content), ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace")


def failed(status: int, kind: str, why: str) -> JSONResponse:
    """An error, for a program and for a person."""
    return JsonAnswer({"error": kind, "message": why}, status)


def _desk(console: Console, operation: Operation, request: Request) -> Any:
    if not operation.scoped:
        return None
    return console.desk(request.query_params.get("namespace", ""))


async def _arguments(request: Request, operation: Operation) -> dict[str, Any]:
    """What was given: the query of a GET, else a JSON object."""
    if operation.method == "GET":
        return {key: value for key, value in request.query_params.items() if key != "namespace"}
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise errors.InputError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise errors.InputError("the body must be a JSON object")
    return body


def _status(error: ResmemError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def _words(error: ValidationError) -> str:
    """What was wrong, without the values, which are the caller's."""
    found = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
    return "; ".join(f"{place}: {words}" for place, words in found[:5])


def finite(value: Any) -> Any:
    """The value, with null for what JSON does not have."""
    if isinstance(value, dict):
        return {str(key): finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
