"""Whether relevance tells a question that a memory answers from one that none does.

Beside the questions with evidence are asked: those of the data that its own conversation does not
answer (category 5), and ours of `data/foreign.jsonl`: knowledge of the world, tasks, personal
questions about what nobody said, small talk. A fifth of ours is asked of each conversation in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory.foreign import foreign
from benchmarks.memory.score import Prepared
from resmem_core.config.recall import RecallWeights
from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import rank
from resmem_core.memory.recall.relevance import DEFAULT
from resmem_core.prompt import worth_telling
from resmem_core.types import Hits

K: Final = 10
LEVELS: Final = (0.0, 0.05, 0.1, DEFAULT, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Values of `min_relevance` that the curve is drawn over."""
SHOWN: Final = 5
"""Memories that a session recalls for a prompt in calm."""
BINS: Final = 8
_TURNS: Final = 5

Array = NDArray[np.float64]
Found: TypeAlias = tuple[float, frozenset[str], frozenset[str]]
"""Relevance of a hit, its message ids, and those of it and of what is beside it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it was answered.

    Attributes:
        kind: "answerable", "unanswerable" (of the data) or one of ours.
        evidence: ids of the messages that answer it.
        hits: per recalled memory its relevance, its message ids, and those beside it.
        told: those that an adapter puts before a model.
    """

    kind: str
    evidence: frozenset[str]
    hits: tuple[Found, ...]
    told: tuple[Found, ...]

    @property
    def top(self) -> float:
        """Relevance of the most relevant hit; 0 without one."""
        return max((hit[0] for hit in self.hits), default=0.0)

    def shown(self, least: float) -> list[Found]:
        """The hits that a recall with this `min_relevance` brings."""
        return [hit for hit in self.hits if hit[0] >= least]


def measure(
    prepared: Sequence[Prepared], indexes: Sequence[NamespaceIndex], weights: RecallWeights
) -> dict[str, Any]:
    """The figures, from one recall of every question.

    Returns:
        "default"; "auc" of answerable questions against each kind and "all"; "told", of what an
        adapter puts before a model: recall, the share of lines that are right or beside, lines a
        question, and those of questions without an answer; "curve": per level recall@10, the share
        of answerable questions with any line, of those with a right line or one beside it, the
        share of lines that are right or beside, and per kind the share of turns that get any line;
        "reliability": per bin of top relevance its mean, the share of questions that have a right
        line or one beside it, and their number.
    """
    rows = [
        row
        for turn, (part, index) in enumerate(zip(prepared, indexes, strict=True))
        for row in _asked(part, index, weights, turn)
    ]
    kinds = sorted({row.kind for row in rows} - {"answerable"})
    tops = {kind: np.array([r.top for r in rows if r.kind == kind]) for kind in kinds}
    yes = np.array([row.top for row in rows if row.kind == "answerable"])
    return {
        "default": DEFAULT,
        "auc": {
            **{kind: round(auc(yes, tops[kind]), 4) for kind in kinds},
            "all": round(auc(yes, np.concatenate(list(tops.values()))), 4),
        },
        "told": _told(rows),
        "curve": {f"{level:g}": _at(rows, kinds, level) for level in LEVELS},
        "reliability": _reliability(rows),
    }


def _asked(
    part: Prepared, index: NamespaceIndex, weights: RecallWeights, turn: int
) -> Iterator[Asked]:
    for question in part.conversation.questions:
        vector = part.questions[question.text] if part.scan else None
        yield Asked(
            "answerable", question.evidence, *_hits(part, index, weights, question.text, vector)
        )
    others = [("unanswerable", text) for text in part.conversation.unanswerable]
    ours = [one for n, one in enumerate(foreign()) if n % _TURNS == turn % _TURNS]
    for kind, text in (*others, *ours):
        vector = part.questions[text] if part.scan else None
        yield Asked(kind, frozenset(), *_hits(part, index, weights, text, vector))


def _hits(
    part: Prepared, index: NamespaceIndex, weights: RecallWeights, text: str, vector: Any
) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    hits = rank.rank(
        index, text, vector, now=part.conversation.end, k=K, weights=weights, min_relevance=1e-9
    )
    first = Hits(hit for hit in hits[:SHOWN] if hit.relevance >= DEFAULT)
    found = {
        hit.id: (hit.relevance, frozenset(hit.sources), _beside(index, hit.id)) for hit in hits
    }
    return tuple(found.values()), tuple(found[hit.id] for hit in worth_telling(first))


def _beside(index: NamespaceIndex, ident: str) -> frozenset[str]:
    """The messages of a memory, and of those before and after it."""
    slot = index.slot(ident)
    assert slot is not None
    rows = [slot, *(int(index.columns[name][slot]) for name in ("previous", "next"))]
    return frozenset().union(*(index.at(row).sources for row in rows if row >= 0))


def auc(yes: Array, no: Array) -> float:
    """How often an answerable question has the higher relevance; ties count half.

    >>> auc(np.array([0.9, 0.5]), np.array([0.5, 0.1]))
    0.875
    """
    if not len(yes) or not len(no):
        return float("nan")
    order = np.sort(no)
    below = np.searchsorted(order, yes, "left") + np.searchsorted(order, yes, "right")
    return float(below.mean() / 2 / len(no))


def _at(rows: Sequence[Asked], kinds: Sequence[str], level: float) -> dict[str, Any]:
    answerable = [(row, row.shown(level)) for row in rows if row.kind == "answerable"]
    found = [_found(row, hits) for row, hits in answerable]
    lines = [bool(hit[2] & row.evidence) for row, hits in answerable for hit in hits]
    right = [any(hit[2] & row.evidence for hit in hits) for row, hits in answerable if hits]
    return {
        "recall10": _mean(found),
        "answerable": _mean([bool(hits) for _, hits in answerable]),
        "right": _mean(right),
        "lines": _mean(lines),
        "any": {
            kind: _mean([bool(r.shown(level)) for r in rows if r.kind == kind]) for kind in kinds
        },
    }


def _told(rows: Sequence[Asked]) -> dict[str, float]:
    known = [row for row in rows if row.kind == "answerable"]
    return {
        "recall": _mean([_found(row, row.told) for row in known]),
        "right": _mean([bool(hit[2] & row.evidence) for row in known for hit in row.told]),
        "lines": _mean([len(row.told) for row in known]),
        "others": _mean([len(row.told) for row in rows if row.kind != "answerable"]),
    }


def _found(row: Asked, hits: Sequence[Found]) -> float:
    found: frozenset[str] = frozenset().union(*(hit[1] for hit in hits))
    return len(row.evidence & found) / len(row.evidence)


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0


def _reliability(rows: Sequence[Asked]) -> list[dict[str, float]]:
    """Top relevance in equal bins against how often something right, or beside it, came."""
    table = []
    for number in range(BINS):
        inside = [row for row in rows if min(int(row.top * BINS), BINS - 1) == number]
        if inside:
            right = [any(hit[2] & row.evidence for hit in row.hits) for row in inside]
            table.append(
                {
                    "relevance": _mean([row.top for row in inside]),
                    "right": _mean(right),
                    "questions": len(inside),
                }
            )
    return table
