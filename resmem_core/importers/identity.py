"""From what a file says to messages with ids that stay, in the order in which they were said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from resmem_core.importers.items import Imported, Said
from resmem_core.types import MAX_TEXT, Message

_BREAKS = ("\n\n", "\n", ". ", "。", " ")
"""Where a long text is cut, the best first."""


class Names:
    """Gives messages their ids: a digest of shape, conversation, own id, author, time and content.

    The name of the file and the place in it do not count. A message that says word for word what
    an undated one without an id said before in the same conversation is counted on.
    """

    def __init__(self, shape: str, stem: str) -> None:
        self._shape, self._stem = shape, stem
        self._seen: dict[bytes, int] = {}

    def imported(self, said: Said) -> Iterator[Imported]:
        """The message; more than one where its text is too long for one."""
        id_ = f"{self._shape}-{self._digest(said)}"
        thread = said.thread or self._stem
        for i, text in enumerate(split(said.text)):
            message = Message(
                said.role, text, said.author, f"{id_}-{i}" if i else id_, said.at,
                metadata=_origin(self._shape, said),
            )  # fmt: skip
            yield Imported(message, thread, said.data_set, said.own, self._shape)

    def _digest(self, said: Said) -> str:
        at = said.at.isoformat() if said.at else ""
        parts = (self._shape, said.data_set, said.thread, said.own or "", said.role,
                 said.author or "", at, said.text)  # fmt: skip
        digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        if said.own is None and said.at is None:
            key = digest.digest()[:8]
            count = self._seen[key] = self._seen.get(key, -1) + 1
            digest.update(str(count).encode() if count else b"")
        return digest.hexdigest()[:24]


def _origin(shape: str, said: Said) -> dict[str, str]:
    """Where a message came from, for its metadata."""
    found = {"source": shape, "conversation": said.thread, "source_id": said.own or ""}
    return {key: value for key, value in found.items() if value}


def split(text: str, size: int = MAX_TEXT) -> list[str]:
    """The text in parts of at most `size` characters, cut at paragraphs where it has them.

    >>> split("one two. three", 9)
    ['one two. ', 'three']
    """
    parts = []
    while len(text) > size:
        at = _cut(text[:size])
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text] if text.strip() or not parts else parts


def _cut(text: str) -> int:
    for mark in _BREAKS:
        at = text.rfind(mark)
        if at > 0 and text[: at + len(mark)].strip():
            return at + len(mark)
    return len(text)


def in_order(items: Iterable[Imported]) -> list[Imported]:
    """Conversations by their first date, within each its messages by when they were said.

    A message without a time takes that of its neighbour in the file, where the conversation has
    one. Conversations without any time keep their places, after those that have.
    """
    by_thread = sorted(items, key=_thread)  # stable: the order of the file stays within each
    talks = [_dated(list(talk)) for _, talk in groupby(by_thread, key=_thread)]
    talks.sort(key=lambda talk: _instant(talk[0].message))
    return [item for talk in talks for item in talk]


def _thread(item: Imported) -> tuple[str, str, str]:
    return item.shape, item.conversation, item.session


def _dated(talk: list[Imported]) -> list[Imported]:
    known = next((item.message.at for item in talk if item.message.at), None)
    out = []
    for item in talk:
        known = item.message.at or known
        out.append(replace(item, message=replace(item.message, at=known)))
    return sorted(out, key=lambda item: _instant(item.message))


def _instant(message: Message) -> timedelta:
    """Since the beginning of the calendar, which every date can be compared by."""
    at = message.at or datetime.max
    return at.replace(tzinfo=None) - (at.utcoffset() or timedelta()) - datetime.min
