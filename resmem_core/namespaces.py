"""Namespaces with fields, such as `("memories", "{user_id}")`, filled for one run.

Private.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from resmem_core.errors import NamespaceError
from resmem_core.types import Namespace, NamespaceLike, check_namespace

Lookup = Callable[[str], Any]
"""The value of a field in this run; None where there is none."""

_FIELD: Final = re.compile(r"\{(\w+)\}")


def check_filled(namespace: NamespaceLike) -> Namespace:
    """The namespace, in which no field is left to fill.

    Raises:
        NamespaceError: one is; or it is malformed.
    """
    name = check_namespace(namespace)
    if field := _FIELD.search(" ".join(name)):
        raise NamespaceError(
            f"nobody filled in {field[0]} of the namespace; give the user's own id in its place"
        )
    return name


def filled(namespace: NamespaceLike, lookup: Lookup) -> Namespace:
    """The namespace with each `{field}` replaced by its value in this run.

    What a value holds is never read as a field again.

    Raises:
        NamespaceError: a field has no value, or braces stand around what is no field: two users
            must never share a memory because nobody filled in who they are.

    >>> filled(("memories", "{user_id}"), {"user_id": "ada"}.get)
    ('memories', 'ada')
    """
    return check_namespace([_part(part, lookup) for part in check_namespace(namespace)])


def _part(part: str, lookup: Lookup) -> str:
    if "{" not in part and "}" not in part:
        return part
    if set(_FIELD.sub("", part)) & set("{}"):
        raise NamespaceError(
            f"the namespace part {part!r:.80} has braces around no field; write {{user_id}}"
        )
    return _FIELD.sub(lambda field: text_of(field[1], lookup(field[1])), part)


def text_of(name: str, value: Any) -> str:
    """The value of a field as a part of a namespace.

    Raises:
        NamespaceError: there is none, or it is neither a text nor a whole number.
    """
    if value is None or value == "":
        raise NamespaceError(
            f"the run does not say what {{{name}}} is: pass it in config['configurable'], in the "
            "run's context, or as the authenticated user"
        )
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        raise NamespaceError(f"{name} must be a text or a whole number, got {type(value).__name__}")
    return str(value)
