"""Memories corrected by hand: got, edited, pinned, looked back at, restored. Every change is kept.

Each function takes a namespace's state, does its work as one durable transaction with a record in
the audit log, and returns what it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from resmem_core.audit import hashed
from resmem_core.engine.base import actors
from resmem_core.engine.reading.listing import wordings
from resmem_core.engine.state import archive
from resmem_core.engine.state.components import embed
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.engine.state.stages import Candidate, Write
from resmem_core.engine.writing.preprocess import preprocess
from resmem_core.errors import Conflict, InputError, InputTypeError, UnknownMemory
from resmem_core.memory.gate import compare, judge, merging, provenance
from resmem_core.memory.privacy.aliases import alias
from resmem_core.protocols import AppendAudit, Op, Row
from resmem_core.types import NEUROCHEMICALS, How, Memory, Message, Role, Trust, Version, check_id

_ORDER: Final[tuple[Trust, ...]] = ("quarantined", "untrusted", "trusted")


def get(state: NamespaceState, ident: str) -> Memory | None:
    """The memory of this id, or the one that a message of this id went into; None if neither."""
    ident = _stored(state, ident)
    with state.lock:
        state.refresh()
        return _found(state, ident)


def update(
    state: NamespaceState, ident: str, text: str, *, role: Role = "user", version: int | None = None
) -> Memory:
    """Give the memory another wording; the one that it had stays in its history.

    Args:
        text: cleaned, redacted and screened like a message's.
        role: who words it; what a machine writes and is suspicious goes into quarantine.
        version: the number of the version that the caller saw.

    Raises:
        UnknownMemory: there is no such memory.
        InputError: the text is never stored, was forgotten, or the id is of a message that was
            merged into another memory.
        Conflict: it is no longer at that version.
    """
    candidate = preprocess(Message(role, text, id=check_id(ident)), "", state.components)
    if candidate.refused is not None:
        raise InputError(f"the text cannot be stored: {candidate.refused.reason}")
    return retried(lambda: _reworded(state, candidate, "edited", version))


def pin(state: NamespaceState, ident: str, pinned: bool) -> Memory:
    """Pin the memory, so that neither gate nor sleep lets it go, or take the pin off.

    Raises:
        UnknownMemory: there is no such memory.
    """

    own = _stored(state, ident)

    def work() -> Memory:
        with state.store.exclusive(), state.lock:
            state.refresh()
            memory = _own(state, own)
            tier = "short" if pinned and memory.tier == "buffer" else memory.tier
            changed = replace(memory, pinned=pinned, tier=tier)
            if changed == memory:
                return memory
            row = Row(changed, state.index.row(memory.id).vector)
            return _applied(state, "pin" if pinned else "unpin", row)

    return retried(work)


def history(state: NamespaceState, ident: str) -> list[Version]:
    """Every wording of the memory and of those that it replaced or that replaced it, in order.

    Raises:
        UnknownMemory: there is no such memory, not even among what sleep forgot.
    """
    ident = _stored(state, ident)
    with state.lock:
        state.refresh()
        memory = get(state, ident) or archive.get(state.store, state.namespace, ident)
        if memory is None:
            raise _unknown(ident)
        chain = _chain(memory, state.index.memories())
    return [version for one in chain for version in wordings(one)]


def restore(state: NamespaceState, ident: str, version: int | None = None) -> Memory:
    """Take back what was forgotten by sleep, retired by a newer memory, or worded otherwise.

    Args:
        version: the number of the wording that is to stand again. None: what sleep forgot comes
            back, what was retired holds again, else the wording before the present one stands.

    Raises:
        UnknownMemory: there is no such memory or version, or nothing to take back.
        InputError: what it says was forgotten by `forget`; `allow` lifts that.
    """
    own = _stored(state, ident)
    return retried(lambda: _restored(state, own, version))


# -- finding


def _stored(state: NamespaceState, ident: str) -> str:
    return alias(check_id(ident), state.components.redactor)


def _found(state: NamespaceState, ident: str) -> Memory | None:
    own = state.index.get(ident)
    if own is not None:
        return own
    holder = state.store.sources(state.namespace, [ident]).get(ident)
    return state.index.get(holder) if holder is not None else None


def _own(state: NamespaceState, ident: str) -> Memory:
    """The memory of this id itself."""
    memory = _found(state, ident)
    if memory is None:
        raise _unknown(ident)
    if memory.id != ident and state.index.get(ident) is None:
        raise InputError(
            f"the message {ident!r:.80} was merged into the memory {memory.id!r:.80}: name that "
            "one, or split it first"
        )
    return memory


def _unknown(ident: str) -> UnknownMemory:
    return UnknownMemory(f"no memory of the id {ident!r:.80} is in this namespace")


def _chain(memory: Memory, memories: Iterable[Memory]) -> list[Memory]:
    """The memory, those before it and those after it, as a chain of replacements, oldest first."""
    known = {one.id: one for one in memories}
    before = {one.id: [ln.target for ln in one.links if ln.kind == "replaces"]
              for one in known.values()}  # fmt: skip
    after: dict[str, list[str]] = {}
    for ident, targets in before.items():
        for target in targets:
            after.setdefault(target, []).append(ident)
    chain = {memory.id: memory}
    for step in (before, after):
        waiting = [memory.id]
        while waiting:
            new = [i for i in step.get(waiting.pop(), ()) if i in known and i not in chain]
            chain.update((ident, known[ident]) for ident in new)
            waiting += new
    return sorted(chain.values(), key=lambda one: (one.at, one.seq, one.id))


# -- changing


def _reworded(state: NamespaceState, candidate: Candidate, how: How, seen: int | None) -> Memory:
    with state.store.exclusive(), state.lock:
        state.refresh()
        memory = _own(state, candidate.id)
        present = wordings(memory)[-1].number
        if seen is not None and seen != present:
            raise Conflict(
                f"the memory is at version {present}, not {seen}: read it again and retry"
            )
        if memory.text == candidate.text:
            return memory
        _check_allowed(state, candidate.text)
        now, others = state.components.clock.now(), state.index.memories()
        before = memory.versions or (Version(memory.text, memory.at),)
        changed = replace(
            memory,
            text=candidate.text,
            merged=merging.spelt(memory),
            versions=(*before, Version(candidate.text, now, how)),
            scores=tuple(candidate.scores[name] for name in NEUROCHEMICALS),
            trust=_lower(
                memory.trust, provenance.worded(candidate.message, candidate.text, others)
            ),
            context=(),
            attributes=compare.attributes(candidate.text),
        )
        row = Row(changed, candidate.vector)
        return _applied(state, how, row, gone=_written_from(state, memory))


def _lower(a: Trust, b: Trust | None) -> Trust:
    return a if b is None else min(a, b, key=_ORDER.index)


def _check_allowed(state: NamespaceState, text: str) -> None:
    if state.tombstones.get().forbids(text):
        raise InputError("the text says again what was forgotten; allow() lifts that")


def _written_from(state: NamespaceState, memory: Memory) -> tuple[str, ...]:
    """What sleep wrote from the memory, which the next cycle writes anew."""
    own = {memory.id, *memory.sources}
    return tuple(
        one.id
        for one in state.index.memories()
        if one.semantic and one.id != memory.id and not own.isdisjoint(one.sources)
    )


def _restored(state: NamespaceState, ident: str, version: int | None) -> Memory:
    with state.store.exclusive(), state.lock:
        state.refresh()
        if _found(state, ident) is None:
            return _unarchived(state, ident)
        memory = _own(state, ident)
        if version is None and memory.valid_to is not None:
            return _reopened(state, memory)
        wanted = _wanted(memory, version)
        text = Message("user", wanted.text, id=memory.id)
        return _reworded(state, preprocess(text, "", state.components), "restored", None)


def _wanted(memory: Memory, number: int | None) -> Version:
    """The wording of that number, or the one before the present."""
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise InputTypeError(f"version must be int, got {type(number).__name__}")
    kept = wordings(memory)
    at = len(kept) - 1 if number is None else number
    if not 1 <= at <= len(kept):
        raise UnknownMemory(
            f"the memory has {len(kept)} version(s) and was neither forgotten nor retired: "
            "there is nothing to restore"
            if number is None
            else f"the memory has versions 1 to {len(kept)}, not {number}"
        )
    return kept[at - 1]


def _unarchived(state: NamespaceState, ident: str) -> Memory:
    """What sleep forgot, as it was, with a life that begins now."""
    memory = archive.get(state.store, state.namespace, ident)
    if memory is None:
        raise _unknown(ident)
    _check_allowed(state, memory.text)
    components = state.components
    now = components.clock.now()
    tier = "short" if memory.tier == "buffer" else memory.tier
    links = tuple(link for link in memory.links if link.target in state.index)
    back = replace(
        memory, tier=tier, links=links, used_at=now, stored_at=now,
        expires=now + components.sleep.ttl,
    )  # fmt: skip
    row = Row(back, embed(components.embedder, back.text))
    return _applied(state, "restored", row, extra=archive.drop(state.namespace, [ident]))


def _reopened(state: NamespaceState, memory: Memory) -> Memory:
    """A retired memory holds again, beside the one that retired it."""
    rows = [Row(replace(memory, valid_to=None), state.index.row(memory.id).vector)]
    for other in state.index.memories():
        links = tuple(
            link for link in other.links if (link.target, link.kind) != (memory.id, "replaces")
        )
        if links != other.links:
            rows.append(Row(replace(other, links=links), state.index.row(other.id).vector))
    return _applied(state, "restored", *rows)


def _applied(
    state: NamespaceState,
    event: str,
    *rows: Row,
    gone: Sequence[str] = (),
    extra: Sequence[Op] = (),
) -> Memory:
    """Make the changes durable with a record of them; the first row's memory."""
    memory = rows[0].memory
    record: dict[str, Any] = {
        "at": state.components.clock.now(), "namespace": list(state.namespace), "event": event,
        "id": hashed(memory.id), **actors.by(),
    }  # fmt: skip
    with state.transaction() as transaction:
        transaction.add(Write(judge.NOTHING, state.head, rows, tuple(gone)), extra)
        transaction.note([AppendAudit(record)])
    return memory
