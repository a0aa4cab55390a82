"""Namespaces as they stand in a URL."""

from __future__ import annotations

from urllib.parse import quote, unquote

from resmem_core.types import Namespace, check_namespace


def key_of(namespace: Namespace) -> str:
    """A namespace in a URL.

    >>> key_of(("acme", "a/b"))
    'acme/a%2Fb'
    """
    return "/".join(quote(part, safe="") for part in namespace)


def named(key: str) -> Namespace:
    """The namespace of such a key.

    >>> named("acme/a%2Fb")
    ('acme', 'a/b')

    Raises:
        NamespaceError: it is none.
    """
    return check_namespace([unquote(part) for part in key.split("/")])
