"""A log whose records are chained by hashes, so that a change is seen.

Every record carries `prev`, the hash of the record before it, and `hash`, the SHA-256 of its own
canonical JSON (keys sorted, no spaces, `hash` left out). Whoever changes, removes or reorders a
record breaks the chain from there on; that the newest records were cut off is not seen by the chain
itself but by a hash that is kept elsewhere (`anchored`). Records hold numbers, ids and reasons,
never text of a user.

The log is bounded: `trim` takes the oldest records off. The gate's verdicts among them go, all else
is appended again, and a record of the trim itself carries the hash that the log now begins after.

Private.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from resmem_core.errors import AuditError, InputError, InputTypeError
from resmem_core.protocols import AppendAudit, Op, Store, TrimAudit

GENESIS: Final = "0" * 64
"""The hash before the first record."""

TRIMMED: Final = "trimmed"
"""The event of a record that says where the log begins."""

PASSING: Final = frozenset({"gate", TRIMMED})
"""Events that are not kept for ever."""


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one spelling of a record that is hashed.

    Raises:
        InputError: NaN or infinity. InputTypeError: something that JSON does not have.

    >>> canonical({"b": 1, "a": [0.1, None]})
    b'{"a":[0.1,null],"b":1}'
    """
    try:
        text = json.dumps(
            record, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except ValueError as error:
        raise InputError(
            f"an audit record must hold finite numbers and no cycle: {error}"
        ) from None
    except TypeError as error:
        raise InputTypeError(f"an audit record must be JSON: {error}") from None
    return text.encode()


def chain(previous: str | None, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its two hashes.

    Args:
        previous: the hash of the record before it; None for the first.
        record: JSON values; `prev` and `hash` are overwritten.

    >>> first = chain(None, {"event": "forget", "count": 2})
    >>> second = chain(first["hash"], {"event": "sleep"})
    >>> second["prev"] == first["hash"]
    True
    """
    body = {**record, "prev": previous or GENESIS}
    body.pop("hash", None)
    return {**body, "hash": hashlib.sha256(canonical(body)).hexdigest()}


def verify(records: Iterable[Mapping[str, Any]], previous: str | None = None) -> str:
    """Check consecutive records and return the last hash, to go on from.

    Args:
        records: in order.
        previous: the hash of the record before the first of them; None from the beginning.

    Raises:
        AuditError: a record was changed, removed or moved; its position is named.

    >>> first = chain(None, {"event": "forget", "count": 2})
    >>> verify([first]) == first["hash"]
    True
    >>> verify([{**first, "count": 1}])
    Traceback (most recent call last):
    resmem_core.errors.AuditError: record 0 was changed: its hash does not match its content
    """
    last: Any = previous or GENESIS
    start = None
    for position, record in enumerate(records):
        if position == 0 and previous is None and record.get("prev") != last:
            start = last = record.get("prev")  # a trimmed log, if a record says so
        if record.get("event") == TRIMMED and record.get("last") == start:
            start = None
        if record.get("prev") != last:
            raise AuditError(
                f"record {position} does not follow the one before it: one was removed or moved"
            )
        if chain(last, record)["hash"] != record.get("hash"):
            raise AuditError(f"record {position} was changed: its hash does not match its content")
        last = record["hash"]
    if start is not None:
        raise AuditError(
            "record 0 is not the first, and no trim is noted: one was removed or moved"
        )
    return str(last)


def anchor(store: Store) -> str:
    """The newest record's number and hash, such as `17:9f86…`; `0:` and zeros for an empty log.

    Kept elsewhere, it shows later that nothing was cut off (`anchored`).
    """
    first, last = store.audit_span()
    if last < first:
        return f"0:{GENESIS}"
    number, record = store.audit(last - 1, 1)[0]
    return f"{number}:{record['hash']}"


def anchored(store: Store, anchors: Iterable[str]) -> None:
    """Check that records whose hashes were kept elsewhere are still in the log.

    A chain of which the newest records were cut off, or that was written anew from an older
    copy, is a sound chain: only what somebody else keeps tells. A record that a noted trim took is
    not missing.

    Raises:
        InputError: no anchor has that form. AuditError: a record is missing, or is another one.
    """
    trimmed = max(
        (int(r.get("through", 0)) for r in records(store) if r["event"] == TRIMMED), default=0
    )
    for text in anchors:
        number, _, kept = text.partition(":")
        if not number.isdecimal() or len(kept) != len(GENESIS):
            raise InputError(
                f"an anchor is NUMBER:HASH, as  resmem audit anchor  prints it: {text!r:.90}"
            )
        found = dict(store.audit(int(number) - 1, 1)) if int(number) > trimmed else None
        if found is not None and found.get(int(number), {}).get("hash") != kept:
            raise AuditError(
                f"record {number} is not the one of the anchor: the log was cut or replaced"
            )


def trim(page: Sequence[tuple[int, Mapping[str, Any]]], at: float) -> list[Op]:
    """What takes the oldest records off the log: to be applied together.

    Args:
        page: the oldest records with their numbers, in order; not empty.
        at: now, epoch seconds.

    >>> first, second = chain(None, {"event": "forget"}), chain("aa", {"event": "gate"})
    >>> noted, carried, trimmed = trim([(1, first), (2, second)], 0.0)
    >>> carried.record["event"], carried.record["was"] == first["hash"], trimmed.through
    ('forget', True, 2)
    """
    through, newest = page[-1]
    oldest_first = sorted(page, key=lambda item: sealed(item[1]))
    carried = {_place(number, record): again(record) for number, record in oldest_first}
    kept = [op for op in carried.values() if op.record.get("event") not in PASSING]
    note = {
        "at": at, "namespace": [], "event": TRIMMED, "through": through, "last": newest["hash"],
        "count": len(page) - len(kept),
    }  # fmt: skip
    return [AppendAudit(note), *kept, TrimAudit(through)]


def sealed(record: Mapping[str, Any]) -> int:
    """The number of the part of a trace that the record seals; 0 for any other record."""
    return int(record.get("number", 0)) if record.get("event") == "trace" else 0


def _place(number: int, record: Mapping[str, Any]) -> object:
    """Equal for the seals of one part of a trace, of which only the newest says something."""
    return record.get("key") if record.get("event") == "trace" else number


def again(record: Mapping[str, Any]) -> AppendAudit:
    """A record for another place in a log; `was` is the hash that it was first written with."""
    body = {name: value for name, value in record.items() if name not in ("prev", "hash")}
    return AppendAudit({"was": record["hash"], **body})


def hashed(ident: str) -> str:
    """The id of a memory as the log spells it: it finds a record, and tells nothing by itself."""
    return hashlib.sha256(ident.encode()).hexdigest()[:16]


def records(store: Store) -> Iterator[dict[str, Any]]:
    """Every record of a store's log, in order, read page by page."""
    after = 0
    while page := store.audit(after=after):
        yield from (record for _, record in page)
        after = page[-1][0]
