"""Several replicas behind one address: writes, reads, consistency, strict mode and faults."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any, Final

from benchmarks.cluster.replica import Replica
from benchmarks.cluster.strict import Json, Refused, Strict, leaves, within

VERSION: Final = "1.20.0"


@dataclass
class _Collection:
    """A collection's replicas, first its leader, and what each of them has not got yet."""

    vectors: Json
    replicas: list[Replica]
    factor: int
    indexes: dict[str, Any] = field(default_factory=dict)
    behind: dict[int, list[tuple[str, Json]]] = field(default_factory=dict)


class Cluster:
    """A cluster with one shard per collection on each of its nodes. Thread-safe.

    Args:
        nodes: how many; each holds a replica of everything.
        factor: write consistency factor: replicas that must have a write before it is
            acknowledged; a collection may ask for another one when it is made.
        strict: limits on every collection.

    Attributes:
        cut: nodes that no other can reach now; a write leaves them behind until `heal`.
        version: what the server says it is.
        requests: how many were answered, by kind.
    """

    def __init__(self, nodes: int = 1, *, factor: int = 1, strict: Strict | None = None) -> None:
        self.nodes = nodes
        self.cut: set[int] = set()
        self.version = VERSION
        self.requests: Counter[str] = Counter()
        self._factor = factor
        self._strict = strict or Strict()
        shared = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
        self._collections: dict[str, _Collection] = {}
        self._made = 0
        self._lock = RLock()

    # -- requests

    def answer(self, method: str, path: str, query: Json, body: Json) -> tuple[int, Json]:
        """A request's status and answer."""
        try:
            with self._lock:
                return 200, self._answer(method, path, query, body)
        except Refused as error:
            return error.status, {"status": {"error": str(error)}, "time": 0.0}

    def _answer(self, method: str, path: str, query: Json, body: Json) -> Json:
        if path == "/":
            return {"title": "qdrant", "version": self.version, "commit": None}
        for verb, pattern, call in _ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                self.requests[call.__name__.strip("_")] += 1
                result = call(self, found[1], query, body)
                return {"result": result, "status": "ok", "time": 0.0}
        raise Refused(404, f"no such call: {method} {path}")

    def _exists(self, name: str, query: Json, body: Json) -> Json:
        return {"exists": name in self._collections}

    def _create(self, name: str, query: Json, body: Json) -> bool:
        if name in self._collections:
            raise Refused(409, f"Collection `{name}` already exists!")
        vectors = body.get("vectors") or {}
        copies = min(body.get("replication_factor") or self.nodes, self.nodes)
        self._made += 1
        places = [self._folder / f"{self._made}-{node}" for node in range(copies)]
        replicas = [Replica(place, vectors) for place in places]
        factor = body.get("write_consistency_factor") or self._factor
        self._collections[name] = _Collection(vectors, replicas, factor)
        return True

    def _describe(self, name: str, query: Json, body: Json) -> Json:
        held = self._named(name)
        params = {
            "vectors": held.vectors, "shard_number": 1, "on_disk_payload": True,
            "replication_factor": len(held.replicas), "write_consistency_factor": held.factor,
        }  # fmt: skip
        return _description(params) | {
            "config": _description(params)["config"] | {"strict_mode_config": self._strict.config()}
        }

    # -- writes

    def _index(self, name: str, query: Json, body: Json) -> Json:
        self._named(name).indexes[body["field_name"]] = body["field_schema"]
        return self._write(name, "index", body)

    def _upsert(self, name: str, query: Json, body: Json) -> Json:
        within(self._strict.upsert_max_batchsize, len(body["points"]), "upsert batch")
        self._check(name, body.get("update_filter"))
        return self._write(name, "upsert", body)

    def _delete(self, name: str, query: Json, body: Json) -> Json:
        self._check(name, body.get("filter"))
        return self._write(name, "delete", body)

    def _set_payload(self, name: str, query: Json, body: Json) -> Json:
        self._check(name, body.get("filter"))
        return self._write(name, "set payload", body)

    def _write(self, name: str, kind: str, body: Json) -> Json:
        """Through the leader to every replica; refused when too few of them have it."""
        held = self._named(name)
        if 0 in self.cut:
            raise Refused(500, "the leader of the shard does not answer")
        arrived = 0
        for node, replica in enumerate(held.replicas):
            if node in self.cut or held.behind.get(node):
                held.behind.setdefault(node, []).append((kind, body))
            else:
                replica.write(kind, body)
                arrived += 1
        if arrived < held.factor:
            raise Refused(500, f"{arrived} of {held.factor} replicas have the write")
        return {"operation_id": 0, "status": "completed"}

    # -- reads

    def _retrieve(self, name: str, query: Json, body: Json) -> list[Json]:
        within(self._strict.max_query_limit, len(body["ids"]), "limit")
        return self._agreed(name, query, lambda replica: replica.retrieve(body))

    def _scroll(self, name: str, query: Json, body: Json) -> Json:
        limit = body.get("limit") or 10
        within(self._strict.max_query_limit, limit, "limit")
        self._check(name, body.get("filter"))
        more = body | {"limit": limit + 1}
        found = self._agreed(name, query, lambda replica: replica.scroll(more))
        after = found[limit]["id"] if len(found) > limit else None
        return {"points": found[:limit], "next_page_offset": after}

    def _count(self, name: str, query: Json, body: Json) -> Json:
        self._check(name, body.get("filter"))
        counts = [[{"id": 0, "n": each.count(body)}] for each in self._asked(name, query)]
        found = _voted(counts, len(counts) // 2 + 1)
        return {"count": found[0]["n"] if found else counts[0][0]["n"]}

    def _agreed(self, name: str, query: Json, read: Callable[[Replica], list[Json]]) -> list[Json]:
        """What the asked replicas find alike, as often as the consistency asks for."""
        answers = [read(each) for each in self._asked(name, query)]
        return _voted(answers, len(answers) // 2 + 1)

    def _asked(self, name: str, query: Json) -> list[Replica]:
        """The replicas that a read asks: the most stale one, unless it wants a majority."""
        held = self._named(name)
        there = [n for n in range(len(held.replicas)) if n not in self.cut]
        if query.get("consistency") != "majority":
            stale = [n for n in there if held.behind.get(n)]
            return [held.replicas[n] for n in (stale or there)[:1]]
        if 2 * len(there) <= len(held.replicas):
            raise Refused(500, f"{len(there)} of {len(held.replicas)} replicas answer")
        return [held.replicas[n] for n in there]

    # -- what goes wrong

    @contextmanager
    def away(self, *nodes: int) -> Iterator[None]:
        """Cut nodes off for the block; they come back without what was written meanwhile."""
        self.cut |= {*nodes}
        try:
            yield
        finally:
            self.cut -= {*nodes}

    def heal(self) -> None:
        """Bring every replica that can be reached up to date."""
        with self._lock:
            for held in self._collections.values():
                for node in [n for n in held.behind if n not in self.cut]:
                    for kind, body in held.behind.pop(node):
                        held.replicas[node].write(kind, body)

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            for held in self._collections.values():
                for replica in held.replicas:
                    replica.close()
            self._collections.clear()
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- checks

    def _named(self, name: str) -> _Collection:
        if name not in self._collections:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return self._collections[name]

    def _check(self, name: str, wanted: Json | None) -> None:
        for condition in leaves(wanted):
            values = (condition.get("match") or {}).get("any") or condition.get("has_id") or []
            within(self._strict.condition_max_size, len(values), "condition size")
            key = condition.get("key") or condition.get("is_empty", {}).get("key")
            if key and not self._strict.unindexed and key not in self._named(name).indexes:
                raise Refused(400, f"Index required but not found for {key!r}")


def _voted(answers: list[list[Json]], needed: int) -> list[Json]:
    """The records that enough answers hold alike, in the order of their first one."""
    if len(answers) == 1:
        return answers[0]
    texts = [[json.dumps(each, sort_keys=True) for each in answer] for answer in answers]
    votes = Counter(text for answer in texts for text in answer)
    agreed = {text: None for answer in texts for text in answer if votes[text] >= needed}
    return sorted(map(json.loads, agreed), key=lambda record: str(record["id"]))


def _description(params: Json) -> Json:
    hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000}
    optimizer = {
        "deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0,
        "flush_interval_sec": 5,
    }  # fmt: skip
    config = {"params": params, "hnsw_config": hnsw, "optimizer_config": optimizer}
    return {
        "status": "green", "optimizer_status": "ok", "segments_count": 1, "config": config,
        "payload_schema": {},
    }  # fmt: skip


_NAME: Final = r"/collections/([^/]+)"
_ROUTES: Final[list[tuple[str, str, Callable[..., Any]]]] = [
    ("GET", f"{_NAME}/exists", Cluster._exists),
    ("PUT", _NAME, Cluster._create),
    ("GET", _NAME, Cluster._describe),
    ("PUT", f"{_NAME}/index", Cluster._index),
    ("PUT", f"{_NAME}/points", Cluster._upsert),
    ("POST", f"{_NAME}/points", Cluster._retrieve),
    ("POST", f"{_NAME}/points/delete", Cluster._delete),
    ("POST", f"{_NAME}/points/payload", Cluster._set_payload),
    ("POST", f"{_NAME}/points/scroll", Cluster._scroll),
    ("POST", f"{_NAME}/points/count", Cluster._count),
]
