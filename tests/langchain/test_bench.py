"""The turn benchmark runs and names its rows; what it measures is not asserted here."""

from __future__ import annotations

import json

import pytest

from benchmarks.turn.langchain import command, rows


def test_rows_and_json(capsys):
    """Sync, async and callback rows, each with median, spread, unit and ratio."""
    command(memories=50, json_=True, n=3)

    found = json.loads(capsys.readouterr().out)
    assert {"name", "n", "p50", "p95", "unit", "ratio"} == set(found[0])
    names = [row["name"] for row in found]
    assert "added beyond recall (sync)" in names
    assert "added beyond recall (async)" in names
    assert "added by the callback" in names


def test_the_table_is_readable(capsys):
    """Without --json it is a table."""
    command(memories=20, n=2)

    assert "added beyond recall" in capsys.readouterr().out


def test_ours_has_ratio_one():
    """Ratios are to the row of ours."""
    found = {row["name"]: row for row in rows(n=3, memories=20)}

    assert found["ours (sync)"]["ratio"] == 1.0


def test_a_store_that_is_away_loses_nothing():
    """Locked or full, in both adapters: what was said is kept aside and taken in afterwards."""
    pytest.importorskip("llama_index.core")
    away = pytest.importorskip("benchmarks.away")
    rows = away.measure(2)

    assert [(row["adapter"], row["state"]) for row in rows] == [
        (adapter, state)
        for adapter in ("langchain", "llamaindex")
        for state in ("well", "locked", "full")
    ]
    assert all(row["lost"] == 0 for row in rows)
    assert all(row["kept_aside"] for row in rows if row["state"] == "locked")
