"""Which memories of a namespace are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from resmem_core.errors import InputError, InputTypeError
from resmem_core.filters import Filter, check_filter, fits
from resmem_core.memory.gate.tellings import tellings
from resmem_core.memory.privacy.aliases import alias
from resmem_core.memory.privacy.screen import clean
from resmem_core.protocols import Redactor
from resmem_core.types import Memory, Role, Trust, check_id, epoch


@dataclass(frozen=True, slots=True)
class Selection:
    """Which memories are meant; every condition that is given must hold.

    Args:
        ids: ids of memories, or of messages that went into them.
        session: the conversation. author: who spoke.
        since, until: when it was said, both ends included; naive times are UTC.
        role: "user", "assistant", "tool" or "system". trust: "trusted", "untrusted" or
            "quarantined".
        metadata: a filter on the metadata, see `resmem_core.filters`.
        query: words that the memory has, all of them, by their stems; everyday words do not count.

    Raises:
        InputError, InputTypeError: a condition that cannot be used.
    """

    ids: Sequence[str] | None = None
    session: str | None = None
    author: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    role: Role | None = None
    trust: Trust | None = None
    metadata: Filter | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.ids, str | bytes):
            raise InputTypeError("ids must be a list of str, got one str; put it in a list")
        for ident in self.ids or ():
            check_id(ident)
        for name, options in (("role", get_args(Role)), ("trust", get_args(Trust))):
            value = getattr(self, name)
            if value is not None and value not in options:
                raise InputError(f"{name} must be one of {', '.join(options)}, got {value!r:.40}")
        for name in ("since", "until"):
            moment(getattr(self, name), name)
        check_filter(self.metadata)
        if self.query is not None and not _topics(self.query):
            raise InputError(
                f"query must have a word beside everyday ones, got {self.query!r:.40}; name a thing"
            )

    @property
    def everything(self) -> bool:
        """No condition is given."""
        return self == Selection()

    def stored(self, redactor: Redactor) -> Selection:
        """The same, with ids, the conversation and the author named as they are stored.

        Raises:
            InputError: the author is stored without a name, as all of that kind are.
        """
        ids = None if self.ids is None else [alias(ident, redactor) for ident in self.ids]
        session = None if self.session is None else alias(self.session, redactor)
        return replace(self, ids=ids, session=session, author=_author(self.author, redactor))

    def holds(self, memory: Memory) -> bool:
        """Whether the memory is meant."""
        named = self.ids is None or not {memory.id, *memory.sources}.isdisjoint(self.ids)
        return (
            named
            and self.session in (None, memory.session)
            and (self.author is None or _folded(self.author) == _folded(memory.author))
            and self.role in (None, memory.role)
            and self.trust in (None, memory.trust)
            and (self.since is None or epoch(self.since) <= memory.at)
            and (self.until is None or memory.at <= epoch(self.until))
            and (self.metadata is None or fits(memory.metadata, self.metadata))
            and (self.query is None or _topics(self.query) <= _topics(memory.text, every=True))
        )

    def names(self, memory: Memory) -> bool:
        """Whether it is meant itself: what sleep wrote is so by its own id alone."""
        return self.holds(memory) and (not memory.semantic or memory.id in (self.ids or ()))


def _author(author: str | None, redactor: Redactor) -> str | None:
    """The author as messages' authors are stored: cleaned and without blanks around.

    An address or a number is stored as its kind alone, and finding nothing by it would read as
    that there is nothing.
    """
    if author is None:
        return None
    if not isinstance(author, str):
        raise InputTypeError(f"author must be str, got {type(author).__name__}")
    name = clean(author).text.strip()
    stored = redactor.redact(name).text
    if stored != name:
        raise InputError(
            f"an author who is named by personal data is stored as {stored!r:.80}, like all of "
            "that kind: name the memories by ids, session or query, or all such authors by "
            f"author={stored!r:.80}"
        )
    return name


def _folded(name: str) -> str:
    """A name whatever its case and the blanks around it."""
    return name.strip().casefold()


def moment(value: datetime | None, name: str) -> float | None:
    """A time as epoch seconds, None as it is.

    Raises:
        InputTypeError: it is no datetime.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise InputTypeError(f"{name} must be a datetime, got {type(value).__name__}")
    return epoch(value)


def _topics(text: str, *, every: bool = False) -> frozenset[str]:
    """The topics of a text, everyday words among them only with `every`."""
    if not isinstance(text, str):
        raise InputTypeError(f"query must be a str, got {type(text).__name__}")
    told = tellings(text)
    return frozenset[str]().union(*(t.topics if every else t.topics - t.small for t in told))
