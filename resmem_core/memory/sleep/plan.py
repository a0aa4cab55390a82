"""Consolidation: a pure plan of what to merge, promote, sum up, link and forget.

The plan leads to a state that depends on the stored items and `now` alone, not on how far an
earlier cycle came: every change of one item and of what is merged into it is one atom, texts that
decide about later cycles never change, and what is derived is worked out from what stays. So
planning right after applying gives nothing to do, and a cycle that stopped anywhere goes on to
the same end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np

from resmem_core.config.sleep import SleepConfig
from resmem_core.memory.sleep import graph
from resmem_core.memory.sleep.atoms import Atom, SleepPlan
from resmem_core.memory.sleep.cluster import Indices, Matrix, clusters, unit
from resmem_core.memory.sleep.duplicates import TIERS, groups, merge
from resmem_core.memory.sleep.extract import Summarize, refreshed, same_members, semantic
from resmem_core.memory.sleep.passed import ages
from resmem_core.memory.sleep.retention import (
    aged,
    counts,
    dated,
    lasts_until,
    quadrant,
    tier_of,
    why_forget,
    worth,
)
from resmem_core.protocols import Row
from resmem_core.types import Namespace, SleepReport

ROUNDS: Final = 8
"""Times that repeats are sought again after a merge, until there are none."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """Items that stay, each with the ids it took in, and why the others go.

    Ids of one group in `dropped` go together: a repeat left alone would stand for itself.
    """

    rows: list[Row]
    absorbed: list[tuple[str, ...]]
    dropped: list[tuple[str, ...]]
    reasons: list[str]  # one per id of `dropped`


def plan(
    rows: Sequence[Row],
    *,
    now: float,
    config: SleepConfig,
    namespace: Namespace,
    summarize: Summarize | None = None,
    resumed: bool = False,
    nights: Sequence[float] = (),
    waited: float = math.inf,
) -> SleepPlan:
    """What one cycle should do with a namespace's rows.

    Args:
        rows: all rows of the namespace, in any order.
        now: epoch seconds.
        config: thresholds and sizes.
        namespace: the rows' namespace.
        summarize: makes a semantic item's text from its members'; sentences are taken when None.
        resumed: goes into the report.
        nights, waited: what bears witness that time has passed, see `passed.ages`.
    """
    rows = sorted(rows, key=lambda row: (row.memory.seq, row.memory.id))
    told = [row for row in rows if not row.memory.semantic]
    sure_age = ages([row.memory for row in told], now, nights, waited)
    sure = bool(nights) and max(nights) <= now
    told = [Row(dated(row.memory, now, config, sure=sure), row.vector) for row in told]
    kept = _consolidated(told, sure_age, now, config)
    age = ages([row.memory for row in kept.rows], now)
    vectors = _matrix(kept.rows)
    found = _clusters(kept.rows, vectors, config)
    linked = _linked(kept, found, vectors, age, config)
    old = {row.memory.id: row for row in rows}
    made = _semantic(linked, found, old, age, config, summarize)
    atoms = _atoms(old, kept, linked, made)
    return SleepPlan(
        namespace, atoms, _report(namespace, old, kept, [*linked, *made], atoms, resumed)
    )


# -- what stays


def _consolidated(
    rows: list[Row], sure_age: Mapping[str, float], now: float, config: SleepConfig
) -> _Kept:
    """Forget, merge repeats until there are none, forget what is over capacity."""
    reasons = [why_forget(row.memory, sure_age[row.memory.id], config) for row in rows]
    dropped: list[tuple[str, ...]] = [
        (row.memory.id,) for row, why in zip(rows, reasons, strict=True) if why
    ]
    rows = [row for row, why in zip(rows, reasons, strict=True) if not why]
    reasons = [why for why in reasons if why]
    absorbed: dict[str, tuple[str, ...]] = {}
    pinned = [row for row in rows if row.memory.pinned]
    rows = [row for row in rows if not row.memory.pinned]
    for _ in range(ROUNDS):
        found = groups(rows, config)
        if len(found) == len(rows):
            break
        rows = [_merged(rows, group, absorbed) for group in found]
        rows.sort(key=lambda row: (row.memory.seq, row.memory.id))
    rows = sorted([*rows, *pinned], key=lambda row: (row.memory.seq, row.memory.id))
    rows, over = _over_capacity(rows, ages([row.memory for row in rows], now), config)
    for row in over:
        dropped.append((row.memory.id, *absorbed.pop(row.memory.id, ())))
        reasons += ["over capacity"] * len(dropped[-1])
    return _Kept(rows, [absorbed.get(row.memory.id, ()) for row in rows], dropped, reasons)


def _over_capacity(
    rows: list[Row], age: Mapping[str, float], config: SleepConfig
) -> tuple[list[Row], list[Row]]:
    """The rows that fit, in their order, and those of least worth that do not."""
    if len(rows) <= config.capacity:
        return rows, []

    def place(row: Row) -> tuple[bool, float, float, str]:
        memory, seconds = row.memory, age[row.memory.id]
        return not memory.pinned, -worth(memory, seconds, config), seconds, memory.id

    ranked = sorted(rows, key=place)
    over = [row for row in ranked[config.capacity :] if not row.memory.pinned]
    gone = {row.memory.id for row in over}
    return [row for row in rows if row.memory.id not in gone], over


def _merged(rows: Sequence[Row], group: list[int], absorbed: dict[str, tuple[str, ...]]) -> Row:
    leader = rows[group[0]]
    for i in group[1:]:
        ident = rows[i].memory.id
        absorbed[leader.memory.id] = (
            *absorbed.get(leader.memory.id, ()), ident, *absorbed.pop(ident, ()),
        )  # fmt: skip
    return merge([rows[i] for i in group])


# -- clusters, links, worth


def _matrix(rows: Sequence[Row]) -> Matrix:
    if not rows:
        return np.zeros((0, 1), np.float32)
    return unit(np.stack([row.vector for row in rows]))


def _clusters(rows: Sequence[Row], vectors: Matrix, config: SleepConfig) -> list[Indices]:
    """Clusters of current, not quarantined items; one level of trust each."""
    found: list[Indices] = []
    for trust in ("trusted", "untrusted"):
        usable = np.array(
            [
                at
                for at, row in enumerate(rows)
                if row.memory.trust == trust and row.memory.valid_to is None
            ],
            np.intp,
        )
        found += [usable[members] for members in clusters(vectors[usable], config)]
    return found


def _linked(
    kept: _Kept,
    found: list[Indices],
    vectors: Matrix,
    age: Mapping[str, float],
    config: SleepConfig,
) -> list[Row]:
    """The items that stay, with links, tier, quadrant, recency and lifetime as they should be."""
    memories = [row.memory for row in kept.rows]
    ids = [memory.id for memory in memories]
    stands = {source: memory.id for memory in memories for source in memory.sources}
    for ident, absorbed in zip(ids, kept.absorbed, strict=True):
        stands.update((gone, ident) for gone in absorbed)
    stands.update((ident, ident) for ident in ids)
    links = graph.links(memories, found, vectors, stands.get, config.near)
    own = np.array([worth(memory, age[memory.id], config) for memory in memories])
    value = graph.value(own, ids, links)
    return [
        Row(
            replace(
                memory,
                links=links[at],
                tier=tier_of(memory, float(value[at]), age[memory.id], config),
                quadrant=quadrant(float(value[at]), memory.state.stress, config),
                expires=lasts_until(memory, config),
                state=aged(memory, age[memory.id], config),
            ),
            kept.rows[at].vector,
        )
        for at, memory in enumerate(memories)
    ]


# -- semantic items


def _semantic(
    rows: Sequence[Row],
    found: list[Indices],
    old: dict[str, Row],
    age: Mapping[str, float],
    config: SleepConfig,
    summarize: Summarize | None,
) -> list[Row]:
    """One item per cluster that is large and worthy enough; an unchanged one is not made anew."""
    made = []
    for members in found:
        cluster = [rows[int(at)] for at in members]
        mean = sum(worth(row.memory, age[row.memory.id], config) for row in cluster) / len(cluster)
        if len(cluster) < config.cluster_size or mean < config.cluster_worth:
            continue
        draft = semantic(cluster, config, None)
        before = old.get(draft.memory.id)
        if before is not None and same_members(before.memory, draft.memory):
            row = refreshed(before, draft)
        else:
            row = semantic(cluster, config, summarize) if summarize else draft
        memory = row.memory
        youngest = min(age[row.memory.id] for row in cluster)
        state = aged(memory, youngest, config)
        label = quadrant(worth(memory, youngest, config), memory.state.stress, config)
        made.append(Row(replace(memory, state=state, quadrant=label), row.vector))
    return made


# -- from states to changes


def _atoms(
    old: dict[str, Row], kept: _Kept, linked: Sequence[Row], made: Sequence[Row]
) -> tuple[Atom, ...]:
    """First what goes, then each changed item with what it took in, then what is derived."""

    def atom(put: tuple[Row, ...], gone: tuple[str, ...], why: str = "") -> Atom:
        touched = (*(row.memory.id for row in put), *gone)
        return Atom(put, gone, tuple(old[ident].memory for ident in touched if ident in old), why)

    why = dict(zip(chain.from_iterable(kept.dropped), kept.reasons, strict=True))
    atoms = [atom((), ids, why[ids[0]]) for ids in kept.dropped]
    for row, absorbed in zip(linked, kept.absorbed, strict=True):
        if absorbed or row.memory != old[row.memory.id].memory:
            atoms.append(atom((row,), absorbed))
    texts = {
        row.memory.id: frozenset((row.memory.text, old[row.memory.id].memory.text))
        for row in linked
    }
    ids = {row.memory.id for row in made}
    atoms += [atom((), (i,)) for i, row in old.items() if row.memory.semantic and i not in ids]
    for row in made:
        before = old.get(row.memory.id)
        if before is None or before.memory != row.memory:
            rests = {i: texts[i] for i in row.memory.sources if i in texts}
            atoms.append(replace(atom((row,), ()), rests=rests))
    return tuple(atoms)


def _report(
    namespace: Namespace,
    old: dict[str, Row],
    kept: _Kept,
    after: Sequence[Row],
    atoms: Sequence[Atom],
    resumed: bool,
) -> SleepReport:
    before = [row.memory for row in old.values()]
    promoted = sum(
        TIERS.index(row.memory.tier) > TIERS.index(old[row.memory.id].memory.tier)
        for row in after
        if row.memory.id in old
    )
    return SleepReport(
        namespace=namespace,
        before=counts(before),
        after=counts([row.memory for row in after]),
        kept=len(kept.rows),
        merged=sum(map(len, kept.absorbed)),
        dropped=len(kept.reasons),
        promoted=promoted,
        semantic=sum(row.memory.semantic for row in after),
        links=sum(len(row.memory.links) for row in after),
        forgotten=dict(Counter(kept.reasons)),
        resumed=resumed,
    )
