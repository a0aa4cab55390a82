"""The numeric kernel: C where it was built, the NumPy reference where it was not."""

from __future__ import annotations

from resmem_core._reference import start, tick

__all__ = ["start", "tick"]
