"""What an exception carries, under whatever names its library gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from errno import errorcode
from typing import Any, Final

LONGEST: Final = 2_000
"""Characters of a message that are read."""

_STATUS: Final = (
    "status_code",
    "http_status",
    "http_status_code",
    "status",
    "code",
    "HTTPStatusCode",
)
_WINSOCK: Final = {
    10051: "enetunreach", 10053: "econnaborted", 10054: "econnreset", 10060: "etimedout",
    10061: "econnrefused", 10065: "ehostunreach",
}  # fmt: skip
_CODES: Final = ("code", "type", "status", "Code", "grpc_status_code", "reason", "error_code")


@dataclass(frozen=True, slots=True)
class Traits:
    """One exception, read.

    Attributes:
        names: of its classes, its own first, lower case.
        status: HTTP status, 100 to 599, or None.
        codes: what the provider calls the error, lower case, joined by blanks.
        headers: of the answer, by lower-case name.
        text: the message, cut off, lower case; never kept, logged or passed on.
        retry_after: seconds that the exception itself carries.
        final: the provider said that trying again is of no use.
    """

    names: tuple[str, ...]
    status: int | None = None
    codes: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    retry_after: object = None
    final: bool = False


def traits_of(error: BaseException) -> Traits:
    """Read an exception; whatever raises while it is read is not there."""
    response = _get(error, "response")
    bodies = list(_bodies(error, response))
    headers = {**_headers(_get(response, "headers")), **_headers(_get(error, "headers"))}
    headers |= _headers(_get(_get(response, "ResponseMetadata"), "HTTPHeaders"))
    return Traits(
        names=tuple(kind.__name__.lower() for kind in type(error).__mro__),
        status=_first_status([error, response, _get(response, "ResponseMetadata"), *bodies]),
        codes=" ".join(_codes([error, *bodies])).lower()[:LONGEST],
        headers=headers,
        text=_text(error, bodies),
        retry_after=_retry_after(error, bodies),
        final=headers.get("x-should-retry") == "false",
    )


def _get(place: Any, name: str) -> Any:
    """An entry of a mapping, or an attribute; a method of gRPC's is called. None where none is."""
    try:
        if isinstance(place, Mapping):
            return place.get(name)
        value = getattr(place, name, None)
        return value() if callable(value) and name in ("code", "grpc_status_code") else value
    except Exception:  # a property that raises says nothing
        return None


def _bodies(error: BaseException, response: Any) -> Iterable[Any]:
    """The answer's JSON, outer and inner, wherever it is kept."""
    for body in (_get(error, "body"), _get(error, "details"), _get(error, "error"), response):
        if isinstance(body, Mapping):
            yield body
            for inner in (body.get("error"), body.get("Error")):
                if isinstance(inner, Mapping):
                    yield inner


def _first_status(places: Iterable[Any]) -> int | None:
    for place in places:
        for name in _STATUS:
            value = _get(place, name)
            if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
                return int(value)
            if isinstance(value, str) and value.isdecimal() and 100 <= int(value[:9]) <= 599:
                return int(value)
    return None


def _codes(places: Iterable[Any]) -> Iterable[str]:
    for place in places:
        if isinstance(place, OSError):  # its message may be in any language
            yield _errno(place)
        for name in _CODES:
            value = _get(place, name)
            value = (
                _get(value, "name") if not isinstance(value, str) else value
            )  # an enum of gRPC's
            if isinstance(value, str):
                yield value


def _errno(error: OSError) -> str:
    number = error.errno
    return _WINSOCK.get(number or 0) or errorcode.get(number or 0, "")


def _headers(value: Any) -> dict[str, str]:
    try:
        items = value.items() if value is not None else ()
        return {str(name).lower(): str(text) for name, text in items}
    except Exception:  # no headers at all, or ones that cannot be read
        return {}


def _text(error: BaseException, bodies: list[Any]) -> str:
    try:
        said = [
            str(error),
            *(str(body.get("message") or body.get("Message") or "") for body in bodies),
        ]
    except Exception:
        return ""
    return " ".join(said)[:LONGEST].lower()


def _retry_after(error: BaseException, bodies: list[Any]) -> object:
    """A number of the exception itself, or Google's RetryInfo."""
    for name in ("retry_after", "retry_after_s", "retry_delay"):
        value = _get(error, name)
        if value is not None:
            return _get(value, "seconds") if not isinstance(value, int | float | str) else value
    for body in bodies:
        details = body.get("details")
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, Mapping) and detail.get("retryDelay"):
                return detail["retryDelay"]
    return None
