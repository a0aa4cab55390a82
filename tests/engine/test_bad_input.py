"""What cannot be used is one typed error, or does what the pages say; nothing is half done."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from resmem_core import Message, ResilientMemory
from resmem_core.errors import ConfigError, InputError, InputTypeError, StoreCorrupt, TooLarge
from resmem_core.importers import BadLine, read

ADA = ("acme", "ada")


class Clock:
    """A clock that a test breaks."""

    def __init__(self) -> None:
        self.at: object = 1.77e9

    def now(self) -> float:
        return self.at  # type: ignore[return-value]

    def elapsed(self) -> float:
        return 1.0


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf, 1e300, "noon", None])
def test_a_clock_that_gives_no_time_stores_nothing(broken: object) -> None:
    """One typed error for every call; with the right time all goes on."""
    clock = Clock()
    with ResilientMemory.open(":memory:", clock=clock, auto_sleep=False) as memory:
        session = memory.session("s", namespace=ADA)
        session.observe(Message("user", "I row at dawn.", id="a"))
        clock.at = broken
        for work in (
            lambda: session.observe(Message("user", "I sing.", id="b")),
            lambda: memory.update(ADA, "a", "I row at noon."),
            lambda: memory.sleep(ADA),
            lambda: session.recall("row"),
        ):
            with pytest.raises(ConfigError, match="clock"):
                work()
        clock.at = 1.77e9 + 60

        assert [m.text for m in memory.scan(ADA)] == ["I row at dawn."]
        assert session.recall("row")[0].id == "a"


EDGES = [
    datetime.min, datetime.max, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    datetime(1969, 12, 31), datetime(2126, 1, 1),
]  # fmt: skip
LAST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))


@pytest.mark.parametrize("at", EDGES)
def test_the_edges_of_the_calendar_are_dates(at: datetime) -> None:
    """What is said at them is stored, recalled, listed, exported, slept over and forgotten."""
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        session = memory.session("s", namespace=ADA)
        session.observe(Message("user", "I row at dawn.", id="a", at=at))
        memory.update(ADA, "a", "I row at noon.")
        hit = session.recall("When do I row?")[0]
        lines = list(memory.export(ADA))
        memory.sleep(ADA)
        with ResilientMemory.open(":memory:", auto_sleep=False) as other:
            other.import_(lines)
            assert list(other.export(ADA)) == lines

        assert hit.text == "I row at noon."
        assert memory.as_of(ADA, LAST)[0].id == "a"
        assert [m.id for m in memory.list(ADA, since=at, until=at).items] == ["a"]
        assert memory.history(ADA, "a")[0].text == "I row at dawn."
        assert memory.forget(ADA, since=at, until=at) == 1


@pytest.mark.parametrize(
    "at", ["0000-01-01T00:00:00", "10000-01-01", "9999-99-99", "yesterday", [], "1e400"]
)
def test_a_date_that_is_none_is_an_error_with_its_line(tmp_path: Path, at: object) -> None:
    """The other lines are read."""
    file = tmp_path / "chat.jsonl"
    good = {"role": "user", "text": "I row at dawn."}
    file.write_text("\n".join(json.dumps(line) for line in (good, {**good, "at": at}, good)))
    items = list(read(file))

    assert [item.line for item in items if isinstance(item, BadLine)] == [2]
    assert len(items) == 3


@pytest.mark.parametrize(
    "body", [{"statements": [["ab"]]}, {"key": "", "statements": []}, {"key": "zz"},
             {"key": None, "statements": [["ab"]]}, {"key": "ab" * 200, "statements": []}],
)  # fmt: skip
def test_a_lost_tombstone_key_stops_writes_and_no_reads(
    tmp_path: Path, body: dict[str, object]
) -> None:
    """Nobody can tell what was forgotten, so nothing comes in until all of it is allowed again."""
    from resmem_core.protocols import PutDoc

    path = str(tmp_path / "m.db")
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        memory.session("s", namespace=ADA).observe(Message("user", "I row at dawn.", id="a"))
        memory.store.apply([PutDoc("tombstones", "acme\x1fada", body)])
    with ResilientMemory.open(path, auto_sleep=False) as memory:
        session = memory.session("s", namespace=ADA)
        for work in (
            lambda: session.observe(Message("user", "I sing.", id="b")),
            lambda: memory.update(ADA, "a", "I row at noon."),
            lambda: memory.forget(ADA, ["a"]),
        ):
            with pytest.raises(StoreCorrupt, match="key"):
                work()
        read_ = session.recall("row")[0].id
        memory.allow(ADA)
        session.observe(Message("user", "I sing.", id="b"))

        assert read_ == "a"
        assert {m.id for m in memory.scan(ADA)} == {"a", "b"}


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("clock", datetime.now, "now, elapsed"),
        ("clock", Clock, "the class Clock"),
        ("embedder", "openai", "LangChainEmbedder"),
        ("embedder", lambda texts: texts, "name, dim, embed"),
        ("classifier", "llama3", "scores"),
        ("redactor", re.compile("x"), "redact"),
        ("gate", 0.5, "GateConfig"),
        ("recall", {"k": 3}, "RecallWeights"),
        ("sleep", 3600, "SleepConfig"),
        ("profile", "default", "Profile"),
        ("learning", "on", "LearningConfig"),
    ],
)
def test_a_part_that_is_none_is_named(part: str, value: object, says: str) -> None:
    """A part of another kind: `open` says which, what it needs, and opens nothing."""
    with pytest.raises(ConfigError, match=rf"{part} must be .*{says}"):
        ResilientMemory.open(":memory:", **{part: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["2026-01-01", 1.77e9, date(2026, 1, 1)])
def test_a_time_that_is_none_is_named(at: object) -> None:
    """A text, a number or a day for a message's time: one typed error at once."""
    with pytest.raises(InputTypeError, match="at must be a datetime, got"):
        Message("user", "I sing.", at=at)  # type: ignore[arg-type]


def test_the_constructor_points_to_open() -> None:
    """Who calls the class with a path learns the call that opens it."""
    with pytest.raises(InputTypeError, match=r"ResilientMemory\.open\(path\)"):
        ResilientMemory("agent.db")  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["observe", "get", "forget", "update", "history", "session"])
def test_an_id_of_ten_megabytes_is_too_large(call: str) -> None:
    """One typed error from every call that takes an id; nothing is stored."""
    huge = "x" * 10_000_000
    with ResilientMemory.open(":memory:", keep=1.0, auto_sleep=False) as memory:
        calls = {
            "observe": lambda: memory.session("s", namespace=ADA).observe(
                Message("user", "I row.", id=huge)
            ),
            "get": lambda: memory.get(ADA, huge),
            "forget": lambda: memory.forget(ADA, [huge]),
            "update": lambda: memory.update(ADA, huge, "I swim."),
            "history": lambda: memory.history(ADA, huge),
            "session": lambda: memory.session(huge, namespace=ADA),
        }
        with pytest.raises(TooLarge):
            calls[call]()

        assert memory.scan(ADA) == []


@pytest.mark.parametrize("ident", ["", "  ", "\n"])
def test_a_conversation_has_a_name(ident: str) -> None:
    """Two conversations without one would be one."""
    with ResilientMemory.open(":memory:") as memory, pytest.raises(InputError, match="empty"):
        memory.session(ident, namespace=ADA)
