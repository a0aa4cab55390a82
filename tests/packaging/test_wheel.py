"""What is shipped is the product, and a user's tools can read it."""

from __future__ import annotations

import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, run

PACKAGES = ("resmem_core", "resmem_langchain", "resmem_llamaindex")


def test_the_packages_that_are_found_are_the_products():
    """The pattern of pyproject.toml takes in the three packages and nothing beside them."""
    setuptools = pytest.importorskip("setuptools")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]

    found = setuptools.find_packages(ROOT, **settings["packages"]["find"])

    assert {name.partition(".")[0] for name in found} == set(PACKAGES)


@pytest.mark.nightly
def test_the_wheel_carries_the_product_alone(wheel: Path):
    """No benchmark, training or test; the data, the compiled kernel and `py.typed` are in it."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    words = ("bench", "train", "test_", "/demo", ".jsonl")

    assert tops == {*PACKAGES, "resilient_memory-0.2.0.dist-info"}
    assert not [name for name in names if any(word in name for word in words)]
    assert not [name for name in names if name.endswith((".c", ".h"))]
    assert {f"{package}/py.typed" for package in PACKAGES} < set(names)
    for data in [*ROOT.glob("resmem_core/**/*.json"), *ROOT.glob("resmem_core/**/*.npz")]:
        assert str(data.relative_to(ROOT)) in names
    assert [name for name in names if name.startswith("resmem_core/_kernel.abi3")]


@pytest.mark.nightly
def test_an_install_is_typed(installed: Path, tmp_path: Path):
    """From a wheel and in place, both checkers hold a user's code to the installed package."""
    shutil.copy(ROOT / "tests/typing/api.py", tmp_path / "api.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    where = run(installed, "-c", "import resmem_core; print(resmem_core.__file__)", cwd=tmp_path)
    assert str(ROOT) + "/" not in where

    run(
        sys.executable, "-m", "mypy", "--strict", "--python-executable", installed, "api.py",
        cwd=tmp_path,
    )  # fmt: skip
    run(sys.executable, "-m", "basedpyright", "--pythonpath", installed, "api.py", cwd=tmp_path)


@pytest.mark.nightly
def test_without_its_type_marker_it_would_not_be(installed: Path, tmp_path: Path):
    """The check above reads the installed package: an untyped one fails it."""
    shutil.copy(ROOT / "tests/typing/api.py", tmp_path / "api.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", sys.executable]
    (tmp_path / "resmem_core.py").write_text("class ResilientMemory: ...\n")

    with pytest.raises(AssertionError, match="has no attribute"):
        run(*command, "api.py", cwd=tmp_path)
