"""How a namespace leaves a memory as lines, and comes into another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from resmem_core.engine.base.event_loop import write_aside
from resmem_core.engine.keeping import portable
from resmem_core.engine.keeping.portable import Carried
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.engine.state.runtime import Runtime
from resmem_core.types import NamespaceLike, check_namespace


class Carrying:
    """`export` and `import_` of `ResilientMemory`."""

    _runtime: Runtime

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace."""
        raise NotImplementedError

    def export(self, namespace: NamespaceLike) -> Iterator[str]:
        """Everything of the namespace, a line of JSON each: see `import_`.

        Memories with credit, uses, links, tiers, pins, wordings and sources, what sleep forgot,
        what was learnt, tombstones with their key, and verdicts. Vectors are left out.
        """
        name = check_namespace(namespace)
        self._runtime.check_open()
        return portable.exported(self._runtime.store, name)

    def import_(self, lines: Iterable[str], namespace: NamespaceLike | None = None) -> Carried:
        """Take in what `export` gave; exported again it is the same, byte by byte.

        What is there already is passed over, so that an import that stopped half way goes on
        when it is run again. What was forgotten here stays forgotten.

        Args:
            lines: as `export` gave them, or a file of them.
            namespace: where they go; where they came from when None.

        Raises:
            InputError: a line cannot be read; it is named, and nothing was written.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("import")
        return portable.imported(self.namespace_state, lines, namespace)

    async def aexport(self, namespace: NamespaceLike) -> Iterator[str]:
        """`export`, read whole off the event loop."""
        return iter(await asyncio.to_thread(lambda: list(self.export(namespace))))

    aimport = write_aside(import_)
