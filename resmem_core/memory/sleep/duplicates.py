"""Near-duplicates: which stored items say what another one says, and how they become one.

Items are taken most words first. Each is compared with the *leaders* before it that share its
rarest stems, and follows the first that fits or becomes a leader itself. Leaders keep their core
text, so taking the merged items again finds the same leaders and nothing to merge, and a merge
that stopped half way goes on to the same end.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from typing import Final, TypeVar

from resmem_core.config.sleep import SleepConfig
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.sentences import names, stems, words
from resmem_core.memory.text.signs import signs
from resmem_core.memory.text.tokens import stem
from resmem_core.protocols import Row
from resmem_core.types import Memory, StateVector

T = TypeVar("T")

TIERS: Final = ("buffer", "short", "mid", "long")
"""From new to lasting."""

ALSO: Final = "\n(also: "
"""Comes before what a merged item said in other words."""

CANDIDATES: Final = 24
"""Leaders that an item is compared with per way of finding them: it bounds the work per item."""

LONG: Final = 16
"""Stems from which a text is too long for its repeats to differ in one word."""


def core(text: str) -> str:
    """The item's own text, without what was merged into it.

    >>> core("I moved to Lisbon." + ALSO + "We relocated to Lisbon.)")
    'I moved to Lisbon.'
    """
    return text.partition(ALSO)[0]


@dataclass(frozen=True, slots=True)
class FactForm:
    """What decides whether two items are one fact.

    Attributes:
        stems: of the core text's topical words, and its marks.
        words: all its words, lower case.
        marks: its numbers, times and names: an item may only follow a leader that has them too.
        mood: negation and question, which must be equal.
        wall: what items must share to be merged at all.
    """

    stems: frozenset[str]
    words: frozenset[str]
    marks: frozenset[str]
    mood: tuple[bool, bool]
    wall: tuple[object, ...]

    def fits(self, leader: FactForm) -> bool:
        """Whether nothing in this item speaks against its being the leader's fact."""
        return (
            self.wall == leader.wall
            and self.mood == leader.mood
            and len(self.stems) > 1
            and self.marks <= leader.words
        )


def read(memory: Memory, called: frozenset[str] = frozenset()) -> FactForm:
    """The item as the comparison sees it; `called` are names of who speaks, which say nothing."""
    text = core(memory.text)
    lower = [word.lower() for word in words(text)]
    numbers = frozenset(f"#{n}" for n in vocab.NUMBER.findall(text))
    times = frozenset(lower) & (vocab.TIMES | vocab.NUMBERS)
    marks = (numbers | times | frozenset(names(text))) - called
    negations = sum(word in vocab.NEGATIONS or word.endswith("n't") for word in lower)
    return FactForm(
        stems=marks.union(stems(text)).difference(map(stem, called)),
        words=numbers.union(lower),
        marks=marks,
        mood=(negations % 2 == 1, text.rstrip(" \n\"')!").endswith("?")),
        wall=(memory.author, memory.role, memory.trust, memory.valid_to is None, signs(text)),
    )


@dataclass(slots=True)
class _Leaders:
    """The leaders so far: by their words, by their stems but one, and by each stem."""

    by_plain: dict[tuple[object, ...], int] = field(default_factory=dict)
    by_rest: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_stem: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, at: int, reading: FactForm, plain: tuple[object, ...]) -> None:
        self.by_plain.setdefault(plain, at)
        for key in _rests(reading.stems):
            if len(self.by_rest[key]) < CANDIDATES:
                self.by_rest[key].append(at)
        for part in reading.stems:
            self.by_stem[part].append(at)

    def candidates(self, reading: FactForm) -> list[int]:
        """Leaders that differ by one stem, then those that share the most rare ones."""
        found = dict.fromkeys(
            at for key in _rests(reading.stems) for at in self.by_rest.get(key, ())
        )
        shared: Counter[int] = Counter()
        left = 4 * CANDIDATES
        known = [(len(self.by_stem[s]), s) for s in reading.stems if s in self.by_stem]
        for _, part in sorted(known):
            posting = self.by_stem[part][:left]
            shared.update(posting)
            left -= len(posting)
            if left <= 0:
                break
        best = nsmallest(CANDIDATES, shared.items(), key=lambda item: (-item[1], item[0]))
        return [*found, *(at for at, _ in best if at not in found)]


