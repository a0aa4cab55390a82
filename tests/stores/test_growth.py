"""A stream that never ends stays within its budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.sleep.growth import grow


def check(messages: int, capacity: int, records: int) -> list[dict[str, Any]]:
    """What is stored stays what it was after the warm-up, while messages go on; the rows."""
    rows = grow(
        messages, capacity=capacity, keep=0.5, progress=lambda what: None, audit_records=records
    )
    warm = rows[len(rows) // 2 :]

    assert len(rows) == messages // capacity
    assert all(row["stored"] - row["semantic"] <= capacity for row in rows)
    for column in ("body_mb", "audit_mb", "file_mb"):
        assert max(row[column] for row in warm) <= 1.2 * warm[0][column]
    return rows


def test_a_store_stays_bounded(tmp_path: Path) -> None:
    """Four thousand messages, a fifth of them paraphrases, sixteen nights; and a picture."""
    rows = check(4_000, 250, records=1_000)

    pytest.importorskip("matplotlib")
    plot = pytest.importorskip("benchmarks.sleep.plot")
    assert plot.draw_growth(rows, tmp_path / "growth.png").stat().st_size > 10_000


@pytest.mark.nightly
@pytest.mark.parametrize(("messages", "capacity"), [(20_000, 500), (1_000_000, 10_000)])
def test_a_store_stays_bounded_for_long(messages: int, capacity: int) -> None:
    """The long form."""
    check(messages, capacity, records=10 * capacity)
