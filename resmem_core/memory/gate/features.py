"""What the gate looks at: explainable features of a message, and the stream's running counts."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.gate.turns import Antecedent, restates, turn_of
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.analysis import IMAGE
from resmem_core.memory.text.decisions import decides, outcomes, refuses
from resmem_core.memory.text.sentences import names, said, stems, stems_of, told_apart
from resmem_core.memory.text.tokens import stem as stem_of
from resmem_core.types import NEUROCHEMICALS, Memory

Counts: TypeAlias = NDArray[np.uint16]
Features: TypeAlias = tuple[float, ...]

FEATURES: Final = (
    "own_news", "other_news", "specifics", "time", "dated", "event", "first_person",
    "second_person", "question", "courtesy", "affect", "alarm", "novelty", "answers", "late",
    "image", "user", "decides", "outcome", "restates", "untrusted", "echoed", "reacted", "thanked",
    "asked_about",
)  # fmt: skip
"""Names of the features, in the order of every feature vector; each is in [0, 1]."""

AT: Final = {name: at for at, name in enumerate(FEATURES)}
"""Where each feature is in a feature vector."""

HINDSIGHT: Final = ("echoed", "reacted", "thanked", "asked_about")
"""Features that only later turns can fill; 0 on arrival."""

ROWS, WIDTH = 2, 1 << 14
AGEING: Final = 20_000
"""Turns after which all counts are halved, so that they follow the stream and never overflow."""
STATEMENT: Final = 250
"""Characters that a message may say its news in; what is longer counts by the news in so many."""
TOLD: Final = 600
"""Characters in which an assistant tells what came of something."""
NEAR: Final = 8
"""Turns that show who talks here."""
RECENT: Final = 128
"""Turns that the context remembers; at least the buffer and the reply window."""

_QUOTED: Final = re.compile(r"[\"“][^\"“”]{2,60}[\"”]")
_DATED: Final = re.compile(
    r"\b(?:yesterday|tonight|tomorrow|last night|(?:last|next|this) (?:week(?:end)?|month|year|"
    r"spring|summer|autumn|fall|winter|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)"
    r"(?:day)?)|(?:days?|weeks?|weekends?|months?|years?) ago)\b"
)
_ALARM: Final = tuple(
    NEUROCHEMICALS.index(name) for name in ("cortisol", "epinephrine", "norepinephrine")
)


@lru_cache(maxsize=32_768)
def _slots(stem: str) -> tuple[int, ...]:
    """Where the sketch counts a stem: one slot per row."""
    data = stem.encode()
    return tuple(row * WIDTH + zlib.crc32(data, row) % WIDTH for row in range(ROWS))


@dataclass(frozen=True, slots=True, eq=False)
class StreamContext:
    """Running statistics of a namespace's stream: bounded, whatever the stream's length.

    Attributes:
        counts: a count-min sketch of stems, shape (ROWS * WIDTH,), read-only. An estimate is
            never below the true count (since the last ageing), and above it only where stems
            collide.
        aged: messages seen since the counts were last halved.
        recent: the last turns, the newest last.
    """

    counts: Counts
    aged: int = 0
    recent: tuple[Antecedent, ...] = ()

    @classmethod
    def of(cls, memories: Iterable[Memory]) -> Self:
        """The context after these memories, taken in order of `seq`."""
        context = cls(_frozen(np.zeros(ROWS * WIDTH, dtype=np.uint16)))
        for memory in sorted(memories, key=lambda m: (m.seq, m.id)):
            context = context.seen(memory)
        return context

    def count(self, stem: str) -> int:
        """In how many turns the stem was seen; an upper bound."""
        return int(min(self.counts[slot] for slot in _slots(stem)))

    def rarity(self, stems: Collection[str]) -> float:
        """What saying these stems again is worth: 1 for a new one, 1/2 for one seen once, ..."""
        if not stems:
            return 0.0
        slots = [*chain.from_iterable(map(_slots, stems))]
        seen: list[int] = self.counts[slots].reshape(-1, ROWS).min(axis=1).tolist()
        return sum(1.0 / (1 + count) for count in seen)

    def last(self, session: str) -> Antecedent | None:
        """The newest turn of a session that is still remembered."""
        return next((turn for turn in reversed(self.recent) if turn.session == session), None)

    def place(self, session: str) -> int:
        """The position that the session's next message has."""
        last = self.last(session)
        return last.place + 1 if last else 0

    def seen(self, memory: Memory) -> Self:
        """The context after one more message; O(text)."""
        turn = turn_of(memory, self.place(memory.session))
        counts = self.counts >> np.uint16(1) if self.aged >= AGEING else self.counts.copy()
        counts[[*chain.from_iterable(map(_slots, turn.stems))]] += 1
        aged = 1 if self.aged >= AGEING else self.aged + 1
        return type(self)(_frozen(counts), aged, (*self.recent, turn)[-RECENT:])


def _frozen(counts: Counts) -> Counts:
    counts.flags.writeable = False
    return counts


def squash(value: float, scale: float) -> float:
    """`value` >= 0 pressed into [0, 1): 0 stays 0, `scale` becomes 1 - 1/e.

    >>> squash(0.0, 3.0), round(squash(3.0, 3.0), 3)
    (0.0, 0.632)
    """
    return 1.0 - math.exp(-max(value, 0.0) / scale)


