"""A copy of the tree, built and installed as a user gets it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What the command prints; its whole output is in the failure."""
    outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MYPYPATH")}
    done = subprocess.run(
        command, cwd=cwd, env=outside, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git knows of this checkout, somewhere else."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    home = tmp_path_factory.mktemp("tree")
    for name in run("git", "ls-files").splitlines():
        if (ROOT / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, home / name)
    return home


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the tree."""
    home = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", home, tree)
    (made,) = home.glob("*.whl")
    return made


@pytest.fixture(scope="session", params=["wheel", "editable"])
def installed(
    request: pytest.FixtureRequest, tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The Python of an environment that has the package, and its dependencies from here."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    (libraries,) = home.glob("lib/python*/site-packages")
    (libraries / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    what = ["-e", tree] if request.param == "editable" else [request.getfixturevalue("wheel")]
    run(sys.executable, "-m", "pip", "--python", home, "install", "-q", "--no-deps", *what)
    return home / "bin/python"
