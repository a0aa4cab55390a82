"""What may contradict each other, and a person's or an agent's word on it."""

from __future__ import annotations

from dataclasses import replace

from resmem_core.audit import hashed
from resmem_core.engine.base import actors
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.stages import Write
from resmem_core.errors import InputError, UnknownMemory
from resmem_core.memory.gate import judge
from resmem_core.protocols import AppendAudit, Row
from resmem_core.types import Conflicting, Link, Memory, check_id


def conflicts(state: NamespaceState) -> list[Conflicting]:
    """Pairs of current memories that may contradict each other, the newest first."""
    with state.lock:
        state.refresh()
        held = {m.id: m for m in state.index.memories() if m.valid_to is None}
    pairs = {
        tuple(sorted((memory.id, link.target)))
        for memory in held.values()
        for link in memory.links
        if link.kind == "conflict" and link.target in held
    }
    found = [_pair(held[one], held[other]) for one, other in pairs]
    return sorted(found, key=lambda p: (-p.newer.at, -p.newer.seq, p.newer.id, p.older.id))


def _pair(one: Memory, other: Memory) -> Conflicting:
    older, newer = sorted((one, other), key=lambda m: (m.at, m.seq, m.id))
    return Conflicting(older, newer)


def settle(state: NamespaceState, holds: str, other: str, *, both: bool) -> Memory:
    """Say which of two memories holds; the other is closed, or both stand.

    Raises:
        UnknownMemory: one of the two is not there.
        InputError: they are not marked as a conflict.
    """
    check_id(holds)
    check_id(other)
    return retried(lambda: _settled(state, holds, other, both))


def _settled(state: NamespaceState, holds: str, other: str, both: bool) -> Memory:
    with state.store.exclusive(), state.lock:
        state.refresh()
        winner, loser = _known(state, holds), _known(state, other)
        if not {Link(other, "conflict"), Link(holds, "conflict")} & {*winner.links, *loser.links}:
            raise InputError(
                f"{holds!r:.80} and {other!r:.80} are no conflict; see  resmem conflicts"
            )
        winner, loser = _free(winner, other), _free(loser, holds)
        if not both:
            winner, loser = _closed(winner, loser, state.components.clock.now())
        rows = tuple(Row(m, state.index.row(m.id).vector) for m in (winner, loser))
        record: dict[str, object] = {
            "at": state.components.clock.now(), "namespace": list(state.namespace),
            "event": "settle", "id": hashed(holds), "other": hashed(other), "both": both,
            **actors.by(),
        }  # fmt: skip
        with state.transaction() as transaction:
            transaction.add(Write(judge.NOTHING, state.head, rows))
            transaction.note([AppendAudit(record)])
    return winner


def _known(state: NamespaceState, ident: str) -> Memory:
    memory = state.index.get(ident)
    if memory is None:
        raise UnknownMemory(f"no memory of the id {ident!r:.80} is in this namespace")
    return memory


def _free(memory: Memory, other: str) -> Memory:
    """Without the mark."""
    kept = (link for link in memory.links if (link.kind, link.target) != ("conflict", other))
    return replace(memory, links=tuple(kept))


def _closed(winner: Memory, loser: Memory, now: float) -> tuple[Memory, Memory]:
    """The loser ends when the winner was said, or now where that was earlier."""
    later = winner.at >= loser.at
    links = (*winner.links, Link(loser.id, "replaces")) if later else winner.links
    end = winner.at if later else max(now, loser.at)
    return replace(winner, links=links, valid_to=None), replace(loser, valid_to=end)
