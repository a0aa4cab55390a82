"""A stream that never ends stays within its budget."""

from __future__ import annotations

import pytest

from resmem_core.bench.sleep.growth import grow


def check(messages: int, capacity: int) -> None:
    """What is stored stays what it was after the warm-up, while messages go on."""
    rows = grow(messages, capacity=capacity, keep=0.5, progress=lambda what: None)
    warm = rows[len(rows) // 2 :]

    assert len(rows) == messages // capacity
    assert all(row["stored"] - row["semantic"] <= capacity for row in rows)
    assert max(row["body_mb"] for row in warm) <= 1.2 * warm[0]["body_mb"]


def test_a_store_stays_bounded() -> None:
    """Four thousand messages, a fifth of them paraphrases, sixteen nights."""
    check(4_000, 250)


@pytest.mark.nightly
@pytest.mark.parametrize(("messages", "capacity"), [(20_000, 500), (1_000_000, 10_000)])
def test_a_store_stays_bounded_for_long(messages: int, capacity: int) -> None:
    """The long form."""
    check(messages, capacity)
