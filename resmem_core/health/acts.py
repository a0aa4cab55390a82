"""What was done about a failure, as one line for a person and as numbers for a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from resmem_core.health.failures import Kind

TOOL: Final = "tool:"
"""What the name of a tool begins with, as a dependency."""

What: TypeAlias = Literal[
    "retry",
    "wait",
    "refusal",
    "fallback",
    "cut",
    "shorten",
    "again",
    "suspension",
    "back",
    "stop",
    "open",
    "close",
]


@dataclass(frozen=True, slots=True)
class Act:
    """One act. It holds names of models and tools, never a text or an argument.

    Attributes:
        what: retry: tried again. wait: waited, because the provider
            asked or until the probe of one that is down. refusal: not called.
            fallback: another model was asked. cut: a hung call was given up. shorten: asked again
            without old tool results. again: an answer of no use, cut inside a call, JSON or code,
            or empty, was asked for once more. suspension: a tool is left out of the model's tools.
            back: it is offered again. stop: a repeated call was not made. open, close: the breaker.
        on: the dependency's name.
        at: epoch seconds. why: the class of the error. seconds: to wait, or waited.
        count: failures so far. since: epoch seconds of the first failure.
        to: the model that is asked instead.
    """

    what: What
    on: str
    at: float
    why: Kind | None = None
    seconds: float = 0.0
    count: int = 0
    since: float = 0.0
    to: str = ""

    def __str__(self) -> str:
        return f"{clock(self.at)} {self.sentence()}"

    def sentence(self) -> str:
        """What was done, without the time."""
        return _SENTENCES[self.what](self)

    def to_doc(self) -> dict[str, Any]:
        """As JSON, for a log or a trace."""
        doc = {
            "act": self.what, "on": self.on, "at": self.at, "why": self.why and self.why.value,
            "seconds": round(self.seconds, 3), "count": self.count, "since": self.since,
            "to": self.to,
        }  # fmt: skip
        return {name: value for name, value in doc.items() if value}


def from_doc(doc: Mapping[str, Any]) -> Act | None:
    """The act of a record that `to_doc` wrote; None where it is another's."""
    if doc.get("act") not in _SENTENCES:
        return None
    why = doc.get("why")
    return Act(
        doc["act"], str(doc.get("on", "")), float(doc.get("at", 0.0)), Kind(why) if why else None,
        float(doc.get("seconds", 0.0)), int(doc.get("count", 0)), float(doc.get("since", 0.0)),
        str(doc.get("to", "")),
    )  # fmt: skip


def plain(name: str) -> str:
    """A dependency's name as a person says it.

    >>> plain("tool:calendar"), plain("model:openai/gpt-5@proxy.example")
    ('calendar', 'openai/gpt-5@proxy.example')
    """
    return name.partition(":")[2] or name


def clock(at: float) -> str:
    """The time of day where this runs.

    >>> len(clock(0.0))
    5
    """
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%H:%M")
    except (OverflowError, OSError, ValueError):
        return "--:--"


def down_line(name: str, since: float) -> str:
    """What the model is told of a tool that is down."""
    return f"{plain(name)} is down since {clock(since)}; do not call it; say so."


def back_line(name: str, at: float) -> str:
    """What the model is told of a tool that works again."""
    return f"{plain(name)} is back since {clock(at)}; it may be called again."


def stop_line(name: str, kind: Kind, count: int) -> str:
    """What the model is told of a call that failed too often in the same way."""
    return (
        f"Not run: {plain(name)} failed {count} times with these arguments in the same way "
        f"({kind.value}). Change the arguments, or go on without it and say so."
    )


def failed_line(name: str, kind: Kind) -> str:
    """What the model is told of a call that failed for no fault of its own."""
    return f"{plain(name)} failed ({kind.value} error). Go on without it, and say so."


def error_line(name: str, said: str) -> str:
    """What the model is told of a call that ended in an error of the tool's own."""
    return f"{plain(name)} ended in an error ({said}). Go on without it, and say so."


def _why(act: Act) -> str:
    return f" after {said(act.why)} error" if act.why else ""


def said(kind: Kind) -> str:
    """A class of errors with its article.

    >>> said(Kind.UNKNOWN), said(Kind.TIMEOUT)
    ('an unknown', 'a timeout')
    """
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"


_SENTENCES = {
    "retry": lambda a: f"retry: {plain(a.on)} is tried again in {a.seconds:.1f} s{_why(a)}",
    "wait": lambda a: (
        f"wait: {plain(a.on)} is down, the next try is in {a.seconds:.1f} s"
        if a.since
        else f"wait: {plain(a.on)} asked for {a.seconds:.1f} s of rest"
    ),
    "refusal": lambda a: (
        f"refusal: {plain(a.on)} was not called, "
        + (f"it is down since {clock(a.since)}" if a.since else f"it asked for rest{_why(a)}")
        + f"; next try in {a.seconds:.0f} s"
    ),
    "fallback": lambda a: f"fallback: {plain(a.to)} is asked instead of {plain(a.on)}{_why(a)}",
    "cut": lambda a: f"cut: {plain(a.on)} gave no answer within {a.seconds:.0f} s and was given up",
    "shorten": lambda a: (
        f"shorten: the conversation was too long for {plain(a.on)}, "
        "asked again without memories and old tool results"
        if a.why
        else f"shorten: the conversation nearly fills {plain(a.on)}; old tool results are left out"
    ),
    "again": lambda a: f"again: {plain(a.on)} gave an answer of no use and is asked once more",
    "suspension": lambda a: (
        f"suspension: {plain(a.on)} is down since {clock(a.since)}; it alone is left out"
    ),
    "back": lambda a: f"back: {plain(a.on)} works again and is offered again",
    "stop": lambda a: (
        f"stop: {plain(a.on)} failed {a.count} times alike{_why(a)}; "
        "the same call was not made again"
    ),
    "open": lambda a: (
        f"open: {plain(a.on)} failed {a.count} times{_why(a)}; next try in {a.seconds:.0f} s"
    ),
    "close": lambda a: f"close: {plain(a.on)} answered the probe and is called as usual",
}
