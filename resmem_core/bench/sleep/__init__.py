"""What consolidation costs, and what a memory looks like after months of it."""

from resmem_core.bench.sleep.command import sleep

__all__ = ["sleep"]
