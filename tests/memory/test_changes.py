"""A change of a fact rests on a statement: our own pairs, half of which retire the older one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from resmem_core.memory.gate import changes, compare, statement_rules, statements
from resmem_core.memory.gate.statement_forms import Statement
from resmem_core.types import Memory

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "changes.jsonl").read_text().splitlines()
]
NOW = 1.795e9


def memory(ident: str, text: str, at: float = NOW) -> Memory:
    """A message of one speaker and one conversation."""
    return Memory(ident, ("a",), text, (ident,), author="ada", session="s", at=at, seq=int(at))


def relation(old: str, new: str) -> compare.Relation:
    """What the new message is to the old one, told a minute before."""
    before = memory("old", old)
    return compare.relation(memory("new", new, NOW + 60), [(before, 0.5, 0.5)], [before])


def test_the_set_is_as_wide_as_it_says() -> None:
    """At least 200 cases, 100 of each answer, six full languages and more."""
    retiring = sum(case["retires"] for case in CASES)

    assert len(CASES) >= 200
    assert min(retiring, len(CASES) - retiring) >= 100
    assert {case["lang"] for case in CASES} >= {"en", "de", "fr", "es", "it", "pt", "ru", "zh"}


@pytest.mark.parametrize("english", [True, False])
def test_what_must_retire_retires(english: bool) -> None:
    """Nineteen in twenty in English, nine in ten elsewhere."""
    due = [case for case in CASES if case["retires"] and (case["lang"] == "en") == english]
    found = [isinstance(relation(c["old"], c["new"]), compare.Replaces) for c in due]

    assert sum(found) >= (0.95 if english else 0.9) * len(due)


def test_nothing_is_retired_that_holds() -> None:
    """Not one, in any language: moods, persons, quotes, units, several values, other topics."""
    held = [case for case in CASES if not case["retires"]]
    closed = [
        (c["old"], c["new"])
        for c in held
        if isinstance(relation(c["old"], c["new"]), compare.Replaces)
    ]

    assert closed == []


def test_what_is_not_read_could_not_change() -> None:
    """An older text that a plain message passes over unread is one that it leaves as it is."""
    olds = [memory("old", case["old"]) for case in CASES[::9]]
    news = [memory("new", case["new"], NOW + 60) for case in CASES[::3]]
    unread = [(n, o) for n in news for o in olds if not changes.may_touch(n.text, o.text)]

    assert unread
    assert [pair for pair in unread if changes.change(*pair) is not None] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I live in Lisbon.", "I moved to Fuengirola."),
        ("I work at Acme.", "I joined Globex last month."),
        ("My sister's name is Ana.", "My sister's name is Eva."),
        ("I live in Lisbon and my cat is called Mia.", "I moved to Porto."),
        ("I live in Lisbon.", "I moved to Porto in 2015."),
    ],
)
def test_what_is_only_suspected_closes_nothing(old: str, new: str) -> None:
    """An unknown place, a club or an employer, two sisters, a second fact, long before: a flag."""
    assert relation(old, new) == compare.New(("old",))


@pytest.mark.parametrize(
    ("old", "new"),
    [("I live in Lisbon.", "I moved to Linux."), ("I like jazz.", "I like blues.")],
)
def test_what_is_another_thing_is_no_conflict(old: str, new: str) -> None:
    """Nothing is flagged where two statements can both hold and name other things."""
    found = relation(old, new)

    assert found in (compare.New(), compare.New(("old",)))
    assert not isinstance(found, compare.Replaces)


def test_the_order_of_arrival_is_not_the_order_of_telling() -> None:
    """What was said earlier and comes in later is read as the older one."""
    later = memory("old", "I gave up coffee.", NOW)
    earlier = memory("new", "I drink coffee.", NOW - 86_400)

    assert compare.relation(earlier, [(later, 0.5, 0.5)]) == compare.Replaces("old")


def test_a_long_list_is_asked_once_whether_it_says_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lists of many statements are compared pair by pair, their words are read once."""
    asked = []
    now = statement_rules.NOW

    class Counted:
        sub = now.sub

        def search(self, text: str) -> None:
            asked.append(text)

    monkeypatch.setattr(statement_rules, "NOW", Counted())
    texts = ["\n".join(f"I water plant {n} on shelf {n + of}." for n in range(30)) for of in (1, 5)]
    changes.change(memory("new", texts[0], NOW + 60), memory("old", texts[1]))

    assert len(asked) <= 2


def test_a_pair_of_statements_that_is_skipped_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two texts of many statements, the pairs that are read say all that every pair would."""
    cases = [case for case in CASES if case["lang"] == "en"]
    olds = [". ".join(c["old"].rstrip(".") for c in cases[at::6]) for at in range(6)]
    news = [". ".join(c["new"].rstrip(".") for c in cases[at : at + 2]) for at in range(0, 99, 3)]
    texts = [(new, old) for new in news for old in olds]
    met = [changes._met(new, old) for new, old in texts]

    def every(one: Statement, held: statements.Held, text: str) -> Iterator[Statement]:
        return chain.from_iterable(held.values())

    monkeypatch.setattr(changes, "_comparable", every)

    assert met == [changes._met(new, old) for new, old in texts]
    assert {*met} == {None, *changes.ChangeKind}
