"""The memory in an agent's own hands, for every adapter: what the verbs take, do and answer.

Answers are honest: what the gate dropped is said to be dropped, and a refusal says why.

Private.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from resmem_core.engine import ResilientMemory, Session
from resmem_core.errors import ConfigError, NamespaceError, ResmemError, missing_extra
from resmem_core.memory.privacy.evidence import named
from resmem_core.prompt import stated
from resmem_core.types import Decision, Hit, Memory, Message, Page, Verdict
from resmem_core.verbs import AGENT_VERBS

try:
    from pydantic import BaseModel, Field
except ImportError as error:
    raise missing_extra("langchain", "pydantic") from error


class RememberArgs(BaseModel):
    """What `remember` takes."""

    text: str = Field(description="One fact in one sentence that is understood on its own.")


class RecallArgs(BaseModel):
    """What `recall` takes."""

    question: str = Field(description="What you want to know, as a question or key words.")
    k: int | None = Field(None, ge=1, le=50, description="How many memories; leave out for some.")


class ForgetArgs(BaseModel):
    """What `forget` takes."""

    ids: list[str] = Field(min_length=1, description="Ids of memories, as `recall` shows them.")


class ListArgs(BaseModel):
    """What `list` takes."""

    query: str | None = Field(None, description="Only memories that have all of these words.")
    limit: int = Field(20, ge=1, le=100, description="Memories of a page.")
    cursor: str | None = Field(None, description="From the answer before, for the next page.")


class EditArgs(BaseModel):
    """What `edit` takes."""

    id: str = Field(description="Id of a memory, as `recall` and `list` show it.")
    text: str = Field(description="Its new wording, one fact in one sentence.")


class SettleArgs(BaseModel):
    """What `settle` takes."""

    holds: str = Field(description="Id of the memory that is right.")
    other: str = Field(description="Id of the memory that it contradicts.")
    both: bool = Field(False, description="Both are right; neither is closed.")


SCHEMAS: Final[Mapping[str, type[BaseModel]]] = {
    "remember": RememberArgs, "recall": RecallArgs, "forget": ForgetArgs, "list": ListArgs,
    "edit": EditArgs, "settle": SettleArgs,
}  # fmt: skip
"""What each of `AGENT_VERBS` takes."""


def check_verbs(verbs: Sequence[str]) -> tuple[str, ...]:
    """The verbs themselves.

    Raises:
        ConfigError: one of them does not exist.
    """
    unknown = [verbs] if isinstance(verbs, str) else [v for v in verbs if v not in AGENT_VERBS]
    if unknown:
        raise ConfigError(f"verbs are {', '.join(AGENT_VERBS)}, got {unknown[0]!r:.40}")
    return tuple(verbs)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a verb answers.

    Attributes:
        text: for the model.
        value: the engine's own value (`Decision`, hits, a count, a `Page`, a `Memory`), or None.
        failed: nothing was done; the text says why.
    """

    text: str
    value: Any = None
    failed: bool = False


def answer(
    memory: ResilientMemory, session: Session, verb: str, given: Mapping[str, Any]
) -> Answered:
    """Do what an agent asks for, within the session's namespace.

    Args:
        given: what the verb's schema has.

    Raises:
        NamespaceError: the caller's, never the agent's fault.
    """
    try:
        text, value = _DOING[verb](memory, session, **given)
        return Answered(text, value)
    except NamespaceError:
        raise
    except ResmemError as error:
        return Answered(f"{_REFUSED[verb]}: {error}", failed=True)


def _remember(_: ResilientMemory, session: Session, text: str) -> tuple[str, Decision]:
    decision = session.observe(Message("assistant", text, metadata={"tool": "remember"}))
    return verdict_text(decision), decision


def _recall(
    _: ResilientMemory, session: Session, question: str, k: int | None = None
) -> tuple[str, tuple[Hit, ...]]:
    hits = tuple(session.recall(question, k=k).answers)
    shown = [memory for memory in (stated(hit.memory) for hit in hits) if memory.text]
    return "\n".join(map(line, shown)) or "No memory answers this.", hits


def _forget(memory: ResilientMemory, session: Session, ids: Sequence[str]) -> tuple[str, int]:
    count = memory.forget(session.namespace, [*ids], actor=_AGENT)
    missing = len(set(ids)) - count
    rest = f" {missing} had no memory of that id here." if missing > 0 else ""
    return f"Erased {count}.{rest}", count


def _list(
    memory: ResilientMemory,
    session: Session,
    query: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> tuple[str, Page]:
    page = memory.list(session.namespace, query=query, limit=limit, cursor=cursor)
    lines = [line(stated(one)) for one in page.items if one.trust != "quarantined"]
    more = [f"More with cursor {page.cursor}"] if page.cursor else []
    return "\n".join([*lines, *more]) or "Nothing is stored here.", page


def _edit(memory: ResilientMemory, session: Session, id: str, text: str) -> tuple[str, Memory]:
    changed = memory.update(session.namespace, id, text, role="assistant", actor=_AGENT)
    return f"Changed. {line(stated(changed))}", changed


def _settle(
    memory: ResilientMemory, session: Session, holds: str, other: str, both: bool = False
) -> tuple[str, Memory]:
    found = memory.settle(session.namespace, holds, other, both=both, actor=_AGENT)
    return "Both stand." if both else "Settled: the other one is closed.", found


_AGENT: Final = "agent"
"""Who the audit log says acted."""

_DOING: Final[Mapping[str, Callable[..., tuple[str, Any]]]] = {
    "remember": _remember, "recall": _recall, "forget": _forget, "list": _list, "edit": _edit,
    "settle": _settle,
}  # fmt: skip
_REFUSED: Final = {
    "remember": "Not kept", "recall": "Recall failed", "forget": "Nothing was erased",
    "list": "Nothing was listed", "edit": "Not changed", "settle": "Not settled",
}  # fmt: skip


def verdict_text(decision: Decision) -> str:
    """The gate's verdict in words."""
    if decision.verdict is Verdict.KEEP:
        return "Kept."
    if decision.verdict is Verdict.MERGE:
        return f"Known already (memory {decision.into or decision.id}); nothing new was written."
    return f"Dropped, not kept: {decision.reason}."


def line(memory: Memory) -> str:
    """A memory as id, day, speaker, text; of a text that only tells what to do, that it is so."""
    day = datetime.fromtimestamp(memory.at, UTC).date().isoformat()
    return f"[{memory.id}] {day} {named(memory.author) or memory.role}: {memory.text or _WITHHELD}"


_WITHHELD: Final = "(withheld: it states nothing, or tells a reader what to do)"

_LINE: Final = r"\[[^\]\n]+\] \d{4}-\d\d-\d\d [^:\n]+: "
_ANSWER: Final = re.compile(
    rf"(?:Changed\. )?{_LINE}|Kept\.$|Known already \(memory |Dropped, not kept: |Erased \d+\."
    r"|No memory answers this\.$|Nothing is stored here\.$|More with cursor |Both stand\.$"
    rf"|Settled: the other one is closed\.$|(?:{'|'.join(_REFUSED.values())}): "
)


def is_answer(text: str) -> bool:
    """Whether a tool's result is one of these answers: it repeats the memory and is not stored.

    >>> is_answer("Kept."), is_answer("Kept. It is in the drawer.")
    (True, False)
    """
    return bool(_ANSWER.match(text.strip()))
