"""Torch trains what is shipped; whoever does not train need not have it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHOUT = "import sys, pytest; sys.modules['torch'] = None; sys.exit(pytest.main(sys.argv[1:]))"


def pytest_without_torch(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest in a process in which `import torch` fails."""
    command = [sys.executable, "-c", WITHOUT, "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.nightly
def test_the_whole_suite_is_collected_without_torch() -> None:
    """No test and no module stumbles over its absence when it is imported."""
    run = pytest_without_torch("--collect-only")

    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]


def test_what_trains_is_skipped_without_torch() -> None:
    """The tests that need it are left out, not failed, and their neighbours run."""
    theirs = "tests/learning/test_bench_value.py"
    run = pytest_without_torch("training", "tests/training", theirs, "-k", "torch")

    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    assert "1 passed, 1 skipped" in run.stdout
