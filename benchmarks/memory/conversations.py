"""A conversation with questions whose evidence is known: what every reader makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from resmem_core.importers import Imported

PEOPLE: Final = "people"
AGENTS: Final = "agents"
LANGUAGE: Final = "language"

Ids: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its category by name, and the ids of the messages that hold its answer."""

    text: str
    category: str
    evidence: Ids


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its messages in order, and the questions that have evidence in it.

    `unanswerable` are questions of the data that the conversation does not answer.
    """

    name: str
    messages: tuple[Imported, ...]
    questions: tuple[Question, ...]
    unanswerable: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """Epoch seconds of the last message: when the questions are asked."""
        return max((seconds(m) for m in self.messages), default=0.0)

    @property
    def evidence(self) -> Ids:
        """Ids of the messages that some question needs."""
        return frozenset().union(*(q.evidence for q in self.questions))


@dataclass(frozen=True, slots=True)
class DataSet:
    """Conversations that are measured together.

    Attributes:
        name: of the file, or of our own set.
        kind: `PEOPLE`, `AGENTS` (a machine speaks) or `LANGUAGE`.
        language: ISO 639-1 code; "" where the data does not say.
        held_out: nothing may be chosen on it, and each run on it is written down.
    """

    name: str
    conversations: tuple[Conversation, ...]
    kind: str = PEOPLE
    language: str = ""
    held_out: bool = False


def seconds(item: Imported) -> float:
    """When a message was written, epoch seconds; 0 where the file does not say."""
    return item.message.at.timestamp() if item.message.at else 0.0


def kind_of(conversations: Iterable[Conversation]) -> str:
    """`AGENTS` where a machine speaks anywhere, `PEOPLE` otherwise."""
    roles = {item.message.role for each in conversations for item in each.messages}
    return PEOPLE if roles <= {"user"} else AGENTS
