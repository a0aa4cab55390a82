"""Whose memory, and which conversation: read from the run, never guessed.

The namespace comes from the first of these that names it:

1. what the constructor was given: a tuple, in which `{user_id}` and other fields are filled for
   each run, or a function of (context, configurable);
2. `resmem_namespace` in `runtime.context` of the run (a mapping or an object), then in
   `config["configurable"]`: a sequence of strings, such as `("acme", "ada")`;
3. `tenant` and `user_id`, or `user_id` alone.

A field is looked up with the user whom LangGraph's server authenticated, then in the context, then
in `configurable`. Where there is such a user, `user_id` is that user's identity whatever the others
say, and a `resmem_namespace` must have it as one of its parts: what a client may set does not
choose whose memory is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from resmem_core.errors import NamespaceError
from resmem_core.namespaces import Lookup, filled, text_of
from resmem_core.types import Namespace, NamespaceLike, check_namespace

NamespaceSource: TypeAlias = (
    NamespaceLike | Callable[[Any, Mapping[str, Any]], NamespaceLike] | None
)
"""A namespace, a function that finds it in (context, configurable), or None: look in the run."""

Place: TypeAlias = tuple[str, Namespace]
"""A conversation: its session's id and its namespace."""

NAMESPACE_KEY: Final = "resmem_namespace"
TENANT_KEY: Final = "tenant"
USER_KEY: Final = "user_id"
AUTH_KEY: Final = "langgraph_auth_user"
AUTH_ID_KEY: Final = "langgraph_auth_user_id"
_IDENTITIES: Final = frozenset({USER_KEY, AUTH_ID_KEY, "langgraph_user_id"})
"""Names of the field that is who the user is."""
DEFAULT_THREAD: Final = "main"


def _field(source: Any, key: str) -> Any:
    if isinstance(source, Mapping):
        return source.get(key)
    return getattr(source, key, None)


def _lookup(context: Any, configurable: Mapping[str, Any]) -> Lookup:
    """Fields of a run: of the authenticated user, the context, the configurable, in this order."""
    user = configurable.get(AUTH_KEY)
    identity = _identity(user, configurable)

    def value(name: str) -> Any:
        if name in _IDENTITIES and identity is not None:
            return identity
        found = (_field(source, name) for source in (user, context, configurable))
        return next((value for value in found if value is not None), None)

    return value


def _identity(user: Any, configurable: Mapping[str, Any]) -> Any:
    """Whom LangGraph's server authenticated, or None."""
    found = _field(user, "identity")
    return configurable.get(AUTH_ID_KEY) if found is None else found


def find_namespace(
    source: NamespaceSource, context: Any, configurable: Mapping[str, Any]
) -> Namespace:
    """The namespace of a run.

    Args:
        source: what the constructor was given.
        context: `runtime.context`, or None.
        configurable: `config["configurable"]`.

    Raises:
        NamespaceError: nothing names one, a field has no value, what names it is not a tuple of
            strings, or it is not the authenticated user's.

    >>> find_namespace(None, None, {"tenant": "acme", "user_id": "ada"})
    ('acme', 'ada')
    >>> find_namespace(("memories", "{user_id}"), {"user_id": "ada"}, {})
    ('memories', 'ada')
    """
    if callable(source):
        return check_namespace(source(context, configurable))
    lookup = _lookup(context, configurable)
    if source:
        return filled(source, lookup)
    given = _field(context, NAMESPACE_KEY)
    given = configurable.get(NAMESPACE_KEY) if given is None else given
    if given is not None:
        return _owned(filled(given, lookup), _identity(configurable.get(AUTH_KEY), configurable))
    tenant, user = lookup(TENANT_KEY), lookup(USER_KEY)
    if user is None:
        raise NamespaceError(
            "the run names no namespace: pass config={'configurable': {'user_id': 'ada'}} or "
            "'resmem_namespace': ('acme', 'ada') there or in the run's context, "
            "or namespace=('acme', '{user_id}') to the constructor"
        )
    parts = [(TENANT_KEY, tenant), (USER_KEY, user)] if tenant is not None else [(USER_KEY, user)]
    return check_namespace([text_of(name, value) for name, value in parts])


def _owned(namespace: Namespace, identity: Any) -> Namespace:
    """The namespace that the run names, which must be the authenticated user's."""
    if identity is not None and text_of(USER_KEY, identity) not in namespace:
        raise NamespaceError(
            "the run names a namespace that is not the authenticated user's: give "
            "namespace=('acme', '{user_id}') to the constructor instead"
        )
    return namespace


def context_of(configurable: Mapping[str, Any]) -> Any:
    """The graph run's context; None outside a graph."""
    return getattr(configurable.get("__pregel_runtime"), "context", None)


def place_of(source: NamespaceSource, config: Mapping[str, Any]) -> Place:
    """The conversation of a run and whose memory it is, by the run's config alone.

    Raises:
        NamespaceError: as for `find_namespace`.
    """
    configurable = config.get("configurable", {})
    namespace = find_namespace(source, context_of(configurable), configurable)
    return thread_of(configurable), namespace


def thread_of(configurable: Mapping[str, Any]) -> str:
    """The conversation's id: `thread_id` of the run, or one shared session of the namespace.

    >>> thread_of({"thread_id": 7})
    '7'
    """
    given = configurable.get("thread_id")
    return DEFAULT_THREAD if given is None else str(given)


def subagent_path(configurable: Mapping[str, Any]) -> str:
    """Where a run sits inside another agent's tool call, or "" for a run of its own.

    A sub-agent is a run whose checkpoint namespace passes through a `tools` node. An agent that
    is a plain subgraph of a larger graph still answers the user, so it is a run of its own.

    >>> subagent_path({"checkpoint_ns": "tools:1f|model:2a"})
    'tools'
    >>> subagent_path({"checkpoint_ns": "researcher:1f|model:2a"})
    ''
    """
    above = str(configurable.get("checkpoint_ns") or "").split("|")[:-1]
    names = [part.partition(":")[0] for part in above]
    return "/".join(names) if "tools" in names else ""
