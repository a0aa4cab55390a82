"""The public surface: what it holds, how it is typed, what it refuses when it runs."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import resmem_core
from resmem_core import Message, ResilientMemory, Session, Signal, SignalName
from resmem_core.control.signals import SIGNALS, TEXT_SIGNALS, named
from resmem_core.errors import InputError, InputTypeError, NamespaceError

ROOT = Path(__file__).parents[2]
CHECKERS = {"mypy": ["mypy"], "pyright": ["basedpyright", "--pythonpath", sys.executable]}
PUBLIC = {"engine", "errors", "filters", "prompt", "protocols", "stores", "testing", "types"}
PLUMBING = [
    "missing_extra",
    "check_namespace",
    "Used",
    "Standing",
    "answer_signals",
    "tool_signals",
]


def test_all_is_sorted_documented_and_there():
    """Every public name resolves, in order, and says what it is."""
    assert resmem_core.__all__ == sorted(
        resmem_core.__all__, key=lambda name: (not name.isupper(), name)
    )
    for name in resmem_core.__all__:
        assert inspect.isclass(getattr(resmem_core, name)) is False or inspect.getdoc(
            getattr(resmem_core, name)
        )


@pytest.mark.parametrize("name", PLUMBING)
def test_plumbing_is_no_part_of_it(name):
    """What adapters share has its own modules, and is not on the surface."""
    assert not hasattr(resmem_core, name)


def test_every_setting_of_open_has_a_public_type():
    """Whoever calls `open` finds each type that it names on the surface, or in Python."""
    text = " ".join(
        str(p.annotation) for p in inspect.signature(ResilientMemory.open).parameters.values()
    )
    named_types = set(re.findall(r"\b[A-Z]\w+", text))

    assert named_types - set(resmem_core.__all__) == {
        "PathLike",
        "Callable",
        "Sequence",
        "None",
        "Generator",
    }


def test_a_star_import_needs_no_extra():
    """The surface loads without any optional package: Ollama's is asked for when it is used."""
    code = (
        "import sys\n"
        "for name in ('ollama', 'httpx', 'qdrant_client', 'torch', 'matplotlib'):\n"
        "    sys.modules[name] = None\n"
        "from resmem_core import *\n"
        "print(OllamaEmbedder.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "OllamaEmbedder\n"


def test_the_names_of_signals_are_one_list():
    """The `Literal` that a type checker reads is the list that a session takes."""
    assert get_args(SignalName) == (*SIGNALS, *TEXT_SIGNALS)


@pytest.mark.parametrize("name", ["latenzy", "text.", "", "text.joy", "LATENCY", " latency"])
def test_a_name_from_outside_is_checked(name):
    """An unknown signal is a typed error, whoever names it."""
    with pytest.raises(InputError, match="no signal"):
        named(name)


@pytest.mark.parametrize("name", [None, 7, b"latency", ["latency"], ("latency",)])
def test_a_name_that_is_no_str_is_a_type_error(name):
    """Also one that cannot be hashed."""
    with pytest.raises(InputTypeError):
        named(name)
    with ResilientMemory.open(":memory:") as memory, pytest.raises(InputTypeError):
        memory.session("1", namespace=("acme",)).signal(Signal(name, 1.0))


MALFORMED = [
    "acme", "", b"acme", bytearray(b"acme"), None, 7, 1.5, (), [], {"acme"}, {"acme": 1},
    frozenset({"acme"}), iter(("acme",)), object(), ("acme", ""), ("acme", " "), ("acme", None),
    ("acme", 7), ["acme", b"ada"], ("a\x1fb",), ("x" * 257,), (("acme",),), range(2), True,
]  # fmt: skip


@pytest.mark.parametrize("namespace", MALFORMED, ids=lambda value: type(value).__name__)
def test_what_is_no_namespace_is_a_typed_error_everywhere(namespace):
    """A str where a tuple is wanted is refused like any other, and nothing is read or written."""
    with ResilientMemory.open(":memory:") as memory:
        memory.session("1", namespace=("a", "c")).observe(Message("user", "I moved to Lisbon."))
        calls = [
            lambda: memory.session("1", namespace=namespace),
            lambda: memory.scan(namespace),
            lambda: memory.forget(namespace),
            lambda: memory.allow(namespace),
        ]
        if namespace is not None:
            calls.append(lambda: memory.sleep(namespace))
        for call in calls:
            with pytest.raises(NamespaceError):
                call()
        assert memory.store.namespaces() == [("a", "c")]


async def test_a_twin_refuses_it_too():
    """The async way in asks for the same namespace."""
    with ResilientMemory.open(":memory:") as memory:
        for namespace in ("acme", None, ()):
            with pytest.raises(NamespaceError):
                await memory.asession("1", namespace=namespace)
            with pytest.raises(NamespaceError):
                await memory.ascan(namespace)


def test_a_path_opens_the_file_that_its_text_names(tmp_path):
    """`open(Path)` and `open(str)` are the same memory."""
    with ResilientMemory.open(tmp_path / "m.db") as memory:
        memory.session("1", namespace=["acme"]).observe(Message("user", "I moved to Lisbon."))
    with ResilientMemory.open(str(tmp_path / "m.db")) as memory:
        assert [item.text for item in memory.scan(("acme",))] == ["I moved to Lisbon."]


class _Bytes:
    def __fspath__(self) -> bytes:
        return b"m.db"


@pytest.mark.parametrize(
    "location",
    [None, 7, b"m.db", _Bytes(), ["m.db"], object()],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_location_is_a_type_error(location):
    """Bytes too: which encoding they have nobody said."""
    with pytest.raises(InputTypeError, match="location"):
        ResilientMemory.open(location)


@pytest.mark.parametrize("owner", [ResilientMemory, Session])
def test_every_twin_has_the_signature_of_its_method(owner):
    """No `*args`: names, defaults, annotations and what comes back are the method's own."""
    found = inspect.getmembers(owner, inspect.iscoroutinefunction)
    twins = [name for name, _ in found if name.startswith("a")]

    assert len(twins) >= 6
    for twin in twins:
        method = getattr(owner, twin[1:], None) or getattr(owner, f"{twin[1:]}_")  # a keyword
        assert inspect.signature(getattr(owner, twin)) == inspect.signature(method)


@pytest.mark.parametrize("checker", CHECKERS)
def test_good_uses_pass_and_bad_ones_are_errors(checker):
    """`tests/typing/api.py` is read as both checkers read a user's code, in strict mode."""
    pytest.importorskip(CHECKERS[checker][0])
    command = [sys.executable, "-m", *CHECKERS[checker], "tests/typing/api.py"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_bad_use_states_the_errors_of_both_checkers():
    """Each function of wrong uses has an expected error in every statement."""
    text = (ROOT / "tests/typing/api.py").read_text("utf-8")
    lines = [line for line in text.splitlines() if "ignore[" in line]

    assert len(lines) > 50
    assert all("# type: ignore[" in line and "# pyright: ignore[" in line for line in lines)


def test_every_module_that_can_be_imported_says_whether_it_is_public():
    """Public is what a public package lists in `__all__`; whatever lies elsewhere says: private."""
    unsaid = []
    for found in pkgutil.walk_packages(resmem_core.__path__, "resmem_core."):
        first, *rest = found.name.split(".")[1:]
        doc = ast.get_docstring(ast.parse(_source(f"resmem_core.{first}"))) or ""
        public = first in PUBLIC and (not rest or "the modules below are private" in doc)
        if not (public or first.startswith("_") or doc.endswith("Private.")):
            unsaid.append(found.name)

    assert not unsaid


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return "" if spec is None or spec.loader is None else spec.loader.get_source(module) or ""  # type: ignore[attr-defined]
