"""The seams: what can be exchanged, and the operations that flow over the store's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from resmem_core.types import Memory, Namespace, Tier

Vector: TypeAlias = NDArray[np.float32]
Json: TypeAlias = Mapping[str, Any]


class Clock(Protocol):
    """Where the engine gets its time from; the only source of time in the product."""

    def now(self) -> float:
        """Epoch seconds (UTC)."""

    def elapsed(self) -> float:
        """Monotonic seconds, for latencies; never goes backwards."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors of one length.

    `name` is recorded in the store, so that vectors of two models are never mixed.
    """

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vector:
        """One row per text: float32, shape (len(texts), dim), finite, unit length or zero."""


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also says what each piece of a text means there, for late interaction."""

    def pieces(self, texts: Sequence[str]) -> Sequence[bytes]:
        """Per text the signs of its pieces' vectors, a bit per number: dim / 8 bytes a piece.

        Right after `embed` of the same texts it costs next to nothing.
        """

    def asked(self, question: str) -> Vector:
        """The question's vector and, below it, that of each piece times its weight.

        float32, shape (1 + pieces, dim); the weights sum to 1.
        """


@runtime_checkable
class Classifier(Protocol):
    """Scores a text on the twelve neurochemicals."""

    def scores(self, text: str) -> Mapping[str, float]:
        """Each of `NEUROCHEMICALS` with a value in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many spans of one kind a redactor replaced; never the spans themselves."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without the personal data that was found in it."""

    text: str
    found: tuple[Found, ...] = ()


@runtime_checkable
class Redactor(Protocol):
    """Removes personal data before anything else sees the text."""

    def redact(self, text: str) -> Redacted: ...


@dataclass(frozen=True, slots=True)
class Row:
    """A memory with its vector, as a store holds it.

    `pieces` are those of its text where the embedder is a `TokenEmbedder`; empty where they are not
    known yet.
    """

    memory: Memory
    vector: Vector
    pieces: bytes = b""


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace memories (by namespace and id)."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete memories of one namespace by id; unknown ids are ignored."""

    namespace: Namespace
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutDoc:
    """Write a JSON document; with `expect`, only if its stored version is that (0: absent).

    Kinds in use: "session", "head", "gate", "policy", "proposal", "switch", "sleep", "meta".
    """

    kind: str
    key: str
    body: Json
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteDoc:
    """Delete a JSON document; an unknown one is ignored."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class AppendAudit:
    """Append one record to the audit log; the store gives it the next number."""

    record: Json


@dataclass(frozen=True, slots=True)
class TrimAudit:
    """Delete the audit records up to a number, but never the newest one (see `audit.trim`)."""

    through: int


Op: TypeAlias = Put | Delete | PutDoc | DeleteDoc | AppendAudit | TrimAudit


@dataclass(frozen=True, slots=True)
class Doc:
    """A stored JSON document and its version (1 for the first write)."""

    key: str
    body: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a namespace since a revision: rows put, ids gone, the new revision.

    The revision counts the `apply` and `erase` calls that touched the namespace's rows. `full` is
    True when deleted ids are no longer known (an erase must leave none behind): then drop every
    row that is not in `rows`.
    """

    revision: int
    rows: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    full: bool = False


@runtime_checkable
class Store(Protocol):
    """Where everything is kept. One conformance suite runs over every implementation.

    All or nothing: `apply` makes every operation of one call durable together, in order, or none.
    Every method may raise a StoreError; none returns rows of another namespace.
    """

    @property
    def location(self) -> str: ...

    def apply(self, ops: Sequence[Op]) -> None:
        """Run the operations as one durable transaction.

        Raises:
            Conflict: a PutDoc's `expect` did not hold; nothing was applied.
            StoreFull, StoreUnavailable, ClosedError, ForkedHandleError: nothing was applied.
        """

    def exclusive(self) -> AbstractContextManager[object]:
        """The store's write turn: within it, nobody else commits before this thread's `apply`.

        Waiting for the turn is fair enough that no writer starves. A store that cannot promise
        it (a cluster) gives a context that does nothing; there a lost race is a `Conflict`, and
        the caller works its write out again.

        Raises:
            StoreUnavailable: the turn did not come in the store's time.
        """

    def rows(
        self,
        namespace: Namespace,
        *,
        ids: Sequence[str] | None = None,
        tiers: Sequence[Tier] | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest: bool = False,
    ) -> list[Row]:
        """Rows of exactly this namespace, ordered by (seq, id); with `newest`, the last first.

        Args:
            offset: so many of them are left out first.
        """

    def sources(self, namespace: Namespace, ids: Sequence[str]) -> dict[str, str]:
        """For each message id that some memory lists in `sources`: that memory's id."""

    def changes(self, namespace: Namespace, since: int) -> Changes:
        """What changed after revision `since` (0: everything); cheap when nothing did."""

    def namespaces(self, prefix: Sequence[str] = ()) -> list[Namespace]:
        """Namespaces that hold memories, compared with the prefix segment by segment."""

    def count(self, namespace: Namespace) -> dict[str, int]:
        """Memories per tier."""

    def doc(self, kind: str, key: str) -> Doc | None:
        """One document, or None."""

    def version(self, kind: str, key: str) -> int:
        """The version of one document, 0 when there is none; its body may be large."""

    def docs(self, kind: str, prefix: str = "") -> list[Doc]:
        """Documents of a kind whose key starts with the prefix, ordered by key."""

    def audit(self, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Audit records with a number above `after`, in order."""

    def audit_span(self) -> tuple[int, int]:
        """Numbers of the oldest and the newest audit record; (1, 0) when there is none."""

    def erase(
        self,
        namespace: Namespace,
        ids: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> int:
        """Delete memories (all of the namespace when None) so that no byte of them is left.

        Args:
            texts: what was deleted here or by `apply` before and must not be left anywhere; None
                when nobody knows.

        Returns:
            How many were deleted.
        """

    def close(self) -> None:
        """Release everything; safe to call twice."""
