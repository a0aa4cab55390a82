"""Build the kernel under ASan and UBSan in a scratch folder and run its tests there.

    python cdeps/sanitize.py [pytest arguments]

Python's own allocator is bypassed (PYTHONMALLOC=malloc), so that every array has red zones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("cdeps", "resmem_core", "resmem_langchain", "resmem_llamaindex", "benchmarks", "tests")
FLAGS = (
    "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined "
    "-fno-omit-frame-pointer -DRSM_NO_CLONES"
)


def library(name: str) -> str:
    """Path of one of the compiler's run-time libraries."""
    compiler = os.environ.get("CC", "gcc")
    found = subprocess.run(
        [compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def main(arguments: list[str]) -> int:
    """The exit status of pytest over tests/kernel."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in FOLDERS:
            ignore = shutil.ignore_patterns("*.so", "__pycache__")
            shutil.copytree(ROOT / name, Path(scratch) / name, ignore=ignore)
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, scratch)
        built = subprocess.run(
            [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
            cwd=scratch,
            env=os.environ | {"CFLAGS": FLAGS, "LDFLAGS": "-fsanitize=address,undefined"},
            check=False,
        )
        if built.returncode or not list(Path(scratch, "resmem_core").glob("_kernel*.so")):
            print("the sanitized kernel could not be built", file=sys.stderr)
            return 1
        environment = os.environ | {
            "LD_PRELOAD": library("libasan.so"),
            "ASAN_OPTIONS": "detect_leaks=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": scratch,
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/kernel"]
        command += arguments
        return subprocess.run(command, check=False, cwd=scratch, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
