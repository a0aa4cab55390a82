"""Repeats: which stored items say what another one says, and how they become one.

Two items are one by the gate's own proof (`text.same`). What is told in several wordings of the
same words, in any order, becomes one too: a single pair of such texts may be two facts ("Ben paid
Ada", "Ada paid Ben"), `WORDINGS` of them by a speaker about himself are one that is told often.

Items are taken most words first, and follow the first leader that fits or become one. A leader
keeps its own text, so taking the merged items again finds the same leaders and nothing to merge,
and a merge that stopped half way goes on to the same end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Final, TypeVar

from resmem_core.config.sleep import SleepConfig
from resmem_core.memory.gate.merging import has_room, with_merged
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.same import ALSO, apart, core, repeats, said
from resmem_core.memory.text.sentences import names, stems, words
from resmem_core.memory.text.tokens import stem
from resmem_core.protocols import Row
from resmem_core.types import Memory, StateVector

T = TypeVar("T")

TIERS: Final = ("buffer", "short", "mid", "long")
"""From new to lasting."""

CANDIDATES: Final = 24
"""Leaders that an item is compared with: it bounds the work per item."""

WORDINGS: Final = 4
"""Wordings of the same words from which they are one fact that was told again and again."""

_SPEAKERS: Final = {
    "i": "i", "my": "i", "we": "we", "our": "we", "me": "me", "us": "us", "user": "user",
}  # fmt: skip
"""Who acts or owns, and to whom something is done."""

_TENSE: Final = vocab.words_of("was were had their they them")


@dataclass(frozen=True, slots=True)
class Subject:
    """What decides whether several items are wordings of one fact.

    Attributes:
        stems: of the topical words, and the marks; a wording has none that its leader lacks.
        wall: whose it is, who acts, denial, doubt, amounts, signs: equal in all wordings.
    """

    stems: frozenset[str]
    wall: tuple[object, ...]

    def within(self, leader: Subject) -> bool:
        """Whether this may be a shorter wording of the leader."""
        return self.wall == leader.wall and len(self.stems) > 1 and self.stems <= leader.stems


def topic(memory: Memory, called: frozenset[str]) -> Subject:
    """The item's topic; `called` are names of who speaks, which say nothing."""
    text = core(memory.text)
    lower = [word.lower().removesuffix("'s") for word in words(text)]
    known = frozenset(lower)
    marks = known & (vocab.TIMES | vocab.NUMBERS) | frozenset(names(text))
    speaks = sorted({_SPEAKERS[word] for word in lower if word in _SPEAKERS})
    return Subject(
        stems=frozenset(stems(text)).union(marks).difference(called, map(stem, called)),
        wall=(
            *_standing(memory),
            tuple(speaks) or memory.id,
            sum(word in vocab.NEGATIONS or word.endswith("n't") for word in lower) % 2,
            (known & vocab.DECISIVE) - _TENSE,
            _signs(text),
        ),
    )


def _standing(memory: Memory) -> tuple[object, ...]:
    return memory.author, memory.role, memory.trust, memory.valid_to is None


def _signs(text: str) -> tuple[str, ...]:
    """Everything of a text that is no plain word: numbers, symbols, marks, a question."""
    return tuple(t.text for t in said(text).tokens if t.kind != "word" or not t.text.isascii())


def groups(rows: Sequence[Row], config: SleepConfig) -> list[list[int]]:
    """Indices of `rows` in groups of one fact each; the first of a group is its leader.

    Semantic items stay alone. Cost: at most `CANDIDATES` comparisons per item.
    """
    told = [i for i, row in enumerate(rows) if not row.memory.semantic]
    alone = [[i] for i, row in enumerate(rows) if row.memory.semantic]
    exact = _repeated(rows, told)
    return alone + _reworded(rows, exact, config)


