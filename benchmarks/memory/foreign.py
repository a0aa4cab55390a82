"""Questions of ours that no conversation answers, small talk included."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def foreign() -> tuple[tuple[str, str], ...]:
    """Kind ("knowledge", "task", "personal" or "small talk") and text of each."""
    lines = (Path(__file__).parent / "data" / "foreign.jsonl").read_text(encoding="utf-8")
    return tuple((row["kind"], row["text"]) for row in map(json.loads, lines.splitlines()))