def _rests(stems: frozenset[str]) -> list[int]:
    """Keys of the stems, and of the stems without each one: equal for one word's difference."""
    if not 1 < len(stems) <= LONG:
        return []
    return [hash(stems), *(hash(stems - {stem}) for stem in sorted(stems))]


def groups(rows: Sequence[Row], config: SleepConfig) -> list[list[int]]:
    """Indices of `rows` in groups of one fact each; the first of a group is its leader.

    Semantic items stay alone. Cost: at most `CANDIDATES` comparisons per item.
    """
    called = frozenset(word.lower() for row in rows for word in words(row.memory.author))
    readings = [read(row.memory, called) for row in rows]
    order = sorted(
        (i for i, row in enumerate(rows) if not row.memory.semantic),
        key=lambda i: (-len(readings[i].stems), rows[i].memory.seq, rows[i].memory.id),
    )
    leaders = _Leaders()
    members: dict[int, list[int]] = {}
    length = {i: len(rows[i].memory.text) for i in order}
    for i in order:
        plain = (_plain(core(rows[i].memory.text)), *readings[i].wall)
        leader = leaders.by_plain.get(plain)
        if leader is None:
            leader = _fitting(rows, readings, i, leaders, length, config)
        if leader is None:
            leaders.add(i, readings[i], plain)
            members[i] = [i]
        else:
            members[leader].append(i)
    return list(members.values())


def _fitting(
    rows: Sequence[Row],
    readings: Sequence[FactForm],
    i: int,
    leaders: _Leaders,
    length: dict[int, int],
    config: SleepConfig,
) -> int | None:
    for leader in leaders.candidates(readings[i]):
        if not _one_fact(rows, readings, i, leader, config):
            continue
        extra = _news(rows[leader].memory.text, rows[i].memory.text)
        if length[leader] + len(extra) <= max(config.merged_length, len(rows[leader].memory.text)):
            length[leader] += len(extra)
            return leader
    return None


def _one_fact(
    rows: Sequence[Row], readings: Sequence[FactForm], i: int, leader: int, config: SleepConfig
) -> bool:
    ours, theirs = readings[i], readings[leader]
    if not ours.fits(theirs):
        return False
    common = len(ours.stems & theirs.stems)
    shared = common / len(ours.stems | theirs.stems)
    if common < 2:
        return False
    if shared >= config.same_words:
        return True
    return shared >= config.same_words / 2 and _cosine(rows[i], rows[leader]) >= config.same_vector


def _cosine(a: Row, b: Row) -> float:
    norm = math.sqrt(float(a.vector @ a.vector) * float(b.vector @ b.vector))
    return float(a.vector @ b.vector) / norm if norm else 0.0


def _plain(text: str) -> str:
    """Letters and digits, case folded: equal for exact repeats."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _news(text: str, other: str) -> str:
    """What `other` would add to `text`: nothing when its words are all there."""
    said = {_plain(part.rstrip(")")) for part in text.split(ALSO)}
    have = set(stems(text))
    parts = [core(other), *(part[:-1] for part in other.split(ALSO)[1:])]
    return "".join(
        f"{ALSO}{part})"
        for part in parts
        if _plain(part) not in said and not set(stems(part)) <= have
    )


def merge(group: Sequence[Row]) -> Row:
    """The group as one item: the leader with everybody's sources, words, credit and links."""
    if len(group) == 1:
        return group[0]
    leader = group[0].memory
    text = leader.text
    for row in group[1:]:
        text += _news(text, row.memory.text)
    memories = [row.memory for row in group]
    memory = replace(
        leader,
        text=text,
        sources=tuple(_unique(source for m in memories for source in m.sources)),
        state=StateVector(
            stress=max(m.state.stress for m in memories),
            value=max(m.state.value for m in memories),
            recency=max(m.state.recency for m in memories),
        ),
        credit=max((m.credit for m in memories), key=lambda c: (abs(c), c)),
        uses=sum(m.uses for m in memories),
        expires=max(m.expires for m in memories),
        used_at=max((t for m in memories if (t := _last(m)) is not None), default=None),
        tier=max((m.tier for m in memories), key=TIERS.index),
        links=tuple(_unique(link for m in memories for link in m.links)),
    )
    return Row(memory, group[0].vector)


def _last(memory: Memory) -> float | None:
    """When the item was last stored or used; said again counts as used."""
    return max((t for t in (memory.stored_at, memory.used_at) if t is not None), default=None)


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
