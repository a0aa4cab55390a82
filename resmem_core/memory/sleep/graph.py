"""The sparse graph over memories: what is linked, how worth flows, how activation spreads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.memory.sleep.cluster import Indices, Matrix
from resmem_core.types import Link, LinkKind, Memory
from resmem_core.types.changed import changed

Worth: TypeAlias = NDArray[np.float64]

FLOW: Final = 0.3
"""Share of an item's value that comes from its neighbours."""

ROUNDS: Final = 3
"""Times that worth flows along the links; what is farther away counts under 3 %."""

TOGETHER, COMPANY = 0.25, 6
"""What one shared success adds to a link's weight, and how many such links a memory keeps."""

NOTHING: Final = 1e-9
"""Weight up to which a link does not count."""

MADE: Final = frozenset[LinkKind]({"cluster", "next", "derived"})
"""Links that consolidation makes anew; the others are only kept up."""


def links(
    memories: Sequence[Memory],
    clusters: Iterable[Indices],
    vectors: Matrix,
    resolve: Callable[[str], str | None],
    near: int,
) -> list[tuple[Link, ...]]:
    """Every memory's links, ordered by (kind, target).

    `cluster`: to the `near` most similar of its cluster, weight = cosine. `next`: to the next of
    its session, weight 1. Others stay, led to the item that their target was merged into.

    Args:
        memories: in order of (seq, id); n of them.
        clusters: their clusters, as indices.
        vectors: shape (n, d), unit rows.
        resolve: id of an item that stands for an id, or None when it is gone.
        near: links to others of a cluster, at most.
    """
    found: list[dict[tuple[LinkKind, str], float]] = [{} for _ in memories]
    for at, memory in enumerate(memories):
        for link in memory.links:
            target = resolve(link.target)
            if link.kind not in MADE and target not in (None, memory.id):
                found[at][link.kind, str(target)] = link.weight
    for members in clusters:
        _link_cluster(memories, members, vectors, near, found)
    last: dict[str, int] = {}
    for at, memory in enumerate(memories):
        if memory.session in last:
            found[last[memory.session]]["next", memory.id] = 1.0
        last[memory.session] = at
    return [
        tuple(Link(target, kind, weight) for (kind, target), weight in sorted(own.items()))
        for own in found
    ]


def _link_cluster(
    memories: Sequence[Memory],
    members: Indices,
    vectors: Matrix,
    near: int,
    found: list[dict[tuple[LinkKind, str], float]],
) -> None:
    cosines = np.round(vectors[members] @ vectors[members].T, 3)
    np.fill_diagonal(cosines, -1.0)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :near]
    for row, nearest in enumerate(order):
        for column in nearest:
            if cosines[row, column] > 0:
                target = memories[int(members[column])].id
                weight = min(float(cosines[row, column]), 1.0)
                found[int(members[row])]["cluster", target] = round(weight, 3)


def value(own: Worth, ids: Sequence[str], out: Sequence[Sequence[Link]]) -> Worth:
    """Worth after it flowed along the links: v = (1 - FLOW)·own + FLOW·mean of the neighbours.

    Links count in both directions, by weight; an item without any keeps its own worth. Bounded by
    the smallest and the largest own worth.

    Args:
        own: shape (n,).
        ids: the items' ids.
        out: the items' links; targets that are not among `ids` are left out.
    """
    place = {ident: at for at, ident in enumerate(ids)}
    edges = [
        (at, place[link.target], link.weight)
        for at, outgoing in enumerate(out)
        for link in outgoing
        if link.target in place and link.weight > NOTHING
    ]
    if not edges:
        return own.copy()
    start, end, weight = (np.array(column) for column in zip(*edges, strict=True))
    start, end = np.concatenate([start, end]), np.concatenate([end, start])
    weight = np.concatenate([weight, weight])
    total = np.bincount(start, weight, len(own))
    flow = np.where(total > 0, FLOW, 0.0)
    result = own.copy()
    for _ in range(ROUNDS):
        mean = np.bincount(start, weight * result[end], len(own)) / np.where(total > 0, total, 1)
        result = (1 - flow) * own + flow * mean
    return result


def helped_together(memory: Memory, others: Sequence[str]) -> Memory:
    """The memory with its "recalled" links to others that helped in the same step.

    Each time adds `TOGETHER` to a link's weight, up to 1; the strongest `COMPANY` links stay.

    >>> one = helped_together(Memory("a", ("n",), "", ()), ["a", "b"])
    >>> helped_together(one, ["b"]).links
    (Link(target='b', kind='recalled', weight=0.5),)
    """
    weights = {link.target: link.weight for link in memory.links if link.kind == "recalled"}
    for other in others:
        if other != memory.id:
            weights[other] = min(1.0, weights.get(other, 0.0) + TOGETHER)
    strongest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:COMPANY]
    rest = tuple(link for link in memory.links if link.kind != "recalled")
    return changed(memory, links=(*rest, *(Link(t, "recalled", w) for t, w in strongest)))


def neighbours(memory: Memory) -> dict[str, float]:
    """Targets of a memory's links with their largest weight.

    >>> links = (Link("b", "next"), Link("b", "cluster", 0.5))
    >>> neighbours(Memory("a", ("n",), "", (), links=links))
    {'b': 1.0}
    """
    found: dict[str, float] = {}
    for link in memory.links:
        found[link.target] = max(link.weight, found.get(link.target, 0.0))
    return found
