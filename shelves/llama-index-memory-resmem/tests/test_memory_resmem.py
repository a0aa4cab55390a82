"""What LlamaHub's integrations assert: the base classes, by their names."""

from __future__ import annotations

from llama_index.core.memory import BaseMemory, BaseMemoryBlock
from llama_index.memory import resmem

import resmem_llamaindex


def test_the_classes_have_llamaindexs_bases() -> None:
    """By method resolution order, as the integrations of the repository do."""
    assert BaseMemory.__name__ in [kind.__name__ for kind in resmem.ResmemMemory.__mro__]
    assert issubclass(resmem.ResmemMemoryBlock, BaseMemoryBlock)


def test_it_exports_the_same_objects() -> None:
    """Nothing is wrapped: an isinstance check holds across both names."""
    for name in resmem.__all__:
        assert getattr(resmem, name) is getattr(resmem_llamaindex, name)
