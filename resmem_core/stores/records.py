"""The statements that write documents and audit records."""

from __future__ import annotations

import sqlite3

from resmem_core.audit import chain
from resmem_core.errors import Conflict
from resmem_core.protocols import Json, PutDoc
from resmem_core.stores.codec import checked, decode_json, encode_json


def put_doc(connection: sqlite3.Connection, op: PutDoc) -> None:
    """Write a document.

    Raises:
        Conflict: it is not at the version that was expected.
    """
    kind, key, body = checked(op.kind), checked(op.key), encode_json(op.body)
    if op.expect is None:
        connection.execute(
            "INSERT INTO docs (kind, key, version, body) VALUES (?, ?, 1, ?) "
            "ON CONFLICT DO UPDATE SET version = version + 1, body = excluded.body",
            (kind, key, body),
        )
        return
    if op.expect == 0:
        done = connection.execute(
            "INSERT INTO docs (kind, key, version, body) VALUES (?, ?, 1, ?) "
            "ON CONFLICT DO NOTHING",
            (kind, key, body),
        )
    else:
        done = connection.execute(
            "UPDATE docs SET version = version + 1, body = ? "
            "WHERE kind = ? AND key = ? AND version = ?",
            (body, kind, key, op.expect),
        )
    if done.rowcount != 1:
        raise Conflict(
            f"the {op.kind!r} document is no longer at version {op.expect}; read it again and retry"
        )


def append_audit(connection: sqlite3.Connection, record: Json) -> None:
    """Add a record, chained to the newest one."""
    last = connection.execute("SELECT body FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    chained = chain(decode_json(last[0])["hash"] if last else None, record)
    connection.execute("INSERT INTO audit (body) VALUES (?)", (encode_json(chained),))
