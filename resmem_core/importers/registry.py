"""The shapes that are known, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Protocol

from resmem_core.importers.items import Context, Found
from resmem_core.importers.shapes import (
    aistudio,
    chat,
    chatgpt,
    claude,
    grok,
    langchain,
    locomo,
    longmemeval,
    mem0,
    openwebui,
    sharegpt,
    slack,
    telegram,
    whatsapp,
)


class Shape(Protocol):
    """How one program writes conversations. A module of `shapes` is one."""

    @property
    def name(self) -> str: ...

    def detects(self, document: Any) -> bool:
        """Whether the document (parsed JSON, or a text) has this structure; reads no names."""

    def messages(self, document: Any, context: Context) -> Iterator[Found]:
        """The messages in the order of the file, the faults, and what is left out on purpose.

        Raises:
            InputError: nothing of the document can be used.
        """


SHAPES: Final[tuple[Shape, ...]] = (
    chatgpt, claude, openwebui, grok, aistudio, longmemeval, locomo, slack, telegram, langchain,
    mem0, sharegpt, chat, whatsapp,
)  # fmt: skip
"""The narrow ones first: `chat` takes anything with a role and a text."""


def named(name: str) -> Shape | None:
    """The shape of that name."""
    return next((shape for shape in SHAPES if shape.name == name), None)


def recognised(document: Any) -> Shape | None:
    """The first shape that the document has."""
    return next((shape for shape in SHAPES if shape.detects(document)), None)
