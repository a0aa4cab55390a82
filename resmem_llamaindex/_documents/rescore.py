"""What a node's past says about its score. Pure: no clock, no session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from llama_index.core.schema import NodeWithScore

from resmem_core.config.sleep import DAY
from resmem_core.types import check_number, epoch
from resmem_llamaindex._documents.nodes import WHY

VALUE: Final = "resmem_value"
"""Metadata key: what a memory was worth when it was kept."""

UNKNOWN: Final = (0.0, 0)
"""Credit and uses of a node that was never in a context."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How far each sign may move a node, as a share of the spread of the given scores.

    A node of which nothing is known keeps its score, so that without experience the order is the
    retriever's own.

    Args:
        recency: for nodes with a time; halves per `half_life` days.
        value: for nodes that carry a predicted value.
        credit: what the node earned so far; counts up to double under stress. Blame moves a node
            back, never below the lowest given score, and never out of the candidates.
        novelty: what a node loses that was shown before, times curiosity.
        half_life: days, > 0.
    """

    recency: float = 0.1
    value: float = 0.1
    credit: float = 0.3
    novelty: float = 0.2
    half_life: float = 30.0

    def __post_init__(self) -> None:
        for name in ("recency", "value", "credit", "novelty"):
            check_number(name, getattr(self, name), 0.0, 1.0)
        check_number("half_life", self.half_life, 1e-6)


@dataclass(frozen=True, slots=True)
class Mood:
    """The session as it is now: time (epoch seconds), stress and curiosity in [0, 1]."""

    now: float
    stress: float = 0.0
    curiosity: float = 0.0


class Scored(NamedTuple):
    """A node's new score, the part that each sign had in it, and the score without blame.

    `merit` is what the score were if no outcome had ever counted against the node: it decides
    whether the node stays, `score` only where it stands.
    """

    score: float
    node: NodeWithScore
    why: Mapping[str, float]
    merit: float


NOTHING_KNOWN: Final[Mapping[str, float]] = {}


def rescore(
    nodes: Sequence[NodeWithScore],
    mood: Mood,
    credits_: Mapping[str, tuple[float, int]],
    weights: Weights,
    time_key: str | None = None,
) -> list[Scored]:
    """New scores, best first; the given nodes are not changed.

    Args:
        nodes: with their retriever's scores; None counts as 0.
        mood: the session's state.
        credits_: by node id: credit in [-1, 1] and uses.
        weights: how far each sign may move a node.
        time_key: metadata key of the node's time (epoch seconds or ISO 8601).
    """
    scores = [node.score or 0.0 for node in nodes]
    if not credits_ and not any(_tells(node.node.metadata, time_key) for node in nodes):
        order = sorted(range(len(nodes)), key=scores.__getitem__, reverse=True)
        return [Scored(scores[i], nodes[i], NOTHING_KNOWN, scores[i]) for i in order]
    spread, floor = _spread(scores), min(scores, default=0.0)
    out: list[tuple[float, float, Scored]] = []
    for given, scored in zip(scores, nodes, strict=True):
        node = scored.node
        earned, uses = credits_.get(node.node_id, UNKNOWN) if credits_ else UNKNOWN
        metadata = node.metadata
        if uses or _tells(metadata, time_key):
            why = _signs(metadata, earned, uses, mood, weights, time_key)
            moved = given + spread * sum(why.values())
            merit = given + spread * sum(part for sign, part in why.items() if _counts(sign, part))
            item = Scored(max(moved, min(floor, merit)), scored, why, merit)
            out.append((item.score, moved, item))
        else:
            out.append((given, given, Scored(given, scored, NOTHING_KNOWN, given)))
    # on the floor, the most blamed still stands last
    out.sort(key=itemgetter(0, 1), reverse=True)
    return [item for *_, item in out]


def _tells(metadata: Mapping[str, Any], time_key: str | None) -> bool:
    """Whether a node's metadata may say something about its score."""
    return bool(metadata) and (time_key is not None or VALUE in metadata)


def best(scored: Sequence[Scored], top_n: int, cutoff: float | None = None) -> list[Scored]:
    """The `top_n` that stay, best first; no blame decides it.

    The retriever's own best fill half of the places (rounded up), whatever was learned; the merit
    decides about the others.

    Args:
        scored: from `rescore`.
        top_n: places.
        cutoff: lowest merit to stay.
    """
    passing = [item for item in scored if cutoff is None or item.merit >= cutoff]
    if len(passing) <= top_n:
        return passing
    given = sorted(passing, key=lambda i: (-(i.node.score or 0.0), i.node.node_id))
    sure = given[: (top_n + 1) // 2]
    others = sorted(given[len(sure) :], key=lambda item: -item.merit)
    chosen = set(map(id, [*sure, *others[: top_n - len(sure)]]))
    return [item for item in passing if id(item) in chosen]


def _counts(sign: str, part: float) -> bool:
    """Whether a sign counts for a node's merit: all but blame and having been shown."""
    return sign not in ("credit", "novelty") or part > 0.0


def _spread(scores: Sequence[float]) -> float:
    """The scale on which the retriever's scores differ; any retriever has its own."""
    if not scores:
        return 1.0
    low, high = min(scores), max(scores)
    return high - low or abs(high) or 1.0


def _signs(
    metadata: Mapping[str, Any],
    earned: float,
    uses: int,
    mood: Mood,
    weights: Weights,
    time_key: str | None,
) -> dict[str, float]:
    why: dict[str, float] = {}
    if uses:
        why["credit"] = weights.credit * earned * (1.0 + mood.stress)
        why["novelty"] = -weights.novelty * mood.curiosity * uses / (1.0 + uses)
    if WHY in metadata:  # our own nodes: their score holds value and recency already
        return why
    if time_key is not None and (age := _age(metadata.get(time_key), mood.now)) is not None:
        why["recency"] = weights.recency * (2.0 ** (-age / (weights.half_life * DAY)) - 0.5)
    value = metadata.get(VALUE)
    if isinstance(value, int | float):
        why["value"] = weights.value * (min(max(value, 0.0), 1.0) - 0.5)
    return why


def _age(at: Any, now: float) -> float | None:
    """Seconds since then, never negative; None when the value is no time."""
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            return None
    if isinstance(at, datetime):
        at = epoch(at)
    if isinstance(at, bool) or not isinstance(at, int | float):
        return None
    return max(now - at, 0.0)
