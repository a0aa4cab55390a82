"""The statements that write documents and audit records."""

from __future__ import annotations

from resmem_core.audit import chain
from resmem_core.errors import Conflict, StoreCorrupt
from resmem_core.protocols import Doc, Json, PutDoc
from resmem_core.stores.codec import checked, decode_json, encode_json
from resmem_core.stores.driver import sqlite3
from resmem_core.stores.sums import SELF_CHECKED, Tally, row_sum


def put_doc(connection: sqlite3.Connection, op: PutDoc, tally: Tally) -> None:
    """Write a document.

    Raises:
        Conflict: it is not at the version that was expected.
    """
    kind, key, body = checked(op.kind), checked(op.key), encode_json(op.body)
    held = connection.execute(
        "SELECT version, crc FROM docs WHERE kind = ? AND key = ?", (kind, key)
    ).fetchone()
    version, was = held or (0, 0)
    if op.expect not in (None, version):
        raise Conflict(
            f"the {op.kind!r} document is no longer at version {op.expect}; read it again and retry"
        )
    crc = row_sum(kind, key, version + 1, body)
    if held:
        tally.take("docs", was)
    tally.put("docs", crc)
    connection.execute(_UPDATE if held else _INSERT, (version + 1, body, crc, kind, key))


_INSERT = "INSERT INTO docs (version, body, crc, kind, key) VALUES (?, ?, ?, ?, ?)"
_UPDATE = "UPDATE docs SET version = ?, body = ?, crc = ? WHERE kind = ? AND key = ?"


def delete_doc(connection: sqlite3.Connection, kind: str, key: str, tally: Tally) -> None:
    """Delete a document; an unknown one is ignored."""
    gone = connection.execute(
        "DELETE FROM docs WHERE kind = ? AND key = ? RETURNING crc", (checked(kind), checked(key))
    ).fetchone()
    if gone:
        tally.take("docs", gone[0])


def as_doc(kind: str, found: tuple[str, bytes, int, int]) -> Doc:
    """The document of stored columns: key, body, version, checksum.

    Raises:
        StoreCorrupt: the checksum does not match.
    """
    key, body, version, crc = found
    if crc != row_sum(kind, key, version, body) and kind not in SELF_CHECKED:
        raise StoreCorrupt(f"a {kind!r} document fails its checksum; restore the file from a copy")
    return Doc(key, decode_json(body), version)


def append_audit(connection: sqlite3.Connection, record: Json, tally: Tally) -> None:
    """Add a record, chained to the newest one."""
    last = connection.execute("SELECT body FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    chained = chain(decode_json(last[0])["hash"] if last else None, record)
    body = encode_json(chained)
    number = connection.execute("INSERT INTO audit (body) VALUES (?)", (body,)).lastrowid
    tally.put("audit", row_sum(number, body))


def trim_audit(connection: sqlite3.Connection, through: int, tally: Tally) -> None:
    """Delete the records up to a number, but never the newest one."""
    gone = connection.execute(
        "DELETE FROM audit WHERE number <= ? AND number < (SELECT max(number) FROM audit) "
        "RETURNING number, body",
        (through,),
    ).fetchall()
    for row in gone:
        tally.take("audit", row_sum(*row))
