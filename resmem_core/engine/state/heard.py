"""How far a conversation is taken in whose messages have no ids: by their place in it.

A framework shows a window of the conversation: the newest messages, an older part that it flushes,
or a new beginning after a reset. Marks of the messages taken in before say which of a window's are
among them, and so the place of each of the others. What a window repeats from the end of the
conversation is not news; the same words anywhere else are said again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from secrets import randbits, token_bytes
from typing import Any, Final, Self

KIND: Final = "heard"
"""Kind of the documents, by namespace and conversation."""

TAIL: Final = 512
"""Messages of a conversation whose marks are kept, the newest."""

_MARK: Final = 4
"""Characters of a mark: 24 bits under a key of the conversation's own, too few to prove a text."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was taken in of one conversation.

    Attributes:
        key: of the marks. count: messages so far. tail: marks of the last `TAIL` of them.
    """

    key: bytes
    count: int = 0
    tail: tuple[str, ...] = ()

    @classmethod
    def of(cls, doc: Mapping[str, Any] | None) -> Self:
        """As stored; nothing yet, under a new key, where nothing is."""
        if doc is None:
            return cls(token_bytes(16))
        tail = str(doc["tail"])
        marks = tuple(tail[i : i + _MARK] for i in range(0, len(tail), _MARK))
        return cls(bytes.fromhex(doc["key"]), int(doc["count"]), marks)

    @classmethod
    def apart(cls) -> Self:
        """Nothing yet, at a place of its own: for what is said while the store cannot be read."""
        return cls(token_bytes(16), 1 << 40 | randbits(40))

    def to_doc(self) -> dict[str, Any]:
        """To be stored: about 2 kB."""
        return {"key": self.key.hex(), "count": self.count, "tail": "".join(self.tail)}

    def mark(self, role: str, text: str) -> str:
        """The mark of a message."""
        said = f"{role}\x1f{text}".encode("utf-8", "surrogatepass")
        return b64encode(blake2b(said, digest_size=3, key=self.key).digest()).decode()

    def place(self, window: Sequence[str], *, flushed: bool = False) -> tuple[int, int]:
        """Place of the window's first message in the conversation, and how many of it are known.

        Args:
            window: marks, the oldest first.
            flushed: whether the window left the framework's memory: it may be all old then.

        >>> heard = Heard(b"", 3, ("a", "b", "c"))
        >>> heard.place(["b", "c", "d"]), heard.place(["c"]), heard.place(["b"])
        ((1, 2), (2, 1), (3, 0))
        >>> heard.place(["a", "b"], flushed=True)
        (0, 2)
        """
        window = tuple(window)
        start = self.count - len(self.tail)
        if start == 0 and self.tail and window[: self.count] == self.tail:
            return 0, self.count
        for known in range(len(window), 0, -1):
            held = min(known, len(self.tail))
            if held and window[known - held : known] == self.tail[-held:]:
                return self.count - known, known
        if flushed:
            for at in range(len(self.tail) - len(window) + 1):
                if self.tail[at : at + len(window)] == window:
                    return start + at, len(window)
            if start > 0:  # older than all marks: a read has seen it
                return -len(window), len(window)
        return self.count, 0

    def then(self, news: Sequence[str]) -> Self:
        """After these messages more."""
        tail = (*self.tail, *news)[-TAIL:]
        return replace(self, count=self.count + len(news), tail=tail)
