"""A message that is dated ahead counts as new."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resmem_core import Message, ResilientMemory


@pytest.mark.parametrize("year", [1, 1969, 2100, 9999])
def test_no_date_stops_recall(year: int) -> None:
    """Whatever year one message says, its namespace is recalled whole."""
    with ResilientMemory.open(":memory:") as memory:
        session = memory.session("t", namespace=("acme", "ada"))
        at = datetime(year, 12, 31, tzinfo=UTC)
        session.observe(Message(role="user", text="I moved to Lisbon in May.", id="m1", at=at))
        session.observe(Message(role="user", text="My dog is called Rex.", id="m2"))

        assert {hit.id for hit in session.recall("Where do I live?")} == {"m1", "m2"}
