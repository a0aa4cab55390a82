"""What a thread was shown before: by id, never as text, so that what is forgotten is shown no more.

Laid out again from the same memories it is the same block, word for word, so that a provider's
prompt cache holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

_KEYS: Final = ("on", "at", "hits")


class Shown(NamedTuple):
    """One memory that a block was made of.

    Attributes:
        id: the memory's. asked: id of the question that it answers, "" for none.
        standing: it stood there as a standing wish.
        part: where the part of a long text stands that was shown, in characters.
    """

    id: str
    asked: str = ""
    standing: bool = False
    part: tuple[int, int] | None = None

    @classmethod
    def from_row(cls, row: Any) -> Self:
        """Of JSON values.

        Raises:
            TypeError, ValueError: they are none of ours.
        """
        ident, asked, standing, *rest = row
        part = rest[0] if rest else None
        span = None if part is None else (int(part[0]), int(part[1]))
        return cls(str(ident), str(asked), bool(standing), span)


class Told(NamedTuple):
    """The memories of one block.

    Attributes:
        on: id of the message that the block stands before.
        at: epoch seconds; the block says the day.
        hits: in the order of the recall.
    """

    on: str
    at: float
    hits: tuple[Shown, ...]

    def to_doc(self) -> dict[str, Any]:
        """As JSON values, for a thread's state."""
        return {"on": self.on, "at": self.at, "hits": [[*hit] for hit in self.hits]}

    @classmethod
    def from_doc(cls, doc: Mapping[str, Any]) -> Self | None:
        """The same again; None of a document that is none of ours."""
        try:
            on, at, hits = (doc[key] for key in _KEYS)
            return cls(str(on), float(at), tuple(map(Shown.from_row, hits)))
        except (LookupError, TypeError, ValueError):
            return None
