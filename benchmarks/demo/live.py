"""`resmem demo --live`: the console beside the replay, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from resmem_core.types import Namespace

PACE: Final = 0.25
"""Seconds between two turns, so that a person can follow."""


@contextmanager
def shown(
    live: bool, db: str, namespace: Namespace, *, pace: float = PACE, stay: bool = True
) -> Iterator[Callable[[], None]]:
    """Serve the console while the replay runs, and afterwards until Ctrl+C.

    Args:
        live: whether to serve it at all.
        stay: whether to wait for Ctrl+C at the end.

    Yields:
        What to call after each turn.
    """
    if not live:
        yield lambda: None
        return
    command = [sys.executable, "-m", "resmem_core", "serve", "--db", db, "--port", "0"]
    console = subprocess.Popen([*command, "-n", "/".join(namespace), "--open"])
    try:
        yield lambda: time.sleep(pace)
        if stay:
            console.wait()
    except KeyboardInterrupt:  # the way to end it
        pass
    finally:
        console.terminate()
        console.wait()
