"""`resmem report`: one self-contained page about a memory, from its store and its audit log.

Private.
"""

from resmem_core.report.facts import gather
from resmem_core.report.page import page

__all__ = ["gather", "page"]
