"""Where things lie on a server: the ids of points, and what they say of their namespace."""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

from resmem_core.stores.codec import SEPARATOR, checked, key_of, utf8
from resmem_core.types import Namespace

_SPACE: Final = uuid.UUID("8c7b6f0e-5d0a-4d7e-9a53-6f6a8f7f9d11")


def point_id(*parts: str) -> str:
    """The deterministic id of a point, so that writing twice is writing once."""
    return str(uuid.uuid5(_SPACE, "\x1e".join(map(checked, parts))))


AUDIT_ID: Final = point_id("head")
"""The point that knows where the audit log stands."""


def space_id(digest: str) -> str:
    """The point with a namespace's counters."""
    return point_id("space", digest)


def within(key: str) -> str:
    """The namespace that a document's key begins with, as far as its end; "" for other keys."""
    found, end, _ = key.partition(2 * SEPARATOR)
    return found + end if end else ""


def digest_of(namespace: Namespace) -> str:
    """The namespace as its points name it."""
    return hashlib.sha256(utf8(key_of(namespace), "a namespace")).hexdigest()