def measure(
    memory: Memory, near: Sequence[tuple[str, float, float]], stream: StreamContext
) -> Features:
    """The features of a message as it arrives; those of hindsight are still 0.

    Args:
        memory: the message, redacted.
        near: (id, cosine, lexical overlap) of its nearest stored memories.
        stream: the namespace's statistics before this message.

    Returns:
        One number in [0, 1] per name in `FEATURES`.
    """
    text = said(memory.text)
    person = memory.role == "user"
    values = _content(text, memory.author, stream, person) | _setting(memory, near, stream)
    if person:
        values["decides"] *= float(not _among_people(memory, stream))
    else:
        values |= _by_machine(memory, text, stream)
    return tuple(min(max(values.get(name, 0.0), 0.0), 1.0) for name in FEATURES)


def _content(text: str, author: str, stream: StreamContext, person: bool) -> dict[str, float]:
    """What the words say; counts are per statement, so that bulk is no merit.

    What a machine tells of its listener ("you need a van of 34 cubic metres") is its own result.
    """
    bulk = max(1.0, len(text) / STATEMENT)
    parts = told_apart(text)
    told = [part for part in parts if not part.asks]
    own = [part for part in told if not (person and part.second)]
    every = [*chain.from_iterable(part.words for part in parts)]
    told_words = [*chain.from_iterable(part.words for part in told)]
    called = _called(author, stream)
    own_stems = stems_of(own) - called
    rest = stems_of(parts) - called - own_stems
    return {
        "own_news": squash(stream.rarity(own_stems) / bulk, 3.0),
        "other_news": squash(stream.rarity(rest) / bulk, 3.0),
        "specifics": squash(_specifics(text, told_words, called, stream) / bulk, 2.0),
        "time": squash(sum(map(vocab.TIMES.__contains__, told_words)) / bulk, 1.0),
        "dated": float(any(_DATED.search(" ".join(part.words)) for part in told)),
        "event": squash(sum(part.first and part.past for part in told) / bulk, 1.0),
        "first_person": squash(sum(map(vocab.FIRST_PERSON.__contains__, every)) / bulk, 2.0),
        "second_person": 8.0 * sum(map(vocab.SECOND_PERSON.__contains__, every)) / (1 + len(every)),
        "question": float(len(told) < len(parts)),
        "courtesy": float(_is_courtesy(every)),
        "decides": float(decides(told)),
    }


def _by_machine(memory: Memory, text: str, stream: StreamContext) -> dict[str, float]:
    """What came of what a machine did, and whether it says again what it said lately.

    An assistant's long answer is advice, whatever amounts it names; and what came of a task is
    known at its end, so that it is never late.
    """
    spoken = memory.role == "assistant"
    told = len(text) <= TOLD or not spoken
    came = outcomes(text) if told and not refuses(text) else 0
    found = {
        "decides": 0.0,
        "outcome": squash(came / max(1.0, len(text) / STATEMENT), 1.0),
        "restates": float(spoken and not came and restates(memory, stream.recent)),
    }
    return found | {"late": 0.0} if came else found


def _among_people(memory: Memory, stream: StreamContext) -> bool:
    """Whether another person spoke lately: to a machine a wish is an order, to a friend talk."""
    return any(turn.person and turn.author != memory.author for turn in stream.recent[-NEAR:])


def _setting(
    memory: Memory, near: Sequence[tuple[str, float, float]], stream: StreamContext
) -> dict[str, float]:
    """Where the message stands: in its session, beside what is stored, from whom."""
    last = stream.last(memory.session)
    return {
        "affect": max(memory.scores, default=0.0),
        "alarm": _alarm(memory),
        "novelty": 1.0 - max((cosine for _, cosine, _ in near), default=0.0),
        "answers": float(
            memory.role == "user"  # a machine answers whatever it is asked
            and last is not None
            and last.asked is not None
            and last.author != memory.author
        ),
        "late": squash(stream.place(memory.session), 10.0),
        "image": float(bool(memory.metadata.get("caption")) or bool(IMAGE.search(memory.text))),
        "user": float(memory.role == "user"),
        "untrusted": float(memory.trust != "trusted"),
    }


def _alarm(memory: Memory) -> float:
    """How much the text sounds like trouble."""
    scores = memory.scores
    felt = max((scores[at] for at in _ALARM), default=0.0) if scores else 0.0
    return max(felt, memory.state.stress)


def _called(author: str, stream: StreamContext) -> frozenset[str]:
    """Stems of the speakers' names: calling somebody by name is no news."""
    return frozenset().union(
        *map(_name_stems, {author, *(t.author for t in stream.recent[-NEAR:])})
    )


@lru_cache(maxsize=4096)
def _name_stems(name: str) -> frozenset[str]:
    return frozenset(stems(name))


def _specifics(
    text: str, told: Sequence[str], called: frozenset[str], stream: StreamContext
) -> float:
    """Names (rarer ones count more), numbers and quoted titles."""
    found = {stem_of(name) for name in names(text)} - called
    numbers = len(vocab.NUMBER.findall(text)) + sum(map(vocab.NUMBERS.__contains__, told))
    return stream.rarity(found) + numbers + len(_QUOTED.findall(text))


def _is_courtesy(lower: Sequence[str]) -> bool:
    """Opens with thanks, or closes with a farewell."""
    closing = " ".join(lower[-8:])
    return not vocab.THANKS.isdisjoint(lower[:6]) or any(
        farewell in closing for farewell in vocab.FAREWELLS
    )
