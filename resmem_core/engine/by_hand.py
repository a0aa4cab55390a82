"""What a person, or an agent that may, reads and corrects by hand, outside any session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypedDict, Unpack

from resmem_core.engine.base.event_loop import read_aside, write_aside
from resmem_core.engine.base.telemetry import traced
from resmem_core.engine.correcting import curation
from resmem_core.engine.reading import listing
from resmem_core.engine.reading.about import about
from resmem_core.engine.reading.selection import Selection
from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.engine.state.runtime import Runtime
from resmem_core.engine.writing import views
from resmem_core.filters import Filter
from resmem_core.types import Attribute, Hit, Memory, NamespaceLike, Page, Role, Trust, Version

Hits: TypeAlias = list[Hit]
Memories: TypeAlias = list[Memory]
Versions: TypeAlias = list[Version]


class Conditions(TypedDict, total=False):
    """Which memories are meant; see `resmem_core.engine.reading.selection.Selection`."""

    ids: Sequence[str] | None
    session: str | None
    author: str | None
    since: datetime | None
    until: datetime | None
    role: Role | None
    trust: Trust | None
    metadata: Filter | None
    query: str | None


class ByHand:
    """`get`, `list`, `search`, `as_of`, `update`, `pin`, `history`, `restore` of a memory."""

    _runtime: Runtime

    def namespace_state(self, namespace: NamespaceLike) -> NamespaceState:
        """The run-time mirror of a namespace."""
        raise NotImplementedError

    def _with_views(self, namespace: NamespaceLike) -> NamespaceState:
        """The mirror, with the items of other stores that were written since."""
        state = self.namespace_state(namespace)
        views.take_in(self._runtime, state)
        return state

    def _meant(self, selection: Selection) -> Selection:
        return selection.stored(self._runtime.components.redactor)

    # -- reading

    def get(self, namespace: NamespaceLike, id: str) -> Memory | None:
        """The memory of an id that any call returned; None where there is none.

        The id of a message that was merged gives the memory that it went into.
        """
        return curation.get(self.namespace_state(namespace), id)

    def list(
        self,
        namespace: NamespaceLike,
        *,
        as_of: datetime | None = None,
        forgotten: bool = False,
        limit: int = 100,
        cursor: str | None = None,
        **conditions: Unpack[Conditions],
    ) -> Page:
        """A page of the namespace's memories, in the order in which they came in.

        Args:
            as_of: as it was at that time, see `as_of`; naive times are UTC.
            forgotten: what sleep forgot and `restore` can take back, instead.
            limit: memories of a page, 1 to 10,000.
            cursor: `Page.cursor` of the page before; what is stored meanwhile shifts nothing.
            conditions: ids, session, author, role, trust, since, until, metadata (a filter, see
                `resmem_core.filters`); all that are given must hold.
        """
        return listing.page(
            self._with_views(namespace), self._meant(Selection(**conditions)), as_of=as_of,
            forgotten=forgotten, limit=limit, cursor=cursor,
        )  # fmt: skip

    def about(self, namespace: NamespaceLike) -> tuple[Attribute, ...]:
        """What people said of themselves that has one value at a time, and their standing wishes.

        Name, home, work, diet, a dentist, a favourite colour: each as it holds now, with the memory
        that says so. Edit or forget that memory (`update`, `forget`), or let the person say
        otherwise, and it changes. `resmem_core.engine.filled` puts it into a pydantic
        model.
        """
        return about(self.namespace_state(namespace))

    @traced("search_memory")
    def search(
        self,
        namespace: NamespaceLike,
        question: str,
        *,
        k: int = 8,
        diversity: float = 0.0,
        as_of: datetime | None = None,
        min_relevance: float = 0.0,
        **conditions: Unpack[Conditions],
    ) -> Hits:
        """The k memories that answer best; no session, no credit, no signal.

        Args:
            question: at most 16,000 characters.
            k: how many, 1 to 10,000.
            diversity: 0 for relevance alone, 1 for difference alone.
            as_of: among what there was at that time, see `as_of`.
            min_relevance: hits below it are left out, small talk and bare questions too where it
                is above 0.
            conditions: as for `list`.

        Raises:
            InputError, TooLarge: the question, k or a condition cannot be used.
        """
        return listing.search(
            self._with_views(namespace), question, self._meant(Selection(**conditions)), k=k,
            diversity=diversity, as_of=as_of, min_relevance=min_relevance,
        )  # fmt: skip

    def as_of(self, namespace: NamespaceLike, time: datetime) -> Memories:
        """The namespace as it was at a time: what had been said and held then, worded as then.

        What sleep forgot since is there, what was erased is not. A time before the beginning
        gives an empty list.
        """
        return listing.as_of(self.namespace_state(namespace), time)

    def history(self, namespace: NamespaceLike, id: str) -> Versions:
        """Every wording of the memory, and of those it replaced or that replaced it, in order.

        Raises:
            UnknownMemory: there is no such memory, not even among what sleep forgot.
        """
        return curation.history(self.namespace_state(namespace), id)

    # -- correcting

    @traced("update_memory")
    def update(
        self,
        namespace: NamespaceLike,
        id: str,
        text: str,
        *,
        role: Role = "user",
        version: int | None = None,
        actor: str | None = None,
    ) -> Memory:
        """Correct what a memory says; the wording that it had stays in its history.

        Args:
            text: at most 16,000 characters; redacted and screened like a message.
            role: who words it; a machine's text that is suspicious goes into quarantine.
            version: `Version.number` that the caller saw; another one is a Conflict.
            actor: who does it, as the audit log names them; see `docs/privacy.md`.

        Raises:
            UnknownMemory: there is no such memory.
            InputError: the text is never stored or was forgotten, or the id is of a message that
                was merged into another memory.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("update")
        state = self.namespace_state(namespace)
        with self._runtime.acting(actor):
            return curation.update(state, id, text, role=role, version=version)

    @traced("update_memory")
    def pin(self, namespace: NamespaceLike, id: str, *, actor: str | None = None) -> Memory:
        """Keep the memory whatever it is worth: neither gate nor sleep lets it go.

        Raises:
            UnknownMemory: there is no such memory.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("pin")
        with self._runtime.acting(actor):
            return curation.pin(self.namespace_state(namespace), id, True)

    @traced("update_memory")
    def unpin(self, namespace: NamespaceLike, id: str, *, actor: str | None = None) -> Memory:
        """Take the pin off; raises as `pin`."""
        self._runtime.refuse_in_safe_mode("unpin")
        with self._runtime.acting(actor):
            return curation.pin(self.namespace_state(namespace), id, False)

    @traced("update_memory")
    def restore(
        self,
        namespace: NamespaceLike,
        id: str,
        version: int | None = None,
        *,
        actor: str | None = None,
    ) -> Memory:
        """Undo: take back what sleep forgot, what a newer memory retired, or an older wording.

        Args:
            version: `Version.number` of the wording that is to stand again; None for whichever
                of the three applies, in this order, and the wording before the present one.

        Raises:
            UnknownMemory: no such memory or version, or nothing to take back.
            InputError: what it says was erased by `forget`.
            SafeModeError: writes are switched off.
        """
        self._runtime.refuse_in_safe_mode("restore")
        with self._runtime.acting(actor):
            return curation.restore(self.namespace_state(namespace), id, version)

    # -- async twins

    aget = read_aside(get)
    alist = read_aside(list)
    aabout = read_aside(about)
    asearch = read_aside(search)
    aas_of = read_aside(as_of)
    ahistory = read_aside(history)
    aupdate = write_aside(update)
    apin = write_aside(pin)
    aunpin = write_aside(unpin)
    arestore = write_aside(restore)
