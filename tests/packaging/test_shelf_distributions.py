"""The thin distributions: they re-export the product, and build into what the shelves ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, run

SHELVES = ROOT / "shelves"
NAMES = ("langchain-resmem", "llama-index-memory-resmem")
CLASS = {"langchain-resmem": "ResmemMiddleware", "llama-index-memory-resmem": "ResmemMemory"}
MODULE = {
    "langchain-resmem": "langchain_resmem",
    "llama-index-memory-resmem": "llama_index.memory.resmem",
}


def project(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_products_version_and_needs_it(name: str) -> None:
    """One version for all; the dependency takes this one and no other series."""
    version = project(ROOT)["project"]["version"]  # type: ignore[index]
    told = project(SHELVES / name)["project"]

    assert (told["name"], told["version"]) == (name, version)  # type: ignore[index]
    assert any(f">={version}," in need for need in told["dependencies"])  # type: ignore[index]


def test_llamahub_finds_what_it_lists() -> None:
    """The import path and every author's class exist; no package takes the shared namespace."""
    folder = SHELVES / "llama-index-memory-resmem"
    hub = project(folder)["tool"]["llamahub"]  # type: ignore[index]
    code = (
        "import importlib; import llama_index.core; "
        f"m = importlib.import_module({hub['import_path']!r}); "
        f"print([n for n in {list(hub['class_authors'])!r} if not hasattr(m, n)])"
    )

    assert not (folder / "llama_index" / "__init__.py").exists()
    assert not (folder / "llama_index" / "memory" / "__init__.py").exists()
    assert printed(folder, code) == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_it_re_exports_the_products_own_objects(name: str) -> None:
    """The same class under both names."""
    home = "resmem_langchain" if name.startswith("langchain") else "resmem_llamaindex"
    code = (
        f"import {home} as home; from {MODULE[name]} import {CLASS[name]} as thin; "
        f"print(thin is home.{CLASS[name]})"
    )

    assert printed(SHELVES / name, code) == "True"


def printed(folder: Path, code: str) -> str:
    """What a fresh interpreter prints that sees the folder as if it were installed."""
    places = os.pathsep.join(map(str, (folder, ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": places},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_its_notebook_runs(name: str, tmp_path: Path) -> None:
    """Every code cell in order, offline, in an empty folder, through the thin package alone."""
    notebook = json.loads((SHELVES / name / "examples" / "memory.ipynb").read_text("utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    places = os.pathsep.join(str(place) for place in (SHELVES / name, ROOT))

    done = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": places}, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "lease.pdf" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
    assert all(c.get("outputs", []) == [] for c in notebook["cells"])


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_the_wheel_holds_the_thin_package_alone(name: str, tmp_path: Path) -> None:
    """Built from this repository; beside its metadata only the re-exporting package."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, SHELVES / name)
    (wheel,) = tmp_path.glob("*.whl")
    names = [n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n]

    assert all(n.startswith(MODULE[name].replace(".", "/") + "/") for n in names)
    assert any(n.endswith("py.typed") for n in names)
