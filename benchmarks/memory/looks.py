"""What was looked at: each run on a set marked held-out is written down, so that looks count."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def note(path: Path, data: Path, result: Mapping[str, Any], now: datetime | None = None) -> int:
    """Append one look, before its figures are shown.

    Args:
        path: the ledger, one JSON object a line.
        data: the held-out file; its digest says which it was whatever it is called.
        result: of `run`.
        now: when; the machine's clock when None.

    Returns:
        How often these bytes were looked at so far, this time included.
    """
    digest = _digest(data)
    row = {
        "at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "data": data.name,
        "sha256": digest,
        "commit": _commit(),
        "embedder": result["embedder"],
        "recall10": result["recall"]["10"],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(row) + "\n")
    return _noted(path, digest)


def known(path: Path, data: Path) -> bool:
    """Whether these bytes were marked held-out before: each look counts, however it is asked for.

    Args:
        path: the ledger, which need not be there.
        data: what is named; a set of ours by its name is no file.
    """
    return path.is_file() and data.is_file() and _noted(path, _digest(data)) > 0


def _digest(data: Path) -> str:
    return hashlib.sha256(data.read_bytes()).hexdigest()


def _noted(path: Path, digest: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(json.loads(line)["sha256"] == digest for line in lines)


def _commit() -> str:
    """The short commit with a "+" where the tree differs from it; "" outside a clone."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
