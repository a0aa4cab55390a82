"""What a recall, a list and a question about people bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from resmem_core.types.checks import copied
from resmem_core.types.memories import Memory


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a list, in its order.

    Attributes:
        cursor: what to ask the next page with; None where this is the last.
    """

    items: tuple[Memory, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One recalled memory, its score, and the share that each signal had in it.

    `score` orders the hits of one question. `relevance`, in [0, 1], compares across questions,
    namespaces and embedders: how likely it is that what is asked is stored, and here. `asked` is
    the question that the memory answers, where it does not say so itself. `standing` marks an
    instruction that holds whatever is asked ("always answer in French"). `part` is where the part
    of a long text that answers stands, in characters: a paragraph, a list item, a block of code.
    """

    memory: Memory
    score: float
    why: Mapping[str, float] = field(default_factory=dict)
    relevance: float = 0.0
    asked: Memory | None = None
    standing: bool = False
    part: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", copied(self.why))

    @property
    def id(self) -> str:
        """The memory's id."""
        return self.memory.id

    @property
    def text(self) -> str:
        """The memory's (redacted) text."""
        return self.memory.text

    @property
    def passage(self) -> str:
        """The part of the text that answers; all of it where it is not long."""
        return self.text if self.part is None else self.text[slice(*self.part)]

    @property
    def conflict(self) -> tuple[str, ...]:
        """Ids of memories that it may contradict, until `ResilientMemory.settle`; else empty."""
        return tuple(link.target for link in self.memory.links if link.kind == "conflict")

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the messages that the memory was made from."""
        return self.memory.sources

    @property
    def shown(self) -> tuple[Memory, ...]:
        """The memories whose words stand in a prompt for it: itself, and its question."""
        return (self.memory,) if self.asked is None else (self.memory, self.asked)


class Hits(list[Hit]):
    """The hits of one recall, best first; `reason` says why there are none, "" where there are.

    The reason may repeat words of the question: show it to its asker, do not log it.
    """

    def __init__(self, hits: Iterable[Hit] = (), reason: str = "") -> None:
        super().__init__(hits)
        self.reason = reason

    @property
    def answers(self) -> list[Hit]:
        """The hits that answer the question, without wishes that stand whatever is asked."""
        return [hit for hit in self if not (hit.standing and hit.score == 0.0)]


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a person said of themselves that has one value at a time, or a wish that stands.

    Attributes:
        name: what it is, such as "home", "name", "diet", "dentist"; of a wish its topic, such as
            "language", or "wish".
        value: as it was said; of a wish its whole text.
        memory: the memory that says so: `memory.id` edits or forgets it.
        wish: it is a standing wish.
    """

    name: str
    value: str
    memory: Memory
    wish: bool = False


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Two current memories of which the newer may contradict the older."""

    older: Memory
    newer: Memory
