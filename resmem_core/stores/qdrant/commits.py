"""Commits on a server without transactions: lock what changes, put all in its place, let go."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from qdrant_client import models

from resmem_core.errors import StoreUnavailable
from resmem_core.stores.journal import Journal, Space
from resmem_core.stores.places import AUDIT_ID, point_id
from resmem_core.stores.qdrant.cells import Cells, equals, id_in, point, row_struct
from resmem_core.stores.qdrant.requests import Collections

T = TypeVar("T")
INLINE: Final = 1_000_000
"""Characters of a journal's part."""
TRIES: Final = 50
"""How often a write is worked out again after another writer was first."""
SETTLE: Final = 5
"""How often a locked point is looked at again before its commit is finished or given up."""
PAUSE: Final = 0.005
"""Seconds between two looks."""

_STATE: Final = ["stamp", "lock"]
_COUNTERS: Final = [*_STATE, "gone", "version", *Space.__slots__, "audit"]
"""What a write needs to know of a cell; a document's body may be large."""


class Commits:
    """What a call changes, changed as one. Keeps nothing, so that threads may share it.

    1. The points that change (cells) are read, and all that the call will write is worked out and
       stored as a journal beside them.
    2. Each cell is locked with the commit's token, if it is still as it was read. The moment when
       all of them are is the commit: from then on nobody gives it up.
    3. The journal is put in its place, the cells last and still locked, then they are unlocked.

    Whoever finds a locked cell finishes its commit where all cells were locked, and otherwise sees
    to it that they never will be. Nothing that arrives late does harm: rows are only ever changed
    where an empty one was put before the commit, and never with those of an older commit.
    """

    def __init__(self, at: Collections) -> None:
        self._at = at
        self._adopt()

    def _adopt(self) -> None:
        """Take over a store whose writers queued at one head."""
        head = self._at.retrieve("docs", [AUDIT_ID])
        if not head or "stamp" in head[0]:
            return
        if not head[0]["done"]:
            raise StoreUnavailable(
                f"{self._at.location}: a commit of an older version is unfinished; "
                "open the store with that version once"
            )
        self._at.set_payload("docs", {"stamp": "", "lock": ""}, models.Filter())

    def commit(self, ids: Sequence[str], plan: Callable[[Cells], Journal]) -> None:
        """Carry out what `plan` makes of some cells; again from its start when another was first.

        Raises:
            StoreUnavailable: the server is down, or others were always first. Where only the
                answer was lost the commit may hold; calling again is harmless for everything but
                an `expect`.
        """
        for attempt in range(TRIES):
            cells = self.settled(ids, _COUNTERS)
            entry = plan(cells)
            if not entry.docs:
                return
            self._at.check_dim(entry)
            entry.cells = {d["id"]: cells.get(d["id"], {}).get("stamp", "") for d in entry.docs}
            if self._carried(uuid.uuid4().hex, entry, cells):
                return
            self._at.retry.wait(PAUSE * min(attempt, 10) * self._at.retry.jitter())
        raise StoreUnavailable(f"{self._at.location}: too many writers at once; try later")

    def _carried(self, token: str, entry: Journal, cells: Cells) -> bool:
        """Whether the journal is in its place; False when another was first."""
        parts = self._prepare(token, entry, cells)
        try:
            self._lock(token, entry)
        except StoreUnavailable:
            self._at.retry.resume()  # only the server knows what arrived
            if self._resolved(token, entry, parts):
                return True
            raise
        return self._resolved(token, entry, parts)

    def _resolved(self, token: str, entry: Journal, parts: list[str]) -> bool:
        """Finish a commit that came about, else see to it that it never does; whether it did."""
        for _ in range(TRIES):
            found = self._at.retrieve_by_id("docs", list(entry.cells), fields=_STATE)
            held = [cell for cell in found.values() if cell["lock"] == token]
            if len(held) == len(entry.cells) or any(c["stamp"] == token for c in found.values()):
                self._finish(token, entry, parts)
                return True
            free = [i for i, stamp in entry.cells.items() if found.get(i) == _free(stamp)]
            if len(free) + len(held) < len(entry.cells):  # one has changed, or is about to
                break
            at, stamp = free[0], entry.cells[free[0]]
            same: list[Any] = [id_in([at]), equals("stamp", stamp), equals("lock", "")]
            self._at.set_payload("docs", {"stamp": uuid.uuid4().hex}, models.Filter(must=same))
        self._unlock(token, {"lock": "", "stamp": uuid.uuid4().hex}, entry.cells)
        self._at.delete("docs", parts)
        return False

    # -- before the commit

    def _prepare(self, token: str, entry: Journal, cells: Cells) -> list[str]:
        """Put the journal beside the cells, and empty points where something will be first."""
        text = entry.dump()
        pieces = [text[start : start + INLINE] for start in range(0, len(text), INLINE)]
        held = {"kind": "", "gone": True, "parts": len(pieces)} | _place_of(entry)
        ids = _part_ids(token, len(pieces))
        points = [point(i, held | {"part": p}) for i, p in zip(ids, pieces, strict=True)]
        for doc in entry.docs:
            if doc["id"] not in cells:
                names = {name: doc["payload"][name] for name in ("kind", "key", "within")}
                points.append(point(doc["id"], names | _EMPTY | {"stamp": "", "lock": ""}))
        self._at.upsert("docs", points, mode=models.UpdateMode.INSERT_ONLY)
        rows = [
            point(row["id"], _EMPTY | _place(row["payload"])) for row in entry.rows if row["vector"]
        ]
        if rows:
            self._at.upsert("memories", rows, mode=models.UpdateMode.INSERT_ONLY)
        return ids

    def _lock(self, token: str, entry: Journal) -> None:
        """Lock every cell that is free and as it was read; harmless to repeat."""
        wanted: list[Any] = [
            models.Filter(must=[id_in([i]), equals("stamp", stamp), equals("lock", "")])
            for i, stamp in entry.cells.items()
        ]
        for some in self._at.batches(wanted):
            self._at.set_payload("docs", {"lock": token}, models.Filter(should=some))

    # -- after it

    def _finish(self, token: str, entry: Journal, parts: list[str]) -> None:
        """Put a commit in its place, twice if need be, and let go of its cells."""
        self._clear(entry)
        for digest, commit in entry.commits.items():
            rows = [row_struct(row) for row in entry.rows if row["payload"]["ns"] == digest]
            if rows and not self._at.missing("memories"):  # else: tombstones of nothing
                self._at.upsert(
                    "memories", rows, condition=models.Filter(must=[_before(commit)]),
                    mode=models.UpdateMode.UPDATE_ONLY,
                )  # fmt: skip
        self._at.upsert("audit", [point(record["number"], record) for record in entry.audit])
        if entry.trimmed:
            old = models.FieldCondition(key="number", range=models.Range(lte=entry.trimmed))
            self._at.delete("audit", models.Filter(must=[old]))
        mine = {"stamp": token, "lock": token}
        self._at.upsert(
            "docs", [point(doc["id"], doc["payload"] | mine) for doc in entry.docs],
            condition=models.Filter(must=[equals("lock", token)]),
            mode=models.UpdateMode.UPDATE_ONLY,
        )  # fmt: skip
        self._unlock(token, {"lock": ""}, entry.cells)
        orphans = [_of_place(entry)] if _place_of(entry) else []
        self._at.delete("docs", models.Filter(should=[id_in(parts), *orphans]))

    def _clear(self, entry: Journal) -> None:
        """Delete what is erased, and the tombstones that are no longer listed."""
        for digest, ids in entry.erased:
            older: list[Any] = [equals("ns", digest), _before(entry.commits[digest])]
            if ids is None:
                self._at.delete("memories", models.Filter(must=older))
            for some in self._at.batches(ids or []):
                self._at.delete("memories", models.Filter(must=[*older, id_in(some)]))
        for digest in entry.cleared:
            listed = models.FieldCondition(key="revision", range=models.Range(gt=0))
            gone: list[Any] = [
                equals("ns", digest),
                equals("gone", True),
                _before(entry.commits[digest]),
            ]
            self._at.delete("memories", models.Filter(must=[*gone, listed]))

    def _unlock(self, token: str, changes: dict[str, Any], ids: Iterable[str]) -> None:
        for some in self._at.batches(list(ids)):
            mine = models.Filter(must=[id_in(some), equals("lock", token)])
            self._at.set_payload("docs", changes, mine)

    # -- reading

    def settled(
        self, ids: Sequence[str], fields: list[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """The cells once nobody is about to change them; after a while, see to it ourselves."""
        for look in range(SETTLE + TRIES):
            found = self._at.retrieve_by_id("docs", ids, fields)
            if not self.help(found.values(), look):
                return found
        raise StoreUnavailable(f"{self._at.location}: a commit could not be finished; try later")

    def help(self, cells: Iterable[Mapping[str, Any]], look: int) -> bool:
        """Whether some cell is locked; its commit gets time, at a later look it is settled."""
        locked = {cell["lock"]: None for cell in cells if cell["lock"]}
        if look < SETTLE and locked:
            self._at.retry.wait(PAUSE)
            return True
        for token in locked:
            self._settle(token)
        return bool(locked)

    def _settle(self, token: str) -> None:
        """Finish or give up somebody's commit."""
        first = self._at.retrieve("docs", _part_ids(token, 1))
        ids = _part_ids(token, first[0]["parts"]) if first else []
        parts = self._at.retrieve("docs", ids)
        if not parts or len(parts) < len(ids):  # it is settled by now, or can no longer be
            mine = equals("lock", token)
            done = models.Filter(must=[mine, equals("stamp", token)])
            self._at.set_payload("docs", {"lock": ""}, done)
            fresh = {"lock": "", "stamp": uuid.uuid4().hex}
            self._at.set_payload("docs", fresh, models.Filter(must=[mine]))
            return
        self._resolved(token, Journal.load("".join(part["part"] for part in parts)), ids)

    def between(self, ids: Sequence[str], read: Callable[[Cells], T]) -> T:
        """What `read` finds while no commit changes some cells."""
        for _ in range(TRIES):
            cells = self.settled(ids)
            found = read(cells)
            after = self._at.retrieve_by_id("docs", ids, fields=_STATE)
            if after == {i: _free(cell["stamp"]) for i, cell in cells.items()}:
                return found
        raise StoreUnavailable(f"{self._at.location}: too many writers at once; try later")

    def listed(self, kind: str, within: str = "") -> list[dict[str, Any]]:
        """All cells of a kind that are not gone, as they are at one moment.

        Args:
            within: only those of a namespace (`journal.within`), and those that do not say.
        """
        wanted: list[Any] = [equals("kind", kind)]
        if within:
            unsaid = models.IsEmptyCondition(is_empty=models.PayloadField(key="within"))
            wanted.append(models.Filter(should=[equals("within", within), unsaid]))
        there = models.Filter(
            should=[equals("gone", False), models.Filter(must_not=[equals("lock", "")])]
        )
        before = None
        for look in range(SETTLE + TRIES):
            found = {r.id: r.payload for r in self._at.scroll("docs", [*wanted, there])}
            stamps = {ident: payload["stamp"] for ident, payload in found.items()}
            if self.help(found.values(), look):
                continue
            if len(found) < 2 or stamps == before:
                return list(found.values())
            before = stamps
        raise StoreUnavailable(f"{self._at.location}: too many writers at once; try later")


_EMPTY: Final = {"gone": True, "version": 0}


def _place(payload: Mapping[str, Any]) -> dict[str, Any]:
    """An empty row, which is older than what will be there and says nothing of it."""
    return {"ns": payload["ns"], "revision": 0, "commit": payload["commit"] - 1}


def _place_of(entry: Journal) -> dict[str, Any]:
    """Of which namespace a journal is, and which of its commits, where there is one only."""
    if len(entry.commits) != 1:
        return {}
    [(digest, commit)] = entry.commits.items()
    return {"ns": digest, "commit": commit}


def _of_place(entry: Journal) -> models.Filter:
    """The parts of older journals of a namespace: nobody needs them, they hold its texts."""
    [(digest, commit)] = entry.commits.items()
    return models.Filter(must=[equals("kind", ""), equals("ns", digest), _before(commit)])


def _free(stamp: str) -> dict[str, str]:
    return {"stamp": stamp, "lock": ""}


def _before(commit: int) -> models.FieldCondition:
    return models.FieldCondition(key="commit", range=models.Range(lt=commit))


def _part_ids(token: str, count: int) -> list[str]:
    return [point_id("part", token, str(number)) for number in range(count)]
