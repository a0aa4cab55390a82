"""Words by which providers, clients and tools say what is wrong. Lower case in, a class out.

Each table is asked from the special to the general: "context length exceeded" is also a bad
request, and "rate limit: connection closed" is a rate limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

LONGEST: Final = 2_000
"""Characters of a text that are read."""

_Table: TypeAlias = tuple[tuple[str, re.Pattern[str]], ...]


def _table(words: Mapping[str, tuple[str, ...]]) -> _Table:
    return tuple((kind, re.compile("|".join(patterns))) for kind, patterns in words.items())


_WORDS: Final = _table({
    "context overflow": (
        r"context[ _-]?(length|window|size)", r"maximum (context|prompt|input)",
        r"(prompt|input|request|message)s?( \w+)? (is|are) too (long|large)",
        r"too many (input |prompt )?tokens", r"max(imum)?[ _](input[ _])?tokens exceeded",
        r"(input|token)[ \w]* (count|length)[^.]{0,40} exceeds", r"reduce the length",
        r"exceeds? the (model'?s? )?(maximum |max )?(number of tokens|token|context|input)",
        r"string_above_max_length", r"request_too_large", r"max(imum)? length[^.]{0,20}tokens",
        r"(input|prompt) tokens? exceeds?", r"exceeds? (the )?max(imum)? length",
    ),
    "content filter": (
        r"content[ _-]?(filter|management|policy|moderation|blocked)", r"responsible ?ai ?policy",
        r"safety (system|filter|setting|reason|polic)", r"finish_?reason[\W_]+safety",
        r"blocked (by|due to|for|because of) [\w ]{0,20}(safety|policy|guardrail|content)",
        r"prohibited_content", r"guardrail", r"flagged (as|by|for)", r"moderation",
        r"usage polic", r"data_inspection_failed", r"sensitive content",
    ),
    "auth": (
        r"\bapi[ _-]?key\b[^.]{0,40}(invalid|incorrect|not valid|missing|expired|wrong|revoked)",
        r"(invalid|incorrect|missing|expired|wrong|no)[ _-](\w+[ _-])?"
        r"(api[ _-]?key|credentials?|access token|token|security token|signature)\b",
        r"unauthori[sz]ed", r"unauthenticated", r"authentication", r"permission[ _]denied",
        r"\bforbidden\b", r"access ?denied", r"not authori[sz]ed", r"credentials",
        r"token[^.]{0,30}\b(expired|invalid)", r"\b40[13]\b",
    ),
    "rate limit": (
        r"rate[ _-]?limit", r"too[ _]many[ _]requests", r"throttl", r"quota", r"\b429\b",
        r"resource[ _]?(has been )?exhausted", r"(tokens|requests) per (min|second|day|hour)",
        r"request limit", r"slow ?down", r"capacity exceeded",
    ),
    "timeout": (
        r"tim(ed|e)[ -]?out", r"deadline[ _]?exceeded", r"took too long", r"\b(408|504|524)\b",
    ),
    "connection": (
        r"connection", r"connect(ing)? (to|error)", r"could ?n.t connect",
        r"(failed|unable|cannot|could not) (to )?connect", r"getaddrinfo", r"no such host",
        r"name or service not known", r"name resolution", r"nodename nor servname",
        r"no route to host", r"unreachable", r"peer closed", r"disconnected", r"broken pipe",
        r"eof occurred", r"\bssl\b", r"\btls\b", r"incomplete (read|chunked)", r"\beconn\w+",
        r"enotfound", r"socket", r"refused", r"certificate", r"\bdns\b",
    ),
    "server": (
        r"internal (server )?error", r"bad gateway", r"gateway", r"unavailable", r"overloaded",
        r"(over|at) capacity", r"\b5\d\d\b", r"try again later", r"\b(went|gone) offline\b",
        r"\b(is|are|was|currently) (\w+ )?offline\b", r"\bdown\b", r"out of service",
        r"maintenance", r"not responding", r"(still|currently|is) loading", r"model_not_ready",
        r"server error", r"out of memory", r"backend error", r"outage",
    ),
    "bad request": (
        r"(invalid|bad|malformed)[ _]?(request|argument|parameter|input|value|json|type)",
        r"unprocessable", r"validation ?(error|exception|failed)", r"not[ _]?found",
        r"does not exist", r"no such", r"unsupported", r"not supported", r"is required",
        r"missing[ _](required|\d|parameter|argument)", r"must be", r"\b4(00|04|22)\b",
        r"unknown (parameter|model|tool|field)",
    ),
})  # fmt: skip

_CODES: Final = _table({
    "context overflow": (
        "context_length_exceeded", "string_above_max_length", "request_too_large",
    ),
    "content filter": (
        "content_filter", "content_policy_violation", "responsibleaipolicyviolation",
        "prohibited_content",
    ),
    "auth": (
        "invalid_api_key", "unauthenticated", "unauthorized", "permission_?denied",
        "access_?denied", "expired_?token", "unrecognizedclient", "invalidsignature",
        "authentication_error", "permission_error", "forbidden", "billing_error",
    ),
    "rate limit": (
        "rate_?limit", "resource_?exhausted", "insufficient_quota", "throttl",
        "too_?many_?requests", "quota", "slow_?down",
    ),
    "timeout": ("deadline_?exceeded", "timeout", "etimedout"),
    "connection": ("econn", "enetunreach", "ehostunreach", "epipe", "connection_error"),
    "server": (
        "overloaded", "server_error", "internal", "unavailable", "api_error",
        "model_?not_?ready", "aborted", "modelerror",
    ),
    "bad request": (
        "invalid_?request", "invalid_?argument", "not_?found", "failed_?precondition",
        "out_of_range", "unimplemented", "validation", "bad_?request",
    ),
})  # fmt: skip

_NAMES: Final = _table({
    "context overflow": ("contextwindow", "contextlength", "contextoverflow", "tokenlimit"),
    "content filter": (
        "contentfilter", "contentpolicy", "blockedprompt", "stopcandidate", "moderation",
        "aipolicy",
    ),
    "auth": (
        "authentication", "authorization", "permissiondenied", "unauthorized", "unauthenticated",
        "forbidden", "credentials", "accessdenied", "permissionerror",
    ),
    "rate limit": ("ratelimit", "toomanyrequests", "resourceexhausted", "throttl", "quota"),
    "timeout": ("timeout", "timedout", "deadlineexceeded"),
    "connection": (
        "connect", "maxretry", "remoteprotocolerror", "readerror", "writeerror", "closederror",
        "networkerror", "gaierror", "sslerror", "brokenpipe", "protocolerror", "proxyerror",
        "incompleteread", "chunkedencoding", "transporterror", "socketerror", "clientoserror",
        "clientpayloaderror", "unreachable",
    ),
    "server": (
        "serviceunavailable", "internalserver", "servererror", "overloaded", "badgateway",
        "serverexception",
    ),
    "bad request": (
        "badrequest", "invalidargument", "invalidrequest", "unprocessable", "notfounderror",
        "validationerror", "toolinvocation",
    ),
})  # fmt: skip

_HOPELESS: Final = re.compile(
    r"insufficient[ _]quota|exceeded your current quota|billing|request too large|per[ _-]?day|"
    r"credit balance|out of credits|payment|certificate[ _]verify|self[ -]signed|monthly"
)


def kind_of(text: str) -> str | None:
    """The class that a message's words tell, or None."""
    return _first(_WORDS, text.lower()[:LONGEST])


def code_of(codes: str) -> str | None:
    """The class of a provider's own codes, or None."""
    return _first(_CODES, codes)


def name_of(names: Iterable[str]) -> str | None:
    """The class that an exception's type tells: its own name before those of its bases."""
    return next((kind for name in names if (kind := _first(_NAMES, name))), None)


def is_hopeless(text: str) -> bool:
    """Whether a limit was met that no wait within a call lifts: a day's quota, the bill."""
    return _HOPELESS.search(text) is not None


def _first(table: _Table, text: str) -> str | None:
    return next((kind for kind, pattern in table if text and pattern.search(text)), None)
