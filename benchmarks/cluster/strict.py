"""What an operator's strict mode refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A request that the server answers with an error."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Strict:
    """Limits that an operator sets on every collection (strict mode); None is no limit.

    Attributes:
        max_query_limit: points of one page.
        upsert_max_batchsize: points of one upsert.
        condition_max_size: values of one condition.
        unindexed: filters over payload fields without an index are answered.
    """

    max_query_limit: int | None = None
    upsert_max_batchsize: int | None = None
    condition_max_size: int | None = None
    unindexed: bool = True

    def config(self) -> Json:
        """As a collection's description gives it."""
        limits = ("max_query_limit", "upsert_max_batchsize", "condition_max_size")
        return {
            "enabled": self != Strict(),
            "unindexed_filtering_retrieve": self.unindexed,
            "unindexed_filtering_update": self.unindexed,
            **{name: getattr(self, name) for name in limits},
        }


def within(limit: int | None, number: int, what: str) -> None:
    """Refuse a number above its limit."""
    if limit is not None and number > limit:
        raise Refused(400, f"Forbidden: limit exceeded {number} > {limit} for {what!r}")


def leaves(wanted: Json | None) -> Iterator[Json]:
    """Every single condition of a filter."""
    for part in ("must", "should", "must_not"):
        for condition in (wanted or {}).get(part) or []:
            if condition.keys() & {"key", "has_id", "is_empty"}:
                yield condition
            else:
                yield from leaves(condition)
