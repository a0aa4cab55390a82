"""`make nightly`: would the tests notice? Small faults are put into the code, one at a time.

A mutant is a module with one comparison, sign, condition or number changed. It is killed when a
test of its area fails, or when the tests no longer end. The faults are drawn by a seed, so a
survivor can be looked at again; those in `NAMED` were survivors once and are always tried.

    python .ci/mutants.py                  # every area, 40 mutants each
    python .ci/mutants.py --sample 0       # the named ones alone
    python .ci/mutants.py gate --sample 200 --seed 7
"""

from __future__ import annotations

import argparse
import ast
import copy
import io
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NamedTuple

import hypothesis
import hypothesis.extra.numpy
import numpy as np  # noqa: F401 - as the others here, loaded once, before the forks
import pytest

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 600
"""Seconds that the tests of one mutant may take."""
FLOOR = 0.6
"""Share of the drawn mutants that has to be killed."""
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin")
"""Of pytest, which loads no other plugin: a mutant's tests begin in a second or two."""


class Area(NamedTuple):
    """Modules, and the tests that stand for them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = {
    "control": Area(
        ("resmem_core/control",),
        tuple(
            f"tests/control/test_{name}.py"
            for name in (
                "authority",
                "baseline",
                "controller",
                "latency",
                "layers",
                "pause",
                "profile",
                "sequences",
                "shipped",
                "signs",
                "stability",
            )
        ),
    ),
    "gate": Area(
        ("resmem_core/memory/gate",),
        tuple(
            f"tests/memory/test_{name}.py"
            for name in ("gate", "features", "hindsight", "dedup", "screen", "agent_threads")
        ),
    ),
    "kill switch": Area(
        ("resmem_core/engine/policy/kill_switch.py",), ("tests/engine/test_kill_switch.py",)
    ),
    "policy": Area(
        ("resmem_core/learning/policy.py", "resmem_core/engine/policy/policies.py"),
        ("tests/learning/test_policy.py", "tests/engine/test_policies.py"),
    ),
}


class Mutant(NamedTuple):
    """A module's text with one change, and the tests that should fail."""

    path: str
    what: str
    source: str
    tests: tuple[str, ...]


NAMED = [
    ("resmem_core/memory/recall/features.py", "EXACT: Final = 256", "EXACT: Final = 1",
     ("tests/memory/test_codes.py::test_the_best_hundred_are_compared_in_full",)),
    ("resmem_core/memory/recall/features.py", "_LINKING: Final = 16", "_LINKING: Final = 1",
     ("tests/memory/test_recall.py::test_every_good_answer_passes_content_on",)),
    ("resmem_core/engine/policy/kill_switch.py", "AGE = 0.5", "AGE = 5000",
     ("tests/engine/test_kill_switch.py::test_another_worker_obeys_within_a_second",)),
    ("resmem_core/control/explain.py", '"perspective": survived > stress > 0',
     '"perspective": True',
     ("tests/control/test_controller.py::test_perspective_needs_less_stress_than_was_survived",)),
]  # fmt: skip


# -- the faults

_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_REVERSED = {ast.Lt: ast.Gt, ast.LtE: ast.Gt, ast.Gt: ast.Lt, ast.GtE: ast.Lt}
_COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
Edit = Callable[[ast.AST], None]


def edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    """What can be changed at one node."""
    match node:
        case ast.Compare(ops=[op]):
            for table in (_COMPARED, _REVERSED):
                if type(op) in table:
                    other = table[type(op)]
                    yield f"{type(op).__name__} -> {other.__name__}", _set("ops", [other()])
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            other = _COMPUTED[type(op)]
            yield f"{type(op).__name__} -> {other.__name__}", _set("op", other())
        case ast.BoolOp(op=op):
            other = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} -> {other.__name__}", _set("op", other())
        case ast.IfExp() | ast.If():
            yield "condition -> True", _set("test", ast.Constant(True))
            yield "condition -> False", _set("test", ast.Constant(False))
        case ast.Constant(value=bool() as value):
            yield f"{value} -> {not value}", _set("value", not value)
        case ast.Constant(value=int() | float() as value):
            for other in {value + 1, value * 2, 1} - {value}:
                yield f"{value} -> {other}", _set("value", other)


def _set(name: str, value: object) -> Edit:
    return lambda node: setattr(node, name, value)


