"""A hostile text costs what its length costs: no pattern is worse than linear in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from resmem_core.engine.writing import hearing
from resmem_core.memory.privacy import screen
from resmem_core.memory.privacy.directives import label_orders, orders
from resmem_core.memory.privacy.evidence import statements
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.memory.text import standing
from resmem_core.types import MAX_TEXT

READERS: dict[str, Callable[[str], Any]] = {
    "redact": PatternRedactor().redact, "orders": orders, "label": label_orders,
    "statements": statements, "score": screen.injection_score, "clean": screen.clean,
    "heard": hearing.heard, "failure": hearing.reports_failure, "wishes": standing.wishes,
}  # fmt: skip
HOSTILE = ("-", "a.", "a_", "1-", "always ", "a@", "&#1;", "password=", "\n", "x ")
BOUND = 2.0
"""Processor seconds for 16,000 characters: several times what the slowest takes; what is quadratic
takes more."""


@pytest.mark.parametrize("part", HOSTILE)
def test_no_reader_stalls(part: str) -> None:
    """Whatever is repeated as often as a message may hold it."""
    text = (part * MAX_TEXT)[:MAX_TEXT]
    for name, read in READERS.items():
        before = time.process_time()
        read(text)
        assert time.process_time() - before < BOUND, name
