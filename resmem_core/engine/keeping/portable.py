"""A namespace as lines of JSON, and back, with nothing lost.

The first line says what it is. Then come the memories with all that is known of them (credit, uses,
links, tier, pin, wordings, sources), what sleep forgot and can be restored, what the gate and the
baselines learnt, credit of foreign items, tombstones, and the namespace's part of the audit log.
Vectors are computed anew. The same namespace gives the same bytes, and so does the one that was
read from them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final, get_args

from resmem_core.audit import records
from resmem_core.engine.base.pseudonyms import Pseudonyms
from resmem_core.engine.state import archive
from resmem_core.engine.state.components import embed_all, with_pieces
from resmem_core.engine.state.namespace_state import NamespaceState, retried
from resmem_core.errors import InputError, ResmemError
from resmem_core.memory.gate.tombstones import Tombstones
from resmem_core.protocols import AppendAudit, Op, Put, PutDoc, Row, Store
from resmem_core.stores.codec import decode_row, encode_memory, key_of
from resmem_core.types import (
    Memory,
    Namespace,
    NamespaceLike,
    Role,
    Tier,
    Trust,
    check_id,
    check_namespace,
    check_number,
)

VERSION: Final = 1
"""Of the lines' form."""

MARK: Final = "resmem"
"""The key that every line has which is no memory."""

LEARNT: Final = ("tombstones", "gate", "ledger", "baselines")
"""Documents that go along."""

CHUNK: Final = 200
"""Memories that one transaction takes in."""

_CHOICES: Final = {"role": get_args(Role), "tier": get_args(Tier), "trust": get_args(Trust)}
_CHAINED: Final = ("prev", "hash", "was")


@dataclass(frozen=True, slots=True)
class Carried:
    """What an import did.

    Attributes:
        memories: taken in. there: passed over, because they were there. buried: left out, because
            what they say was forgotten here.
    """

    namespace: Namespace
    memories: int = 0
    there: int = 0
    buried: int = 0


@dataclass(slots=True)
class _Read:
    """The lines, checked."""

    namespace: Namespace
    memories: list[Memory] = field(default_factory=list)
    forgotten: list[tuple[Memory, float]] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    audit: list[dict[str, Any]] = field(default_factory=list)


# -- out


def exported(store: Store, namespace: Namespace) -> Iterator[str]:
    """The namespace's lines, without line ends."""
    yield _line({MARK: "export", "version": VERSION, "namespace": list(namespace)})
    for row in store.rows(namespace):
        yield _line(_fields(row.memory))
    for memory, at in archive.forgotten(store, namespace):
        yield _line({MARK: "forgotten", "at": at, "memory": _fields(memory)})
    for kind in LEARNT:
        doc = store.doc(kind, key_of(namespace))
        if doc is not None:
            yield _line({MARK: kind, "body": doc.body})
    for record in _log(store, namespace):
        yield _line({MARK: "audit", "record": record})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _fields(memory: Memory) -> dict[str, Any]:
    body = json.loads(encode_memory(memory))
    return {"id": memory.id, "seq": memory.seq, "tier": memory.tier, **body}


def _log(store: Store, namespace: Namespace) -> Iterator[dict[str, Any]]:
    """The namespace's records, without what chains them to others."""
    for record in Pseudonyms(store, namespace).of(records(store)):
        yield {name: value for name, value in record.items() if name not in _CHAINED}


# -- in


def is_export(line: str) -> bool:
    """Whether a file whose first line this is holds an export of ours."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get(MARK) == "export"


def imported(
    state_of: Callable[[Namespace], NamespaceState],
    lines: Iterable[str],
    namespace: NamespaceLike | None = None,
) -> Carried:
    """Take the lines in; what is there already stays as it is, so it may be run again.

    Args:
        state_of: namespace -> its state.
        lines: as `exported` gave them.
        namespace: where they go; where they came from when None.

    Raises:
        InputError: a line cannot be read; it is named, and nothing was written. Or both sides
            have tombstones, under keys of their own.
        OverLimit: the namespace would hold more than it may; nothing was written.
    """
    read = parsed(lines, namespace)
    state = state_of(read.namespace)
    stones = _tombstones(state, read)
    memories = [m for m in read.memories if not stones.forbids(m.text)]
    there = {row.memory.id for row in state.store.rows(state.namespace)}
    new = [m for m in memories if m.id not in there]
    with state.lock:
        state.refresh()
        state.meter.admit(state.index, new)
    _write(state, lambda: _documents(state, read))
    waiting = iter(new)
    while chunk := list(islice(waiting, CHUNK)):
        _write(state, partial(_rows, state, chunk))
    _write(state, lambda: _records(state, read))
    state.refresh()
    return Carried(
        read.namespace, len(new), len(memories) - len(new), len(read.memories) - len(memories)
    )


def parsed(lines: Iterable[str], namespace: NamespaceLike | None = None) -> _Read:
    """Every line, checked.

    Raises:
        InputError: a line is not one of ours; it is named.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(numbered, None)
    if first is None or not is_export(first[1]):
        raise InputError("line 1: this is no export of ours: its first line says so")
    head = json.loads(first[1])
    if head.get("version") != VERSION:
        raise InputError(f"line 1: version {head.get('version')!r:.20} is not known, {VERSION} is")
    read = _Read(check_namespace(head.get("namespace") if namespace is None else namespace))
    for number, line in numbered:
        try:
            _take(json.loads(line), read)
        except (
            ResmemError, ValueError, TypeError, KeyError, AttributeError, RecursionError,
            OverflowError,
        ) as error:  # fmt: skip
            why = str(error) if isinstance(error, ResmemError) else "it is damaged"
            raise InputError(f"line {number}: {why}; nothing was imported") from None
    return read


