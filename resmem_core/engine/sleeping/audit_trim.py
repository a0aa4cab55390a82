"""Keeps the audit log bounded."""

from __future__ import annotations

from typing import Final

from resmem_core.audit import trim
from resmem_core.errors import Conflict
from resmem_core.protocols import PutDoc, Store

PAGE: Final = 1000
"""Records that one transaction takes off."""


def shorten(store: Store, keep: int, now: float) -> None:
    """Take the oldest records off a log that is a tenth longer than it should be.

    Another worker that does the same at this moment is left to it.

    Args:
        keep: records that stay; events other than the gate's verdicts stay whatever their number.
    """
    first, last = store.audit_span()
    if last - first < 1.1 * keep:
        return
    while (left := last - keep - first + 1) > 0:
        doc = store.doc("audit", TRIM)
        page = store.audit(after=first - 1, limit=min(PAGE, left))
        through = page[-1][0]
        turn = PutDoc("audit", TRIM, {"through": through}, expect=doc.version if doc else 0)
        try:
            store.apply([turn, *trim(page, now)])
        except Conflict:
            return
        first = through + 1


TRIM: Final = "trim"
"""The document that lets one worker trim at a time."""
