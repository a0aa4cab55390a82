"""The extension as it was built, or not, and what crosses the border to it.

Status codes stop here: what the kernel refuses is a KernelError, and nothing was changed.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resmem_core.errors import KernelError

INTERFACE: Final = 2
"""The declarations in cdeps/resmem_types.h that this package calls."""

ffi: Any = None
lib: Any = None
try:
    from resmem_core._kernel import ffi as _ffi
    from resmem_core._kernel import lib as _lib

    if getattr(_lib, "RSM_INTERFACE", 0) != INTERFACE:
        raise ImportError("built from the sources of another version")
    ffi, lib = _ffi, _lib
except ImportError:  # installed without a C compiler, or the sources are newer than what was built
    warnings.warn(
        "the C kernel of resilient-memory was not built, so the slower NumPy reference runs; "
        "install a C compiler (Debian/Ubuntu: apt install gcc python3-dev; macOS: "
        "xcode-select --install), then run  pip install --force-reinstall --no-deps "
        "--no-binary resilient-memory resilient-memory",
        RuntimeWarning,
        stacklevel=2,
    )

COMPILED: Final = lib is not None
"""True when the C kernel runs, False on the NumPy reference."""

REFUSED: Final = (3, 4)
"""Statuses that mean: a number of the input cannot be used."""

REASONS: Final = {
    1: "a size is zero or over its limit",
    2: "an array is missing",
    3: "a number is NaN or infinite",
    4: "a number is out of its range",
    5: "the profile, the rates or the value head was not accepted",
    6: "an output overlaps another array",
}
"""Status → what it means."""


def ok(what: str, status: int) -> None:
    """Raise a KernelError unless the status is 0."""
    if status:
        raise KernelError(f"{what} refused its input: {REASONS[status]}; nothing was changed")


def readable(array: NDArray[Any], kind: str = "double[]") -> Any:
    """The array as an input of C; it keeps the array alive."""
    return ffi.from_buffer(kind, array)


def writable(array: NDArray[Any], kind: str = "double[]") -> Any:
    """The array as an output of C; it keeps the array alive."""
    return ffi.from_buffer(kind, array, require_writable=True)


def numbers(what: str, value: Any, kind: Any) -> Any:
    """A contiguous array of that kind, or a KernelError."""
    try:
        return np.ascontiguousarray(value, dtype=kind)
    except (TypeError, ValueError) as error:
        raise KernelError(f"{what} needs numbers: {error}") from error
