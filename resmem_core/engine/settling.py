"""What a person, or an agent that may, settles of what the memory decided: merges and conflicts."""

from __future__ import annotations

import asyncio

from resmem_core.engine import merges
from resmem_core.engine.namespace_state import NamespaceState
from resmem_core.engine.runtime import Runtime
from resmem_core.types import Memory, NamespaceLike


class Settling:
    """`split` of `ResilientMemory`."""

    _runtime: Runtime

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace."""
        raise NotImplementedError

    def split(self, namespace: NamespaceLike, id: str) -> list[Memory]:
        """Undo the merges of a memory: every message that went into it stands by itself again.

        Args:
            id: of the memory, or of a message that was merged into it.

        Returns:
            The memory itself first. Sleep does not merge them again.

        Raises:
            UnknownMemory: there is no such memory.
            InputError: nothing was merged into it.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("split")
        return merges.split(self.namespace_state(namespace), id)

    async def asplit(self, namespace: NamespaceLike, id: str) -> list[Memory]:
        """`split`, off the event loop."""
        return await asyncio.to_thread(self.split, namespace, id)
