"""A query that says how many nodes it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llama_index.core.schema import QueryBundle

from resmem_core.types import check_number

MAX_K: Final = 1_000
"""Nodes that one query may ask for."""


@dataclass
class ResmemQuery(QueryBundle):
    """
    A query that says how many nodes it wants; works in any retriever of this package.

    Args:
        top_k (int): 1 to 1,000; the session's `retrieve_k` knob when None.

    Examples:
        ```python
        nodes = retriever.retrieve(ResmemQuery("Where do I live?", top_k=3))
        ```
    """

    top_k: int | None = None


def asked_k(query: QueryBundle) -> int | None:
    """The query's own k (`top_k` on the bundle), or None.

    Raises:
        InputError: it is not a number from 1 to 1,000.
    """
    k = getattr(query, "top_k", None)
    return None if k is None else int(check_number("top_k", k, 1, MAX_K))