def _take(value: dict[str, Any], read: _Read) -> None:
    kind = value.get(MARK)
    if kind is None:
        read.memories.append(_memory(value, read.namespace))
    elif kind == "forgotten":
        at = check_number("at", value["at"])
        read.forgotten.append((_memory(value["memory"], read.namespace), at))
    elif kind in LEARNT:
        read.documents[kind] = dict(value["body"])
        if kind == "tombstones":
            Tombstones.from_doc(value["body"])
    elif kind == "audit":
        read.audit.append({**value["record"], "namespace": list(read.namespace)})
    else:
        raise InputError(f"{kind!r:.40} is not known")


def _memory(value: dict[str, Any], namespace: Namespace) -> Memory:
    body = {name: part for name, part in value.items() if name not in ("id", "seq", "tier")}
    for name, options in _CHOICES.items():
        given = value.get(name, "trusted" if name == "trust" else None)
        if given not in options:
            raise InputError(f"{name} must be one of {', '.join(options)}, got {given!r:.40}")
    check_number("at", value["at"])
    check_id(value["id"])
    data = json.dumps(body, ensure_ascii=False).encode()
    memory = decode_row(namespace, value["id"], int(value["seq"]), value["tier"], data, b"").memory
    if _fields(memory) != value:
        raise InputError("it is damaged: something of it would be lost")
    return memory


def _tombstones(state: NamespaceState, read: _Read) -> Tombstones:
    """What must not come back: of both sides, where their keys allow it."""
    mine = state.tombstones.get()
    if "tombstones" not in read.documents:
        return mine
    theirs = Tombstones.from_doc(read.documents["tombstones"])
    if not mine.statements:
        return theirs
    if not theirs.statements:
        del read.documents["tombstones"]
        return mine
    if mine.key != theirs.key:
        raise InputError(
            "both the export and this namespace have forgotten things under keys of their own, "
            "which cannot be joined: import into a namespace that has forgotten nothing"
        )
    both = Tombstones(mine.key, tuple(dict.fromkeys((*mine.statements, *theirs.statements))))
    read.documents["tombstones"] = both.to_doc()
    return both


def _write(state: NamespaceState, work: Callable[[], list[Op]]) -> None:
    """One transaction, worked out within the store's write turn."""

    def once() -> None:
        with state.store.exclusive():
            ops = work()
            if ops:
                state.store.apply(ops)

    retried(once)


def _documents(state: NamespaceState, read: _Read) -> list[Op]:
    """What was learnt, where nothing was learnt here, and what sleep forgot."""
    key = key_of(state.namespace)
    ops: list[Op] = [
        PutDoc(kind, key, body, expect=state.store.version(kind, key))
        for kind, body in read.documents.items()
        if kind == "tombstones" or not state.store.version(kind, key)
    ]
    for memory, at in read.forgotten:
        if not state.store.version(archive.KIND, archive.key(state.namespace, memory.id)):
            ops += archive.put([memory], at)
    return ops


def _rows(state: NamespaceState, memories: Sequence[Memory]) -> list[Op]:
    """Memories, and the head beyond them."""
    store, key = state.store, key_of(state.namespace)
    vectors = embed_all(state.components.embedder, [memory.text for memory in memories])
    rows = [Row(memory, vector) for memory, vector in zip(memories, vectors, strict=True)]
    head = store.doc("head", key)
    seq = max(memory.seq for memory in memories) + 1
    seq = max(seq, int(head.body["seq"])) if head else seq
    put = Put(with_pieces(state.components.embedder, rows))
    return [put, PutDoc("head", key, {"seq": seq}, expect=head.version if head else 0)]


def _records(state: NamespaceState, read: _Read) -> list[Op]:
    """The log's records that are not there, and a record of the import, which names nobody."""
    there = Counter(_line(record) for record in _log(state.store, state.namespace))
    new = list((Counter(_line(record) for record in read.audit) - there).elements())
    if not new:
        return []
    note = {"at": state.components.clock.now(), "namespace": [], "event": "import"}
    alias = {"namespace": [state.pseudonyms.name]}
    told = (AppendAudit({**json.loads(line), **alias}) for line in new)
    return [*state.pseudonyms.new(), *told, AppendAudit(note)]
