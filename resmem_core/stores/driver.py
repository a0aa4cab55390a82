"""SQLite as this process uses it: Python's own, or SQLCipher where a key for its files is set.

The key comes from where the process runs, `RESMEM_STORE_KEY`, and is read once: 64 hexadecimal
digits are the key itself (`openssl rand -hex 32`), anything else a passphrase, from which SQLCipher
derives one at every opening, which takes about a tenth of a second.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from resmem_core.errors import missing_extra

_KEY: Final = os.environ.get("RESMEM_STORE_KEY", "")

ENCRYPTED: Final = bool(_KEY)
"""Whether every file of SQLite that this process writes is encrypted."""

if TYPE_CHECKING or not ENCRYPTED:
    import sqlite3
else:
    try:
        from sqlcipher3 import dbapi2 as sqlite3
    except ImportError as error:
        raise missing_extra("encrypted", "sqlcipher3") from error

__all__ = ["ENCRYPTED", "connect", "sqlite3"]


def connect(path: str, **settings: Any) -> sqlite3.Connection:
    """`sqlite3.connect`, with the key where there is one."""
    connection: sqlite3.Connection = sqlite3.connect(path, **settings)
    if ENCRYPTED and path != ":memory:":
        raw = f"x'{_KEY}'" if re.fullmatch("[0-9a-fA-F]{64}", _KEY) else _KEY
        connection.execute('PRAGMA key = "{}"'.format(raw.replace('"', '""')))
    return connection
