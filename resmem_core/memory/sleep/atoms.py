"""A cycle of sleep as a plan: atoms that are applied in batches, each one whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from resmem_core.protocols import Delete, Op, Put, Row
from resmem_core.types import Memory, Namespace, SleepReport


@dataclass(frozen=True, slots=True)
class Atom:
    """Changes that must be applied together: rows to put and ids to delete.

    `seen` are the stored items that it was planned for, as they were; `why` is the reason where
    they are forgotten. `rests` are items that it says the same as, by id, each with the texts that
    it has before and after the cycle.
    """

    put: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    seen: tuple[Memory, ...] = ()
    why: str = ""
    rests: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def holds(self, current: Callable[[str], Memory | None]) -> bool:
        """Whether nothing that it changes or says was changed since the plan was made."""
        if any(current(memory.id) != memory for memory in self.seen):
            return False
        found = {ident: current(ident) for ident in self.rests}
        return all(m is not None and m.text in self.rests[ident] for ident, m in found.items())


@dataclass(frozen=True, slots=True)
class SleepPlan:
    """What a cycle does, in order, and its report."""

    namespace: Namespace
    atoms: tuple[Atom, ...]
    report: SleepReport


def batches(plan: SleepPlan, size: int) -> Iterator[list[Atom]]:
    """The plan's atoms in batches of about `size` rows each."""
    batch: list[Atom] = []
    rows = 0
    for atom in plan.atoms:
        batch.append(atom)
        rows += len(atom.put) + len(atom.gone)
        if rows >= size:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def forgotten(
    batch: Sequence[Atom], current: Callable[[str], Memory | None]
) -> list[tuple[Memory, str]]:
    """What a batch forgets, with the reasons; without what was changed since the plan was made."""
    return [
        (memory, atom.why)
        for atom in batch
        if atom.why and atom.holds(current)
        for memory in atom.seen
    ]


def operations(
    plan: SleepPlan, batch: Sequence[Atom], current: Callable[[str], Memory | None]
) -> list[Op]:
    """A batch as operations, without the atoms whose items were changed since the plan was made.

    Ask for them while nobody else can write: then no outcome that was credited during the cycle
    is overwritten. What is left out is for the next cycle.
    """
    atoms = [atom for atom in batch if atom.holds(current)]
    put = tuple(_linked(row, current) for atom in atoms for row in atom.put)
    gone = tuple(ident for atom in atoms for ident in atom.gone)
    ops: list[Op] = [Put(put)] if put else []
    return [*ops, Delete(plan.namespace, gone)] if gone else ops


def _linked(row: Row, current: Callable[[str], Memory | None]) -> Row:
    """The row without links to what was erased since the plan was made."""
    memory = row.memory
    links = tuple(link for link in memory.links if current(link.target) is not None)
    return row if links == memory.links else Row(replace(memory, links=links), row.vector)
