"""What a person, or an agent that may, settles of what the memory decided: merges and conflicts."""

from __future__ import annotations

from resmem_core.engine.base.event_loop import read_aside, write_aside
from resmem_core.engine.correcting import conflicts, merges
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.engine.state.runtime import Runtime
from resmem_core.types import Conflicting, Memory, NamespaceLike


class Settling:
    """`split`, `conflicts` and `settle` of `ResilientMemory`."""

    _runtime: Runtime

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace."""
        raise NotImplementedError

    def split(self, namespace: NamespaceLike, id: str, *, actor: str | None = None) -> list[Memory]:
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
        with self._runtime.acting(actor):
            return merges.split(self.namespace_state(namespace), id)

    def conflicts(self, namespace: NamespaceLike) -> list[Conflicting]:
        """Pairs of current memories of which the newer may contradict the older, newest first.

        What is only suspected closes nothing: `Hit.conflict` flags it, and `settle` ends it.
        """
        self._runtime.check_open()
        return conflicts.conflicts(self.namespace_state(namespace))

    def settle(
        self,
        namespace: NamespaceLike,
        holds: str,
        other: str,
        *,
        both: bool = False,
        actor: str | None = None,
    ) -> Memory:
        """Settle a conflict: one memory holds and the other is closed, linked, never deleted.

        Args:
            holds: id of the memory that holds. other: id of the one that it is in conflict with.
            both: both hold, they were no contradiction.

        Returns:
            The memory that holds. `restore` takes the closing back.

        Raises:
            UnknownMemory: one of the two is not there.
            InputError: the two are not marked as a conflict.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("settle")
        with self._runtime.acting(actor):
            return conflicts.settle(self.namespace_state(namespace), holds, other, both=both)

    asplit = write_aside(split)
    aconflicts = read_aside(conflicts)
    asettle = write_aside(settle)
