"""The package's surface: names, missing extras, serialization."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import resmem_langchain

ROOT = Path(resmem_langchain.__file__).parent


def test_all_is_sorted_and_complete():
    """`__all__` is what there is: every public name resolves, in order."""
    assert resmem_langchain.__all__ == sorted(resmem_langchain.__all__, key=str)
    for name in resmem_langchain.__all__:
        assert getattr(resmem_langchain, name) is not None
    assert dir(resmem_langchain) == resmem_langchain.__all__


def test_names_are_no_modules():
    """Importing a submodule does not hide a public name of the same spelling."""
    for path in ROOT.glob("*.py"):
        if path.stem != "__init__":
            importlib.import_module(f"resmem_langchain.{path.stem}")

    assert not [
        n for n in resmem_langchain.__all__ if inspect.ismodule(vars(resmem_langchain).get(n))
    ]


def test_unknown_names():
    """A misspelled name is an AttributeError."""
    with pytest.raises(AttributeError, match="ResmemMidleware"):
        resmem_langchain.ResmemMidleware  # noqa: B018


@pytest.mark.parametrize("name", resmem_langchain.__all__)
def test_public_names_are_documented(name):
    """Every public name says what it is."""
    assert inspect.getdoc(getattr(resmem_langchain, name))


MISSING = [
    ("ResmemMiddleware", "langchain", "langchain", "langchain"),
    ("ResmemMiddleware", "langchain_core", "langchain", "langchain"),
    ("ResmemStore", "langgraph", "langgraph", "langgraph"),
    ("ResmemMemory", "langchain_classic", "classic", "langchain_classic"),
    ("ResmemRetriever", "langchain_core", "langchain", "langchain_core"),
    ("ResmemCallbackHandler", "langchain_core", "langchain", "langchain_core"),
    ("ResmemChatMessageHistory", "langchain_core", "langchain", "langchain_core"),
    ("LangChainEmbedder", "langchain_core", "langchain", "langchain_core"),
    ("tuned", "langchain_core", "langchain", "langchain_core"),
    ("memory_tools", "langchain_core", "langchain", "langchain_core"),
]


@pytest.mark.parametrize(("name", "missing", "extra", "package"), MISSING)
def test_a_missing_extra_names_the_install(name, missing, extra, package):
    """Without the extra, the import error is the command that installs it."""
    code = f"""
        import sys
        sys.modules[{missing!r}] = None
        import resmem_langchain
        from resmem_core.errors import MissingExtra
        try:
            resmem_langchain.{name}
        except MissingExtra as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == (
        f"{package} is not installed: run  pip install 'resilient-memory[{extra}]'"
    ), done.stderr


def test_the_package_alone_imports_nothing():
    """`import resmem_langchain` costs no framework import."""
    code = "import sys, resmem_langchain; print([m for m in sys.modules if m.startswith('lang')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_what_is_serializable():
    """Things that hold a live memory are not LangChain-serializable, and say so."""
    for name in ("ResmemRetriever", "ResmemMemory", "TunedModel"):
        assert not getattr(resmem_langchain, name).is_lc_serializable()
    from resmem_langchain.offline import QuotingChatModel

    assert not QuotingChatModel.is_lc_serializable()


def test_it_is_typed():
    """The package says that it has types."""
    assert (ROOT / "py.typed").exists()
