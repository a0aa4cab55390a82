"""The turn benchmark runs and names its rows; what it measures is not asserted here."""

from __future__ import annotations

import json

import pytest

from benchmarks.turn.llamaindex import command


def test_every_way_in_has_its_floor_and_ours(capsys):
    """As JSON: each group has a row of ours, and what ours adds to each of the others."""
    pytest.importorskip("aiosqlite")
    command(memories=20, json_=True, n=2)

    found = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    groups = {name.partition(": ")[0] for name in found if name.endswith(": ours")}
    assert {"retriever", "postprocessor of 50", "event chunk", "chat", "memory turn"} <= groups
    assert {"documents: 30 nodes", "documents: 30 nodes, CPU"} <= set(found)
    assert "event-loop lag of 2 users, p99" in found
    for group in groups:
        assert found[f"{group}: ours"]["ratio"] == 1.0
        assert any(name.startswith(f"{group}: added over") for name in found)
