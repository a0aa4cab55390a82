"""What an adapter may do about failures, as the user set it, and how a tool's failures are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resmem_core.engine.calling.calls import MOST, RETRIES
from resmem_core.errors import ConfigError
from resmem_core.health.failures import CURABLE, Failure, Kind, classify

AGAIN: Final = frozenset({Kind.CONNECTION, Kind.RATE_LIMIT})
"""What a tool is tried again after: it was not reached, so it has done nothing yet."""

RISKY: Final = 0.5
"""Tools of this declared risk and above are never called twice for one call."""


BUGS: Final = (
    TypeError, LookupError, AttributeError, NameError, AssertionError, ImportError, ArithmeticError,
    NotImplementedError, RecursionError, SyntaxError,
)  # fmt: skip
"""What comes from a tool's own code: nobody is helped by hiding it."""


@dataclass(frozen=True, slots=True)
class Acting:
    """What may be done.

    Attributes:
        retries: how often a call is tried again at most; 0 for never.
        breaker: whether a model that is down is not called.
        cut: whether a call that hangs is given up.
        suspend: whether a tool that is down is left out.
        sparing: whether a second retry is made only after a rate limit; the next request tries.
    """

    retries: int = RETRIES
    breaker: bool = True
    cut: bool = True
    suspend: bool = True
    sparing: bool = True


def acting(
    *, retry: bool | int = True, breaker: bool = True, timeout: bool = True, suspend: bool = True
) -> Acting:
    """The settings, checked.

    Args:
        retry: True for one retry, and a second one after a rate limit; a number for that many;
            False for none.

    Raises:
        ConfigError: retry is no number from 0 to 10.
    """
    retries = RETRIES if retry is True else 0 if retry is False else retry
    if not (isinstance(retries, int) and 0 <= retries <= MOST):
        raise ConfigError(f"retry must be True, False or a number from 0 to {MOST}, got {retry!r}")
    return Acting(retries, bool(breaker), bool(timeout), bool(suspend), retry is True)


def blamed(error: Exception, now: float) -> Failure:
    """A tool's failure: what an exception about values says is the call's fault, not the tool's.

    >>> blamed(ValueError("no such day"), 0.0).kind, blamed(RuntimeError("odd"), 0.0).kind
    (<Kind.BAD_REQUEST: 'bad request'>, <Kind.UNKNOWN: 'unknown'>)
    """
    found = classify(error, now)
    if found.kind is Kind.UNKNOWN and _about_values(error):
        return Failure(Kind.BAD_REQUEST, False)
    return found


def outside(error: Exception, now: float) -> Kind | None:
    """The class of an error that came from outside the tool's own code; None for any other."""
    found = classify(error, now)
    return found.kind if found.kind in CURABLE and not _about_values(error) else None


def tellable(error: Exception) -> str:
    """The type of a tool's error that a model may be told of; empty for a bug or a wrong call.

    >>> tellable(RuntimeError("odd")), tellable(ValueError("no such day")), tellable(KeyError("x"))
    ('RuntimeError', '', '')
    """
    return "" if isinstance(error, BUGS) or _about_values(error) else type(error).__name__


def _about_values(error: Exception) -> bool:
    """Whether its type says that the call was wrong."""
    wrong = isinstance(error, ValueError | TypeError | LookupError | ArithmeticError)
    return wrong or any(kind.__name__ == "ToolException" for kind in type(error).__mro__)


def once(failure: Failure, risk: float) -> Failure:
    """A tool's failure, which is curable only where calling the tool again does nothing twice."""
    if failure.kind in AGAIN and risk < RISKY:
        return failure
    return Failure(failure.kind, False, failure.retry_after, failure.status)
