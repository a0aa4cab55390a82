"""Imported messages as benchmarks take them."""

from __future__ import annotations

from dataclasses import replace

from resmem_core.importers import Imported


def as_written(item: Imported) -> Imported:
    """The message under the id of its file, by which questions name their evidence."""
    if item.own is None:
        return item
    return replace(item, message=replace(item.message, id=item.own))
