"""When a failed call is tried again: waits that grow, jitter, Retry-After, and a budget."""

from __future__ import annotations

from typing import Final

from resmem_core.health.failures import Failure, Kind

FIRST: Final = 0.5
"""Seconds before the first retry, before jitter."""
LONGEST: Final = 8.0
"""Seconds between two tries at most, where the provider does not say."""
WAIT: Final = 20.0
"""Seconds that a call waits at most because the provider asked for it; longer is a failure."""
HOLD: Final = 300.0
"""Seconds for which every session leaves a provider alone because it asked for it, at most."""
BUDGET: Final = 10.0
"""Retries that a dependency may have saved up."""
SHARE: Final = 0.2
"""What each call adds to them: at most a fifth of the calls are retries."""


def wait_before(attempt: int, failure: Failure, u: float) -> float | None:
    """Seconds to wait before trying again; None: do not.

    Args:
        attempt: of the one that failed, from 1.
        failure: why it failed.
        u: in [0, 1), for the jitter.

    >>> limited = Failure(Kind.RATE_LIMIT, True, retry_after=2.0)
    >>> wait_before(1, limited, 0.0), wait_before(1, Failure(Kind.AUTH, False), 0.0)
    (2.0, None)
    """
    if not failure.curable:
        return None
    grown = min(FIRST * 2.0 ** min(attempt - 1, 30), LONGEST)
    own = grown * (0.5 + 0.5 * u)
    asked = failure.retry_after
    if asked is None or asked <= own:
        return own
    return asked * (1.0 + 0.1 * u) if asked <= WAIT else None


def hold_of(failure: Failure) -> float:
    """Seconds for which a provider that was asked too much is left alone by everybody."""
    limited = failure.kind in (Kind.RATE_LIMIT, Kind.SERVER)
    return min(failure.retry_after or 0.0, HOLD) if limited else 0.0
