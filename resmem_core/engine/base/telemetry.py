"""Spans and a metric by OpenTelemetry's GenAI conventions, where the application uses it.

Nothing is imported and nothing costs where the application has not loaded `opentelemetry` itself.
No attribute holds a namespace, an id, an author or a text. The one exception is asked for by
`OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true`, the conventions' own switch: a search's
span then holds its question.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sized
from functools import lru_cache, wraps
from importlib import import_module
from time import perf_counter
from typing import Any, Final, Literal, ParamSpec, TypeAlias, TypeVar

Operation: TypeAlias = Literal["search_memory", "upsert_memory", "update_memory", "delete_memory"]

PROVIDER: Final = "resmem"
SCOPE: Final = "resmem_core"
DURATION: Final = "gen_ai.client.operation.duration"
CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

_P = ParamSpec("_P")
_T = TypeVar("_T")


def traced(operation: Operation) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Decorates a method that does the operation, whose second argument may be a question."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            if "opentelemetry.trace" not in sys.modules:
                return function(*args, **kwargs)
            return _within_span(operation, lambda: function(*args, **kwargs), args)

        return wrapper

    return decorate


def event(name: str, numbers: dict[str, Any]) -> None:
    """Add an event, such as an act of the controller, to the application's current span."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return
    span = trace.get_current_span()
    if span.is_recording():
        span.add_event(name, {f"{PROVIDER}.{key}": value for key, value in numbers.items()})


def _within_span(operation: Operation, work: Callable[[], _T], args: tuple[Any, ...]) -> _T:
    tracer, duration = _instruments()
    told: dict[str, str] = {
        "gen_ai.operation.name": operation, "gen_ai.provider.name": PROVIDER,
    }  # fmt: skip
    began = perf_counter()
    with tracer.start_as_current_span(
        operation, attributes=told, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            result = work()
        except BaseException as error:
            told["error.type"] = type(error).__name__
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(_failed())
            raise
        finally:
            duration.record(perf_counter() - began, told)
        _describe(span, operation, result, args)
        return result


def _describe(span: Any, operation: Operation, result: object, args: tuple[Any, ...]) -> None:
    if not span.is_recording():
        return
    count = len(result) if isinstance(result, Sized) else result
    if isinstance(count, int):
        span.set_attribute(f"{PROVIDER}.memory.count", count)
    if operation == "search_memory" and os.environ.get(CAPTURE, "").lower() == "true":
        question = next((one for one in args[1:] if isinstance(one, str)), "")
        span.set_attribute("gen_ai.retrieval.query.text", question)


@lru_cache(maxsize=1)
def _instruments() -> tuple[Any, Any]:
    """The tracer and the histogram; both follow a provider that is set later."""
    trace, metrics = import_module("opentelemetry.trace"), import_module("opentelemetry.metrics")
    duration = metrics.get_meter(SCOPE).create_histogram(
        DURATION, unit="s", description="Duration of memory operations."
    )
    return trace.get_tracer(SCOPE), duration


def _failed() -> Any:
    status = import_module("opentelemetry.trace.status")
    return status.Status(status.StatusCode.ERROR)
