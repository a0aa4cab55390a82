"""What the readers of shapes yield, and what a caller of `read` gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from resmem_core.errors import InputError
from resmem_core.types import Message, Role


@dataclass(frozen=True, slots=True)
class Imported:
    """A message and where it stood.

    Attributes:
        message: with an id that is the same each time the message is read, from whatever file.
        session: the conversation thread it belongs to.
        conversation: which of several independent data sets in one file; "" where there is one.
        own: the id that the message has in its file; None where it has none.
        shape: how the file was read, such as "chatgpt".
    """

    message: Message
    session: str
    conversation: str = ""
    own: str | None = None
    shape: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that could not be read, and why; the reason never quotes the text.

    Attributes:
        line: its line, or its place in the list of the document, from 1; 0 for the whole file.
        file: the file, or the entry of the archive.
        path: where in a JSON document, such as "[3].chat_messages[2]".
    """

    line: int
    reason: str
    file: str = ""
    path: str = ""

    @property
    def where(self) -> str:
        """File and line, or file and path.

        >>> BadLine(4, "no role", "chat.jsonl").where
        'chat.jsonl:4'
        """
        return f"{self.file}:{self.path or self.line}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was read and is no message of the conversation.

    Attributes:
        what: "thinking", "tool call", "picture or file", "system line", …
    """

    what: str
    shape: str = ""
    file: str = ""


Item: TypeAlias = Imported | BadLine | LeftOut


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a shape's reader finds it.

    Attributes:
        thread: the conversation as the file names it; "" where it names none.
        own: the message's id in the file.
        data_set: which of several independent data sets in one file.
    """

    role: Role
    text: str
    thread: str = ""
    author: str | None = None
    own: str | None = None
    at: datetime | None = None
    data_set: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that cannot be read: where in the document, and why."""

    path: str
    reason: str
    line: int = 0


Found: TypeAlias = Said | Fault | LeftOut


@dataclass(frozen=True, slots=True)
class Context:
    """What the file around a document tells.

    Attributes:
        folder: the name of the folder that the file lies in.
        names: ids of people to their names.
        date_order: "dmy", "mdy" or "ymd" where the caller says how dates are written.
    """

    folder: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None


def each(
    entries: Iterable[Any], path: str, parse: Callable[[Any, str], Iterable[Found]]
) -> Iterator[Found]:
    """What `parse` finds in each entry; an entry that it refuses is one fault and no more."""
    for place, entry in enumerate(entries):
        where = f"{path}[{place}]"
        try:
            yield from parse(entry, where)
        except InputError as error:
            yield Fault(where, str(error))


def entries(document: Any) -> list[Any]:
    """A list as it is, anything else as the only entry of one."""
    return document if isinstance(document, list) else [document]


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """The value, which must be a JSON object.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{what} must be an object, got {type(value).__name__}")
    return value


def listed(value: Any, what: str) -> list[Any]:
    """The value, which must be a JSON list.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(value, list):
        raise InputError(f"{what} must be a list, got {type(value).__name__}")
    return value
