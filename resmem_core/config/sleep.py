"""Settings of consolidation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resmem_core.config.checks import check_fields
from resmem_core.errors import ConfigError

DAY = 86_400.0
"""Seconds."""

FOREVER = 1e12
"""A lifetime in seconds that is none: nothing expires."""


@dataclass(frozen=True, slots=True)
class SleepConfig:
    """When memories are promoted, merged, summed up and forgotten.

    Args:
        ttl: seconds that a memory lives without credit; 300 days. Good credit adds up to
            `credit_span`, bad credit takes it away.
        credit_span: seconds by which full credit prolongs a life.
        half_life: seconds after which a memory's recency has halved.
        high_value: worth from which an item counts as valuable (its quadrant), in [0, 1].
        high_stress: stress from which an item counts as stressful (its quadrant), in [0, 1].
        merged_length: characters that a text may grow to by what its repeats said differently.
        mid_after, long_after: age in seconds from which a worthy item is promoted.
        mid_worth, long_worth: worth that this takes, in [0, 1].
        probation: age in seconds until which nothing is forgotten for its low worth.
        floor: worth below which an item of the quadrant routine_forget is then forgotten.
        capacity: items that a namespace may hold; the least worthy beyond it are forgotten.
        cohesion: cosine that the members of a cluster have on average.
        block: items that are compared all with all when clusters are sought.
        cluster_size: items that a cluster needs for a semantic item of its own.
        cluster_worth: mean worth that it needs for it.
        sentences: sentences of an extractive semantic item.
        near: links that an item has to others of its cluster, at most.
        audit_records: records that the store's audit log keeps; older verdicts of the gate go.
        restorable: memories that sleep forgot and `restore` can take back, at most `capacity`; the
            oldest go first, and what a `ttl` that you set ended is never among them.

    Ages count from when an item was stored or last used.

    Raises:
        ConfigError: a setting is out of its range.
    """

    ttl: float = 300 * DAY
    credit_span: float = 180 * DAY
    half_life: float = 30 * DAY
    high_value: float = 0.5
    high_stress: float = 0.4
    merged_length: int = 600
    mid_after: float = 1 * DAY
    long_after: float = 7 * DAY
    mid_worth: float = 0.4
    long_worth: float = 0.55
    probation: float = 30 * DAY
    floor: float = 0.2
    capacity: int = 100_000
    cohesion: float = 0.35
    block: int = 64
    cluster_size: int = 4
    cluster_worth: float = 0.45
    sentences: int = 3
    near: int = 3
    audit_records: int = 100_000
    restorable: int = 10_000

    def __post_init__(self) -> None:
        unit = (0.0, 1.0)
        seconds = (0.0, 1e12)
        ranges: dict[str, tuple[float, float]] = {
            "ttl": (1.0, FOREVER), "credit_span": seconds, "half_life": (1.0, 1e12),
            "high_value": unit, "high_stress": unit,
            "merged_length": (0, 16_000), "mid_after": seconds, "long_after": seconds,
            "mid_worth": unit, "long_worth": unit, "probation": seconds, "floor": unit,
            "capacity": (1, 10**9), "cohesion": unit, "block": (8, 1024),
            "cluster_size": (2, 1024), "cluster_worth": unit, "sentences": (1, 20), "near": (0, 16),
            "audit_records": (1000, 10**9), "restorable": (0, 10**9),
        }  # fmt: skip
        check_fields(self, ranges)
        if self.long_after < self.mid_after or self.long_worth < self.mid_worth:
            raise ConfigError(
                "long_after and long_worth must not be below mid_after and mid_worth: "
                "an item goes short, mid, long"
            )

    def keeping_all(self) -> SleepConfig:
        """These settings where the gate keeps everything: only limits that were set forget.

        >>> SleepConfig(ttl=60.0).keeping_all().ttl, SleepConfig().keeping_all().floor
        (60.0, 0.0)
        """
        unset = SleepConfig()
        return replace(
            self,
            ttl=FOREVER if self.ttl == unset.ttl else self.ttl,
            capacity=10**9 if self.capacity == unset.capacity else self.capacity,
            floor=0.0,
        )