def _repeated(rows: Sequence[Row], told: Sequence[int]) -> list[list[int]]:
    """Groups that are one by proof, the earliest of each first."""
    found: list[list[int]] = []
    known = defaultdict[tuple[object, ...], list[list[int]]](list)
    for i in sorted(told, key=lambda i: (rows[i].memory.seq, rows[i].memory.id)):
        memory = rows[i].memory
        alike = known[(*_standing(memory), said(core(memory.text)).key)]
        for group in alike[:CANDIDATES]:
            if repeats(memory, rows[group[0]].memory) and _has_room(rows, group, i):
                group.append(i)
                break
        else:
            alike.append([i])
            found.append(alike[-1])
    return found


def _has_room(rows: Sequence[Row], group: Sequence[int], i: int) -> bool:
    """Whether the leader can hold the words of the whole group, and these."""
    texts = (text for member in (*group[1:], i) for text in _wordings(rows[member].memory))
    return has_room(rows[group[0]].memory, map(core, texts))


def _reworded(
    rows: Sequence[Row], groups: Sequence[list[int]], config: SleepConfig
) -> list[list[int]]:
    """The groups, those joined that are wordings of one fact."""
    called = frozenset(word.lower() for row in rows for word in words(row.memory.author))
    topics = [topic(rows[group[0]].memory, called) for group in groups]
    order = sorted(
        range(len(groups)), key=lambda g: (-len(topics[g].stems), *_age(rows[groups[g][0]]))
    )
    by_stem = defaultdict[str, list[int]](list)
    followers: dict[int, list[int]] = {}
    length: dict[int, int] = {}
    for g in order:
        leader = next(
            (
                a
                for a in _candidates(topics[g], by_stem)
                if topics[g].within(topics[a]) and _fits(rows, groups, a, g, length, config)
            ),
            None,
        )
        if leader is not None:
            followers[leader].append(g)
            continue
        followers[g] = []
        length[g] = len(rows[groups[g][0]].memory.text)
        for part in topics[g].stems:
            by_stem[part].append(g)
    return [
        joined
        for leader in followers
        for joined in _enough(rows, groups, leader, followers[leader])
    ]


def _age(row: Row) -> tuple[int, str]:
    return row.memory.seq, row.memory.id


def _candidates(reading: Subject, by_stem: Mapping[str, Sequence[int]]) -> list[int]:
    """Leaders that share the most of its rare stems."""
    shared: Counter[int] = Counter()
    left = 4 * CANDIDATES
    for _, part in sorted((len(by_stem[s]), s) for s in reading.stems if s in by_stem):
        posting = by_stem[part][:left]
        shared.update(posting)
        left -= len(posting)
        if left <= 0:
            break
    best = nsmallest(CANDIDATES, shared.items(), key=lambda item: (-item[1], item[0]))
    return [at for at, _ in best]


def _fits(
    rows: Sequence[Row],
    groups: Sequence[list[int]],
    leader: int,
    group: int,
    length: dict[int, int],
    config: SleepConfig,
) -> bool:
    """Whether the two may be one, and the leader's text has room for the group's other words."""
    if apart(rows[groups[leader][0]].memory, rows[groups[group][0]].memory):
        return False
    text = rows[groups[leader][0]].memory.text
    extra = len(_news(text, rows[groups[group][0]].memory.text))
    if length[leader] + extra > max(config.merged_length, len(text)):
        return False
    length[leader] += extra
    return True


def _enough(
    rows: Sequence[Row], groups: Sequence[list[int]], leader: int, followers: Sequence[int]
) -> list[list[int]]:
    """The leader with its followers as one group, or each by itself where they are too few."""
    told = [groups[leader], *(groups[g] for g in followers)]
    wordings = {core(text) for group in told for i in group for text in _wordings(rows[i].memory)}
    if len(wordings) < WORDINGS:
        return told
    return [[i for group in told for i in group]]


def _wordings(memory: Memory) -> list[str]:
    """The item's text and the own texts of what was merged into it."""
    return [memory.text, *(one.text for one in memory.merged if one.text)]


def _plain(text: str) -> str:
    """Letters and digits, case folded."""
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
        with_merged(leader, memories[1:]),
        text=text,
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
