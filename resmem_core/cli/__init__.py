"""The `resmem` command: thin over the public API; every command has --json.

Private.
"""

from resmem_core.cli.app import main

__all__ = ["main"]
