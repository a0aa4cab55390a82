"""The benchmarks of sleep and of other memory layers, in their smallest form."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from benchmarks.peers.run import measure, with_ratios
from benchmarks.sleep.run import cycle, history
from benchmarks.sleep.stream import PARAPHRASED, stream


def test_a_cycle_leaves_nothing_to_do() -> None:
    """The row says what it cost, and that a second cycle would do nothing."""
    row = cycle(300)

    assert row["n"] == 300
    assert row["merged"] > 20
    assert row["again"] == 0


def test_a_history_has_a_row_per_night(tmp_path: Path) -> None:
    """With tiers and quadrants, and a picture of them."""
    pytest.importorskip("matplotlib")
    plot = pytest.importorskip("benchmarks.sleep.plot")
    rows = history(4, 15, lambda what: None)
    picture = plot.draw(rows, tmp_path / "sleep.png")

    assert [row["day"] for row in rows] == [0, 1, 2, 3]
    assert all(row["short"] + row["mid"] + row["long"] == row["stored"] for row in rows)
    assert picture.stat().st_size > 10_000


def test_the_stream_is_the_same_for_a_seed() -> None:
    """And a fifth of it are paraphrases."""
    said = [*islice(stream(1), 2000)]

    assert said == [*islice(stream(1), 2000)]
    assert abs(sum(one.repeats for one in said) / 2000 - PARAPHRASED) < 0.03


def test_our_row_is_measured() -> None:
    """Add, search, build and memory, in the units that the report names."""
    rows = measure("ours", 40, budget=60)["rows"]

    assert [(row["what"], row["unit"]) for row in rows] == [
        ("add", "ms"), ("search", "ms"), ("build", "s"), ("rss", "MB"),
    ]  # fmt: skip
    assert next(row["found"] for row in rows if row["what"] == "search") == 10


def test_who_is_not_installed_is_named() -> None:
    """With the package's name, not with a traceback."""
    pytest.importorskip("benchmarks.peers")
    try:
        import mem0  # noqa: F401
    except ImportError:
        found = measure("mem0", 10, budget=60)
    else:
        pytest.skip("mem0 is installed here")

    assert found == {"missing": "not installed: mem0"}


def test_ratios_are_to_our_row() -> None:
    """Of the same size and the same measure; none where we were not measured."""
    rows = [
        {"name": "ours", "what": "add", "n": 10, "p50": 2.0},
        {"name": "x", "what": "add", "n": 10, "p50": 5.0},
        {"name": "x", "what": "add", "n": 20, "p50": 5.0},
    ]

    assert [row["ratio"] for row in with_ratios(rows)] == [1.0, 2.5, None]


def test_a_picture_has_every_subject(tmp_path: Path) -> None:
    """One search and one add of each, at every size that was measured."""
    pytest.importorskip("matplotlib")
    plot = pytest.importorskip("benchmarks.peers.plot")
    rows = [
        {"name": name, "what": what, "n": n, "p50": 1.5 * n, "survives": "nothing"}
        for name in ("ours", "x")
        for what in ("add", "search")
        for n in (10, 20)
    ]

    assert plot.draw({"rows": rows}, tmp_path / "peers.png").stat().st_size > 10_000
