"""The HTTP API as a table: each operation with what it takes and what it does.

`api` serves the table and `openapi` describes it, so that neither can say what the other does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from resmem_core.errors import InputError
from resmem_core.serve import views
from resmem_core.serve.console import Console
from resmem_core.verbs import Desk, Json

SAYS: Final = (
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
"""What a text must hold somewhere: a character that is neither blank nor invisible."""

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=16_000, pattern=SAYS)]
Ident: TypeAlias = Annotated[str, Field(min_length=1, max_length=1024)]
Person: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Input):
    """No argument."""


class Paging(_Input):
    """A page of a list."""

    limit: int = Field(100, ge=1, le=10_000)
    cursor: str | None = Field(None, max_length=4096)
    forgotten: bool = False


class Window(_Input):
    """Some rows, the newest first."""

    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(100, ge=1, le=1000)


class RememberInput(_Input):
    """A text to take in."""

    text: Text
    id: Ident | None = None
    author: Annotated[str, Field(max_length=256)] | None = None


class Question(_Input):
    """What to recall."""

    question: Text
    k: int = Field(8, ge=1, le=1000)


class ForgetInput(_Input):
    """What to erase."""

    ids: list[Ident] = Field(min_length=1, max_length=1000)
    preview: bool = False


class EditInput(_Input):
    """Another wording."""

    text: Text
    version: int | None = Field(None, ge=1, le=10**9)


class Pin(_Input):
    """Whether to keep it whatever it is worth."""

    on: bool = True


class Restore(_Input):
    """Which wording is to stand again."""

    version: int | None = Field(None, ge=1, le=10**9)


class SettleInput(_Input):
    """Which of two memories in conflict holds, or that both do."""

    holds: Ident
    other: Ident
    both: bool = False


class Approve(_Input):
    """Who decides."""

    by: Person


class Reject(Approve):
    """Who decides, and why."""

    reason: Annotated[str, Field(max_length=2000)] = ""


class Rollback(Approve):
    """Which version is to act again."""

    version: int = Field(ge=0, le=10**9)


class Switch(_Input):
    """Safe mode on or off."""

    on: bool


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """One request, checked.

    Attributes:
        desk: the verbs over the namespace that was asked for; None where none is needed.
        ident: the id in the path, or "".
        given: the arguments.
    """

    console: Console
    desk: Desk | None
    ident: str
    given: Any

    @property
    def at(self) -> Desk:
        """The desk of an operation that needs a namespace."""
        if self.desk is None:
            raise InputError("name the namespace: ?namespace=acme/ada")
        return self.desk


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the API.

    Attributes:
        takes: the arguments, in the query of a GET and in the JSON body otherwise.
        edits: whether it needs the editor's token.
        scoped: whether it acts within one namespace.
    """

    name: str
    method: Literal["GET", "POST", "PATCH"]
    path: str
    summary: str
    takes: type[_Input]
    does: Callable[[CheckedCall], Json]
    edits: bool = False
    scoped: bool = True


OPERATIONS: Final = (
    Operation(
        "namespaces", "GET", "/api/namespaces", "The namespaces that are served.", Nothing,
        lambda c: views.namespaces(c.console.memory.store, c.console.namespaces()), scoped=False,
    ),
    Operation(
        "remember", "POST", "/api/memories", "Take one text in; the gate's verdict.", RememberInput,
        lambda c: c.at.remember(c.given.text, id=c.given.id, author=c.given.author), edits=True,
    ),
    Operation(
        "list", "GET", "/api/memories", "A page of memories, in the order they came in.", Paging,
        lambda c: c.at.list(**c.given.model_dump()),
    ),
    Operation(
        "rows", "GET", "/api/rows", "Some memories in short, the newest first.", Window,
        lambda c: views.rows(
            c.at, c.given.offset, c.given.limit, loaded=c.console.loaded(c.at.namespace)
        ),
    ),
    Operation(
        "map", "GET", "/api/map", "Value and stress of the newest memories.", Nothing,
        lambda c: views.map_(c.at),
    ),
    Operation(
        "dropped", "GET", "/api/dropped", "What gate and sleep let go, and why.", Window,
        lambda c: views.dropped(c.at, c.given.offset, c.given.limit),
    ),
    Operation(
        "recall", "POST", "/api/recall", "The memories that answer best, and why.", Question,
        lambda c: c.at.recall(c.given.question, k=c.given.k),
    ),
    Operation(
        "forget", "POST", "/api/forget", "Erase memories for good, or show what is meant.",
        ForgetInput,
        lambda c: c.at.forget(c.given.ids, preview=c.given.preview), edits=True,
    ),
    Operation(
        "get", "GET", "/api/memories/{id}", "One memory.", Nothing,
        lambda c: views.one(c.at, c.ident),
    ),
    Operation(
        "edit", "PATCH", "/api/memories/{id}", "Give a memory another wording.", EditInput,
        lambda c: c.at.edit(c.ident, c.given.text, version=c.given.version), edits=True,
    ),
    Operation(
        "history", "GET", "/api/memories/{id}/history", "Every wording of a memory.", Nothing,
        lambda c: c.at.history(c.ident),
    ),
    Operation(
        "pin", "POST", "/api/memories/{id}/pin", "Keep a memory whatever it is worth.", Pin,
        lambda c: c.at.pin(c.ident, on=c.given.on), edits=True,
    ),
    Operation(
        "restore", "POST", "/api/memories/{id}/restore", "Take back what went.", Restore,
        lambda c: c.at.restore(c.ident, version=c.given.version), edits=True,
    ),
    Operation(
        "conflicts", "GET", "/api/conflicts", "Pairs that may contradict each other.", Nothing,
        lambda c: c.at.conflicts(),
    ),
    Operation(
        "settle", "POST", "/api/conflicts/settle", "Say which of two memories holds.", SettleInput,
        lambda c: c.at.settle(c.given.holds, c.given.other, both=c.given.both), edits=True,
    ),
    Operation(
        "policies", "GET", "/api/policies", "Versions, proposals and safe mode.", Nothing,
        lambda c: views.policies(c.console.memory), scoped=False,
    ),
    Operation(
        "approve", "POST", "/api/proposals/{id}/approve", "Make a proposal act.", Approve,
        lambda c: views.approved(c.console.memory, c.ident, c.given.by), edits=True, scoped=False,
    ),
    Operation(
        "reject", "POST", "/api/proposals/{id}/reject", "Turn a proposal down.", Reject,
        lambda c: views.rejected(c.console.memory, c.ident, c.given.by, c.given.reason),
        edits=True, scoped=False,
    ),
    Operation(
        "rollback", "POST", "/api/policies/rollback", "Make an earlier version act.", Rollback,
        lambda c: views.rolled_back(c.console.memory, c.given.version, c.given.by),
        edits=True, scoped=False,
    ),
    Operation(
        "safe_mode", "POST", "/api/safe-mode", "The kill switch, for every worker.", Switch,
        lambda c: {"safe_mode": c.console.memory.safe_mode(c.given.on, actor="console")},
        edits=True, scoped=False,
    ),
    Operation(
        "live", "GET", "/api/live", "Sessions, health and acts as of now.", Nothing,
        lambda c: c.console.live(), scoped=False,
    ),
)  # fmt: skip
