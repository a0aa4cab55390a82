"""Namespaces and ids as the audit log spells them: pseudonyms under a salt of the namespace.

The salt is a document of its own, 16 random bytes, that goes when the namespace is forgotten: from
then on nobody can tell of whom the log's records speak, nor test a guess. Whoever holds the store
with the salt can. An export carries the salt, so that records can still be found after an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from secrets import token_bytes
from typing import Any, Final

from resmem_core.audit import hashed
from resmem_core.engine.base.latest import Latest
from resmem_core.protocols import AppendAudit, Op, PutDoc, Store
from resmem_core.stores.codec import key_of
from resmem_core.types import Namespace

KIND: Final = "salt"
_IDS: Final = ("id", "other")
_DIGEST: Final = 8
Record = Mapping[str, Any]


class Pseudonyms:
    """Those of one namespace."""

    def __init__(self, store: Store, namespace: Namespace) -> None:
        self.namespace = namespace
        self._key = key_of(namespace)
        self._salt = Latest(store, KIND, self._key, _salt)

    @property
    def name(self) -> str:
        """The namespace's pseudonym."""
        return _digest(self._salt.get(), self._key)

    def spellings(self, ident: str) -> frozenset[str]:
        """How records may spell an id: those of earlier versions have an unsalted hash."""
        return frozenset({_digest(self._salt.get(), hashed(ident)), hashed(ident)})

    def of(self, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
        """The records about the namespace, by its name, which those of earlier versions have."""
        names = ([self.name], list(self.namespace))
        found = (record for record in records if record.get("namespace") in names)
        return ({**record, "namespace": list(self.namespace)} for record in found)

    def ops(self, ops: Sequence[Op]) -> list[Op]:
        """The operations, with pseudonyms in their audit records, and the salt if it is new.

        Ids in the records are hashes (`audit.hashed`).
        """
        clear = list(self.namespace)
        if not any(isinstance(o, AppendAudit) and o.record.get("namespace") == clear for o in ops):
            return list(ops)
        new, salt = self.new(), self._salt.get()
        hidden = [
            AppendAudit(_hidden(op.record, salt, self._key))
            if isinstance(op, AppendAudit) and op.record.get("namespace") == clear
            else op
            for op in ops
        ]
        return [*new, *hidden]

    def new(self) -> list[Op]:
        """The write of the salt; nothing where it is written."""
        salt = self._salt.get()
        if self._salt.version:
            return []
        return [PutDoc(KIND, self._key, {"salt": salt.hex()}, expect=0)]


def audited(store: Store, records: Iterable[Record]) -> list[Op]:
    """The operations that append records, each with the pseudonyms of the namespace it names."""
    ops: list[Op] = [AppendAudit(dict(record)) for record in records]
    named = {tuple(op.record.get("namespace", ())) for op in ops if isinstance(op, AppendAudit)}
    for namespace in sorted(named - {()}):
        ops = Pseudonyms(store, namespace).ops(ops)
    return ops


def known(store: Store, namespaces: Iterable[Namespace]) -> dict[str, Namespace]:
    """The namespaces by their pseudonyms."""
    return {Pseudonyms(store, namespace).name: namespace for namespace in namespaces}


def _hidden(record: Record, salt: bytes, key: str) -> dict[str, Any]:
    ids = {name: _digest(salt, record[name]) for name in _IDS if name in record}
    return {**record, **ids, "namespace": [_digest(salt, key)]}


def _digest(salt: bytes, text: str) -> str:
    return blake2b(text.encode(), key=salt, digest_size=_DIGEST).hexdigest()


def _salt(doc: Record | None) -> bytes:
    return bytes.fromhex(doc["salt"]) if doc else token_bytes(16)
