"""`make test-matrix`: the suites against the lowest and the newest supported frameworks.

Each row gets a virtual environment of its own under .matrix/, kept for the next run. `bare` has
no optional dependency, `no-compiler` runs on the NumPy reference, and `no-torch` runs the whole
suite with everything installed that is not there for training.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TOOLS = ["pytest", "pytest-asyncio", "pytest-socket", "hypothesis", "blockbuster"]


class Row(NamedTuple):
    """An environment: extras, pins over their bounds, further packages, what to test."""

    extras: str
    pins: tuple[str, ...]
    packages: tuple[str, ...]
    tests: tuple[str, ...]
    compiler: bool = True


LANGCHAIN = ("langchain-tests", "langchain-openai", "langchain-anthropic", "langchain-ollama")
LLAMA = ("llama-index-llms-ollama", "llama-index-llms-openai")
CLONE = (f"--editable={ROOT / 'benchmarks'}", f"--editable={ROOT / 'training'}")
CORE = ("tests/engine", "tests/stores", "tests/memory", "tests/control", "tests/kernel")

ROWS = {
    "bare": Row("", (), (), CORE),
    "no-compiler": Row("", (), (), ("tests/engine", "tests/control"), compiler=False),
    "semantic": Row(
        "semantic", (), ("tokenizers",),
        tuple(f"tests/memory/test_{name}.py" for name in ("wordpiece", "minilm", "late")),
    ),
    "no-torch": Row("all,demo,dev", (), CLONE, ("tests", "benchmarks", "training")),
    "langchain-lowest": Row(
        "langchain,classic,ollama",
        (
            "langchain==1.2.15", "langchain-core==1.2.13", "langgraph==1.1.5",
            "langgraph-checkpoint==4.3.2", "langgraph-prebuilt==1.0.10",
            "langchain-classic==1.0.1",
        ),
        (
            "langchain-openai==1.1.8", "langchain-anthropic==1.3.2", "langchain-ollama==1.0.1",
            "langchain-tests==1.1.5",
        ),
        ("tests/langchain",),
    ),
    "langchain-newest": Row("langchain,classic,ollama", (), LANGCHAIN, ("tests/langchain",)),
    "llamaindex-lowest": Row(
        "llamaindex,ollama", ("llama-index-core==0.14.8",), LLAMA, ("tests/llamaindex",)
    ),
    "llamaindex-newest": Row("llamaindex,ollama", (), LLAMA, ("tests/llamaindex",)),
}  # fmt: skip


def main(names: list[str]) -> int:
    """Run the rows; the number of rows that failed is the exit code."""
    failed = [name for name in names or list(ROWS) if not passes(name, ROWS[name])]
    print(f"{len(failed)} failed: {', '.join(failed) or 'none'}")
    return len(failed)


def passes(name: str, row: Row) -> bool:
    """Make the environment where it is missing, and run the row's tests in it."""
    home = ROOT / ".matrix" / name
    python = home / "bin/python"
    environment = dict(os.environ)
    if not row.compiler:
        environment |= {"CC": "/bin/false"}
    if not python.exists():
        venv.create(home, with_pip=True)
        target = f"{ROOT}[{row.extras}]" if row.extras else str(ROOT)
        wanted = [target, *row.pins, *row.packages, *TOOLS]
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *wanted], check=True, env=environment
        )
    print(f"== {name}: {' '.join(row.tests)}", flush=True)
    warned = [] if row.compiler else ["-W", "default::RuntimeWarning"]
    run = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *warned, *row.tests]
    return subprocess.run(run, cwd=ROOT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
