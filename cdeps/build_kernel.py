"""Describes the extension `resmem_core._kernel` to cffi; setup.py builds it.

The declarations are read from the C headers themselves, so they cannot drift apart. The
extension is optional: without a compiler the package installs and runs on NumPy.
"""

from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
SOURCES = ("profile", "hormones", "layers", "knobs", "tick", "heads", "recall", "late")
FLAGS = [
    "-std=c99", "-O3", "-Wall", "-Wextra",  # our own sources add more in inner.h
    "-fno-math-errno",  # square roots may use vectors: nobody reads errno
    "-fno-trapping-math",  # nor floating-point traps
    "-ffp-contract=off",  # the same bits with and without FMA
]  # fmt: skip


def declarations() -> str:
    """The headers without preprocessor lines."""
    text = "".join((HERE / name).read_text("utf-8") for name in ("resmem_types.h", "resmem.h"))
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef(declarations())
ffibuilder.set_source(
    "resmem_core._kernel",
    '#include "resmem.h"',
    sources=[f"cdeps/{name}.c" for name in SOURCES],
    include_dirs=["cdeps"],
    depends=[f"cdeps/{path.name}" for path in sorted(HERE.glob("*.h"))],
    extra_compile_args=FLAGS,
    libraries=["m"],
    optional=True,
)
