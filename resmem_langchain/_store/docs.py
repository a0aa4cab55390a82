"""A faithful LangGraph `BaseStore` over our own store's documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    Item,
    ListNamespacesOp,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    ensure_embeddings,
    get_text_at_path,
    tokenize_path,
)
from langgraph.store.base import Op as StoreOp

from resmem_core.filters import fits
from resmem_core.protocols import Clock, DeleteDoc, Op, Store, Vector
from resmem_langchain._store.batching import Coalescer
from resmem_langchain._store.entry import KIND, StoreEntry, doc_key, prefix_key
from resmem_langchain._store.match import Labels, check_op, listed
from resmem_langchain._store.rank import Scored, by_vectors, by_words, check_index, check_vector
from resmem_langchain._store.sweep import Sweep, Sweeper
from resmem_langchain._store.view import View


@dataclass(slots=True)
class Plan:
    """What a batch reads and writes, before anything is embedded."""

    results: list[Result]
    searches: dict[int, tuple[SearchOp, list[StoreEntry]]] = field(default_factory=dict)
    puts: dict[tuple[Labels, str], tuple[PutOp, StoreEntry | None]] = field(default_factory=dict)
    refreshed: list[StoreEntry] = field(default_factory=list)
    there: Collection[Labels] = ()


class DocStore(BaseStore):
    """LangGraph's `BaseStore` on a `resmem_core` store: one document per item.

    Reads of a batch see what was there before it; its writes are one durable transaction, the
    last put of a key wins. A search reads the documents under its namespace prefix, so it is made
    for namespaces of up to some ten thousand items.

    Args:
        store: where the documents are kept.
        clock: for timestamps and times to live.
        index: dims, embed, fields and distance_type ("cosine", "l2", "inner_product"), as for
            LangGraph's stores; None: a query ranks items by their words.
        ttl: default_ttl, refresh_on_read, omit_expired, sweep_interval_minutes. Expired items are
            deleted at the first batch after each interval, by `sweep_ttl`, or by a thread between
            `start_ttl_sweeper` and `stop_ttl_sweeper`.
        text: value -> its words, for a search without an index.
        view: the memories that stand among the items, and that see them; None for none.
    """

    supports_ttl = True

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        text: Callable[[Mapping[str, Any]], str] = str,
        view: View | None = None,
    ) -> None:
        if index is not None:
            check_index(index)
        self._store = store
        self._text = text
        self._view = view
        self._coalescer = Coalescer(self._abatch)
        self._sweeper = Sweeper(self.sweep_ttl)
        self._clock = clock
        self.ttl_config = ttl
        self.index_config = index
        self._embeddings = ensure_embeddings(index["embed"]) if index else None
        self._fields: list[str] = list((index or {}).get("fields") or ["$"])
        self._swept = clock.now()

    def batch(self, ops: Iterable[StoreOp]) -> list[Result]:
        """Run the operations; one result per operation, in the same order."""
        plan = self._plan(list(ops))
        texts = self._texts(plan)
        queries = _queries(plan)
        if self._embeddings is None:
            return self._finish(plan, {}, {})
        found = {q: self._embeddings.embed_query(q) for q in queries}
        vectors = self._embeddings.embed_documents(texts) if texts else []
        return self._finish(plan, found, dict(zip(texts, vectors, strict=True)))

    async def abatch(self, ops: Iterable[StoreOp]) -> list[Result]:
        """`batch`, with disk work off the event loop and embeddings through their async form.

        What concurrent tasks ask for becomes one batch.
        """
        asked = list(ops)
        for op in asked:
            check_op(op)
        return await self._coalescer.submit(asked)

    async def _abatch(self, ops: Sequence[StoreOp]) -> list[Result]:
        plan = await asyncio.to_thread(self._plan, list(ops))
        texts = self._texts(plan)
        queries = _queries(plan)
        if self._embeddings is None:
            return await asyncio.to_thread(self._finish, plan, {}, {})
        asked = await asyncio.gather(*map(self._embeddings.aembed_query, queries))
        vectors = await self._embeddings.aembed_documents(texts) if texts else []
        return await asyncio.to_thread(
            self._finish,
            plan,
            dict(zip(queries, asked, strict=True)),
            dict(zip(texts, vectors, strict=True)),
        )

    def sweep_ttl(self) -> int:
        """Delete what has expired; returns how many items that were."""
        now = self._clock.now()
        self._swept = now
        old = [e for e in self._items(()) if e.expires is not None and e.expires <= now]
        self._store.apply([op for e in old for op in self._deleted(e.namespace, e.key)])
        return len(old)

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> Sweep:
        """Sweep in a thread, by default at the interval of the `ttl` settings, or every 5 minutes.

        Returns:
            A future that is done when the sweeper stopped; to await it changes nothing.
        """
        usual = (self.ttl_config or {}).get("sweep_interval_minutes") or 5
        given = sweep_interval_minutes
        return self._sweeper.start(usual if given is None else given)

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop the thread; whether it ended within so many seconds."""
        return self._sweeper.stop(timeout)

    # -- reading

    def _plan(self, ops: Sequence[StoreOp]) -> Plan:
        for op in ops:
            check_op(op)
        self._sweep_when_due()
        plan = Plan([None] * len(ops), there=self._view.namespaces() if self._view else ())
        under: dict[Labels, list[StoreEntry]] = {}
        for i, op in enumerate(ops):
            if isinstance(op, GetOp):
                plan.results[i] = self._get(op, plan)
            elif isinstance(op, SearchOp):
                prefix = op.namespace_prefix
                if prefix not in under:
                    under[prefix] = self._under(prefix, plan)
                found = [e for e in under[prefix] if fits(e.value, op.filter)]
                plan.searches[i] = (op, found)
            elif isinstance(op, ListNamespacesOp):
                plan.results[i] = listed(self._namespaces(plan), op)
            elif isinstance(op, PutOp):
                plan.puts[(op.namespace, op.key)] = (op, self._entry(op.namespace, op.key, plan))
        return plan

    def _get(self, op: GetOp, plan: Plan) -> Item | None:
        entry = self._entry(op.namespace, op.key, plan)
        if entry is None or self._hidden(entry):
            return None
        if op.refresh_ttl:
            self._refresh(entry, plan)
        return entry.item()

    def _entry(self, namespace: Labels, key: str, plan: Plan) -> StoreEntry | None:
        doc = self._store.doc(KIND, doc_key(namespace, key))
        if doc is None and self._view is not None and namespace in plan.there:
            return self._view.entry(namespace, key)
        return StoreEntry.of(doc) if doc else None

    def _namespaces(self, plan: Plan) -> set[Labels]:
        return {*plan.there, *(entry.namespace for entry in self._items(()))}

    def _under(self, prefix: Labels, plan: Plan) -> list[StoreEntry]:
        """The visible entries below a prefix, oldest first, and the memories behind them."""
        entries = self._items(prefix)
        if self._view is not None:
            entries += self._view.under([n for n in plan.there if n[: len(prefix)] == prefix])
        return entries

    def _items(self, prefix: Labels) -> list[StoreEntry]:
        docs = self._store.docs(KIND, prefix_key(prefix))
        entries = [entry for doc in docs if not self._hidden(entry := StoreEntry.of(doc))]
        return sorted(entries, key=lambda e: e.created)

    def _hidden(self, entry: StoreEntry) -> bool:
        omit = bool((self.ttl_config or {}).get("omit_expired", False))
        return omit and entry.expires is not None and entry.expires <= self._clock.now()

    def _refresh(self, entry: StoreEntry, plan: Plan) -> None:
        if entry.ttl is not None:
            plan.refreshed.append(entry.touched(self._clock.now()))

    def _sweep_when_due(self) -> None:
        every = (self.ttl_config or {}).get("sweep_interval_minutes")
        if every and self._clock.now() - self._swept >= 60 * every:
            self.sweep_ttl()

    # -- what is to be embedded

    def _texts(self, plan: Plan) -> list[str]:
        puts = [op for op, _ in plan.puts.values()]
        return list(dict.fromkeys(text for op in puts for text in self._texts_of(op)))

    def _texts_of(self, op: PutOp) -> list[str]:
        if self._embeddings is None or op.value is None or op.index is False:
            return []
        paths = self._fields if op.index is None else op.index
        return [t for p in paths for t in get_text_at_path(op.value, _tokens(p))]

    # -- ranking and writing

    def _finish(
        self, plan: Plan, queries: Mapping[str, Any], texts: Mapping[str, Any]
    ) -> list[Result]:
        for i, (op, candidates) in plan.searches.items():
            plan.results[i] = self._search(op, candidates, queries.get(op.query or ""), plan)
        ops: list[Op] = [entry.op() for entry in plan.refreshed]
        for put, old in plan.puts.values():
            ops += self._written(put, old, texts)
        if ops:
            self._store.apply(ops)
        for put, old in plan.puts.values():
            if self._view is not None and put.value is None and old is not None and old.memory:
                self._view.forget(put.namespace, put.key)
        return plan.results

    def _search(
        self, op: SearchOp, candidates: Sequence[StoreEntry], query: Any, plan: Plan
    ) -> list[SearchItem]:
        scores: list[Scored] = [(None, e) for e in candidates]
        if query is not None and self.index_config is not None:
            kind = str(dict(self.index_config).get("distance_type", "cosine"))
            scores = by_vectors(check_vector(query, self.index_config), candidates, kind)
        elif op.query:
            scores = by_words(op.query, candidates, self._text)
        page = scores[op.offset : op.offset + op.limit]
        if op.refresh_ttl:
            for _, entry in page:
                self._refresh(entry, plan)
        return [entry.found(score) for score, entry in page]

    def _deleted(self, namespace: Labels, key: str) -> list[Op]:
        gone: list[Op] = [DeleteDoc(KIND, doc_key(namespace, key))]
        return gone if self._view is None else [*gone, *self._view.due(namespace, key, "")]

    def _written(self, op: PutOp, old: StoreEntry | None, texts: Mapping[str, Any]) -> list[Op]:
        if op.value is None:
            there = old is not None and not old.memory
            return self._deleted(op.namespace, op.key) if there else []
        seen = self._view.due(op.namespace, op.key, self._text(op.value)) if self._view else []
        return [self._entry_of(op, op.value, old, texts).op(), *seen]

    def _entry_of(
        self, op: PutOp, value: Mapping[str, Any], old: StoreEntry | None, texts: Mapping[str, Any]
    ) -> StoreEntry:
        now = self._clock.now()
        entry = StoreEntry(
            op.namespace,
            op.key,
            dict(value),
            created=old.created if old else now,
            updated=now,
            ttl=op.ttl,
            vectors=self._vectors(op, texts),
        )
        return entry.touched(now)

    def _vectors(self, op: PutOp, texts: Mapping[str, Any]) -> tuple[Vector, ...]:
        if self.index_config is None:
            return ()
        return tuple(check_vector(texts[t], self.index_config) for t in self._texts_of(op))


def _queries(plan: Plan) -> list[str]:
    return list(dict.fromkeys(op.query for op, _ in plan.searches.values() if op.query))


def _tokens(path: str) -> Any:
    return path if path == "$" else tokenize_path(path)
