"""Credit for items that are not ours: nodes and documents that a framework put in the context."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from resmem_core.memory.sleep.credit import ContextItem, assign
from resmem_core.types import Outcome

MAX_ITEMS = 10_000
"""Items whose credit a namespace remembers; the longest unused one goes first."""


class Used(NamedTuple):
    """A foreign item that was put into the context.

    `id` is what its credit is kept under; `name` is what `Outcome.used` may call it, where that is
    something else.
    """

    id: str
    rank: int
    score: float
    text: str = ""
    name: str = ""


class Standing(NamedTuple):
    """Credit in [-1, 1], and how many outcomes it rests on."""

    credit: float
    uses: int


@dataclass(frozen=True, slots=True)
class ExternalCredit:
    """Credit by item id, least recently used first. Holds ids and numbers, no text."""

    entries: Mapping[str, Standing]

    @classmethod
    def from_doc(cls, doc: Mapping[str, Any] | None) -> ExternalCredit:
        """As stored; empty when nothing was."""
        stored = doc["entries"] if doc else {}
        return cls({key: Standing(float(c), int(n)) for key, (c, n) in stored.items()})

    def to_doc(self) -> dict[str, Any]:
        """As JSON."""
        return {"entries": {key: list(standing) for key, standing in self.entries.items()}}

    def credited(self, items: Sequence[Used], reward: float, outcome: Outcome) -> ExternalCredit:
        """The credit after an outcome spread its reward over the items."""
        context = [ContextItem(item.id, item.rank, item.score, 0) for item in items]
        texts = {item.id: item.text for item in items}
        deltas = assign(context, reward, outcome.answer, texts, _meant(items, outcome.used))
        entries = OrderedDict(self.entries)
        for key, delta in deltas.items():
            credit, uses = entries.pop(key, Standing(0.0, 0))
            entries[key] = Standing(min(1.0, max(-1.0, credit + delta)), uses + 1)
        while len(entries) > MAX_ITEMS:
            entries.popitem(last=False)
        return ExternalCredit(entries)


def _meant(items: Sequence[Used], used: Sequence[str] | None) -> list[str] | None:
    """The ids of the items that are named, by their id or their name."""
    named = None if used is None else frozenset(used)
    return None if named is None else [i.id for i in items if i.id in named or i.name in named]
