"""`resmem serve` as a process: what it prints, what it refuses, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from resmem_core import ResilientMemory


@contextmanager
def started(cwd: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The running command; what is left of it at the end is stopped."""
    command = [sys.executable, "-P", "-m", "resmem_core", "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=cwd, env=os.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_prints_two_addresses_and_ends_quietly(tmp_path: Path) -> None:
    """An editor's and a viewer's; no request is logged, and Ctrl+C leaves no traceback."""
    ResilientMemory.open(tmp_path / "resmem.db").close()
    with started(tmp_path, "--json") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        told = json.loads("".join(lines))
        with httpx.Client(trust_env=False, follow_redirects=True) as client:
            page = client.get(told["url"])
            role = client.get(page.url.join("/api/role")).json()
        with httpx.Client(trust_env=False, follow_redirects=True) as client:
            seen = client.get(told["viewer_url"])
            lesser = client.get(seen.url.join("/api/role")).json()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert page.url.host == "127.0.0.1"
    assert (role["role"], lesser["role"]) == ("editor", "viewer")
    assert (out, err) == ("", "")


def test_a_mistyped_memory_is_not_begun(tmp_path: Path) -> None:
    """Unless one is asked for; and only loopback is bound."""
    with started(tmp_path, "--db", "typo.db") as process:
        _, err = process.communicate(timeout=60)
    with started(tmp_path, "--new", "--host", "0.0.0.0") as other:
        _, refused = other.communicate(timeout=60)

    assert (process.returncode, other.returncode) == (2, 2)
    assert "typo.db" in err
    assert "loopback" in refused
    assert list(tmp_path.iterdir()) == []
