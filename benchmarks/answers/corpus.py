"""What was said, and what is asked: the example's sample, and threads made from a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final, Literal, TypeAlias, get_args

from resmem_core.types import Message, Role

Kind: TypeAlias = Literal["fact", "change", "preference", "unanswerable"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SAMPLE: Final = Path(__file__).parents[2] / "examples/data/sample.jsonl"
_DATA: Final = Path(__file__).parent / "data"
_START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked after everything was said.

    Attributes:
        right: an answer that holds one of these is right; nothing is where none can be known.
    """

    text: str
    kind: Kind
    right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """A conversation of several sessions, in the order of time, and the questions about it."""

    name: str
    sessions: Mapping[str, Sequence[Message]]
    questions: tuple[Question, ...]
    asker: str

    @property
    def messages(self) -> list[Message]:
        """All that was said, oldest first."""
        return [message for session in self.sessions.values() for message in session]


@cache
def sample() -> Corpus:
    """Sixteen sessions between a clock restorer and her assistant, and 50 questions."""
    sessions: dict[str, list[Message]] = {}
    for row in _rows(SAMPLE):
        said = Message(
            row["role"], row["text"], row.get("author"), row["id"],
            at=datetime.fromisoformat(row["at"]),
        )  # fmt: skip
        sessions.setdefault(row["session"], []).append(said)
    asked = [
        Question(row["question"], row["kind"], tuple(row.get("right", ())))
        for row in _rows(_DATA / "sample.jsonl")
    ]
    return Corpus("sample", sessions, tuple(asked), "Inês")


@cache
def thread(seed: int = 0) -> Corpus:
    """Some twenty sessions of an office with its assistant, small talk and tools between, and 50
    questions: things said once, things that changed, wishes, and things that nobody said."""
    return _played("thread", seed)


@cache
def allotment(seed: int = 0) -> Corpus:
    """A gardener with her assistant, and 50 questions that were written when all else was done: to
    look at how a change does on what it was not made for."""
    return _played("allotment", seed)


def _played(name: str, seed: int) -> Corpus:
    draw = Random(seed)
    plan = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    told = _made(plan, draw)
    first = [line for line in told.said if line[0] == 0]
    later = [line for line in told.said if line[0] == 1]
    draw.shuffle(first)
    draw.shuffle(later)
    authors: dict[Role, str | None] = {"user": plan["asker"], "assistant": plan["helper"]}
    facts = [text for _, text in (*first, *later)]
    sessions = dict(_sessions(facts, told.filler, draw, authors))
    return Corpus(name, sessions, tuple(told.asked), plan["asker"])


@dataclass(frozen=True, slots=True)
class _Told:
    said: list[tuple[int, str]]
    """0 for what is said in the first half and 1 for what is said in the second; and the text."""
    asked: list[Question]
    filler: list[list[list[str]]]


def _made(plan: Any, draw: Random) -> _Told:
    """The plan's sentences with words drawn in; each word is drawn once."""
    words = {name: draw.sample(list(values), len(values)) for name, values in plan["words"].items()}
    told = _Told([], [], plan["filler"])
    for row in plan["rows"]:
        for _ in range(row["times"]):
            drawn = {name: words[name.rstrip("2")].pop() for name in row.get("draw", ())}
            for half, key in enumerate(("first", "later")):
                if key in row:
                    told.said.append((half, row[key].format(**drawn)))
            if "told" in row:  # of somebody else: near the question, and no answer to it
                told.said.append((0, row["told"].format(**drawn)))
            right = tuple(part.format(**drawn) for part in row.get("right", ()))
            told.asked.append(Question(row["asks"].format(**drawn), row["kind"], right))
    return told


def _sessions(
    facts: Sequence[str],
    filler: Sequence[Any],
    draw: Random,
    authors: Mapping[Role, str | None],
) -> Iterator[tuple[str, list[Message]]]:
    """Two or three facts a session, exchanges that say nothing before, between and behind them."""
    left = list(facts)
    for number in count():
        if not left:
            return
        at = _START + timedelta(days=3 * number)
        here, left = left[:2], left[2:]
        said: list[tuple[Role, str]] = [*_talk(draw, filler)]
        for fact in here:
            said += [("user", fact), ("assistant", draw.choice(_NODS)), *_talk(draw, filler)]
        yield (
            f"t{number:02d}",
            [
                Message(
                    role,
                    text,
                    authors.get(role),
                    f"t{number:02d}-{n:02d}",
                    at + timedelta(minutes=n),
                )
                for n, (role, text) in enumerate(said)
            ],
        )


_NODS: Final = ("Noted.", "All right.", "Okay, thank you.", "Understood.", "I'll keep that.")


def _talk(draw: Random, filler: Sequence[Any]) -> Iterator[tuple[Role, str]]:
    for role, text in draw.choice(filler):
        yield role, text.format(n=draw.randint(2, 90))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
