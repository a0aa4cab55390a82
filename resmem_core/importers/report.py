"""What an import reads, and what it leaves out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from resmem_core.importers.items import BadLine, Imported, Item, LeftOut


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of an import.

    Attributes:
        read: messages by shape and role.
        left_out: what is no message, by shape (or file) and kind.
        bad: what could not be read, in the order of the files.
        undated: messages without a time of their own.
        conversations: how many the messages belong to.
    """

    read: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: tuple[BadLine, ...] = ()
    undated: int = 0
    conversations: int = 0

    @classmethod
    def of(cls, items: Iterable[Item]) -> Report:
        """The report on what `read` yielded."""
        items = list(items)
        said = [item for item in items if isinstance(item, Imported)]
        left = [item for item in items if isinstance(item, LeftOut)]
        return cls(
            Counter((item.shape, item.message.role) for item in said),
            Counter((item.shape or item.file, item.what) for item in left),
            tuple(item for item in items if isinstance(item, BadLine)),
            sum(item.message.at is None for item in said),
            len({(item.shape, item.conversation, item.session) for item in said}),
        )

    def as_dict(self) -> dict[str, object]:
        """As JSON."""
        return {
            "read": [
                {"shape": s, "role": r, "count": n} for (s, r), n in sorted(self.read.items())
            ],
            "left_out": [
                {"from": s, "what": w, "count": n} for (s, w), n in sorted(self.left_out.items())
            ],
            "bad": [{"where": item.where, "reason": item.reason} for item in self.bad],
            "undated": self.undated,
            "conversations": self.conversations,
        }