def mutants(path: Path, tests: tuple[str, ...]) -> Iterator[Mutant]:
    """Every mutant of a module; annotations, docstrings and `__all__` are left alone."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(n) for node in ast.walk(tree) for n in _unread(node)}
    name = str(path.relative_to(ROOT))
    for at, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for what, edit in edits(node):
            other = copy.deepcopy(tree)
            edit(list(ast.walk(other))[at])
            line = getattr(node, "lineno", 0)
            yield Mutant(name, f"line {line}: {what}", ast.unparse(other), tests)


def _unread(node: ast.AST) -> Iterator[ast.AST]:
    """What Python does not act upon."""
    for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if part is not None:
            yield from ast.walk(part)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield from ast.walk(node)


def named() -> Iterator[Mutant]:
    """The mutants that survived once."""
    for path, line, other, tests in NAMED:
        source = (ROOT / path).read_text("utf-8")
        if line not in source:
            raise SystemExit(f"{path} no longer has  {line}")
        yield Mutant(path, other, source.replace(line, other), tests)


def drawn(names: list[str], sample: int, seed: int) -> Iterator[tuple[str, list[Mutant]]]:
    """Some mutants of every area."""
    for name in names:
        area = AREAS[name]
        files = [f for m in area.modules for f in sorted((ROOT / m).rglob("*.py")) or [ROOT / m]]
        every = [mutant for file in files for mutant in mutants(file, area.tests)]
        yield name, random.Random(seed).sample(every, min(sample, len(every)))


# -- the trial


def killed(mutant: Mutant) -> bool:
    """Whether a test fails in a process of its own that loads the mutant in the module's place."""
    child = os.fork()
    if child == 0:
        os.setsid()
        _try(mutant)
    _, status = os.waitpid(child, 0)
    return status != 0


def _try(mutant: Mutant) -> None:
    """Run the tests, quietly; the exit status is pytest's, a signal where they do not end."""
    signal.alarm(LIMIT)
    theirs = SourceFileLoader.get_code
    place = str(ROOT / mutant.path)

    def code(self: SourceFileLoader, fullname: str) -> object:
        if self.get_filename(fullname) == place:
            return compile(mutant.source, place, "exec")
        return theirs(self, fullname)

    SourceFileLoader.get_code = code  # type: ignore[method-assign, assignment]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        rc = pytest.main([*OPTIONS, *mutant.tests], [_Same()])
    os._exit(int(rc))


class _Same:
    """Draws the same examples for every mutant."""

    def pytest_configure(self) -> None:
        """Once pytest is there."""
        hypothesis.settings.register_profile("same", derandomize=True, database=None)
        hypothesis.settings.load_profile("same")


def check_baseline(tests: set[tuple[str, ...]]) -> None:
    """Without a fault the tests pass: otherwise everything would count as killed."""
    path = "resmem_core/__init__.py"
    for some in sorted(tests):
        if killed(Mutant(path, "nothing", (ROOT / path).read_text("utf-8"), some)):
            raise SystemExit(f"without a fault these fail: {' '.join(some)}")


def main() -> int:
    """Try them; 1 when a named mutant or too many others survive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "areas", nargs="*", choices=[*AREAS, []], metavar="AREA", help=", ".join(AREAS)
    )
    parser.add_argument("--sample", type=int, default=40, help="mutants per area")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(ROOT))
    areas = given.areas or list(AREAS)
    wanted = {AREAS[name].tests for name in areas if given.sample}
    check_baseline({tests for *_, tests in NAMED} | wanted)
    bad = [mutant for mutant in named() if not killed(mutant)]
    print(f"named: {len(NAMED) - len(bad)} of {len(NAMED)} killed", flush=True)
    dead = tried = 0
    for name, some in drawn(areas, given.sample, given.seed):
        left = [mutant for mutant in some if not killed(mutant)]
        tried, dead = tried + len(some), dead + len(some) - len(left)
        print(f"{name}: {len(some) - len(left)} of {len(some)} killed", flush=True)
        for mutant in left:
            print(f"  survives: {mutant.path}, {mutant.what}", flush=True)
    for mutant in bad:
        print(f"  survives: {mutant.path}, {mutant.what}")
    score = dead / tried if tried else 1.0
    print(f"score {score:.2f} ({dead} of {tried}), floor {FLOOR}")
    return int(bool(bad) or score < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
