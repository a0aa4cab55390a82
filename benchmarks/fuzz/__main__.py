"""Fuzz one target with atheris: `python -m benchmarks.fuzz TARGET [libFuzzer options] [corpus]`.

An input that breaks a promise is written to the current folder; put it into `tests/data/fuzz/`
as `TARGET-what`, where every run of the tests tries it again.
"""

from __future__ import annotations

import sys

try:
    import atheris
except ImportError:
    raise SystemExit("fuzzing needs atheris: pip install atheris (CPython 3.11 to 3.13)") from None

with atheris.instrument_imports(include=["resmem_core"]):
    from benchmarks.fuzz.targets import TARGETS, run


def main() -> None:
    """Run until an input breaks a promise, or the options end it."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"which target? {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, lambda data: run(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
