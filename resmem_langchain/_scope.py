"""Whose memory, and which conversation: read from the run, never guessed.

The namespace comes from the first of these that names it:

1. what the constructor was given: a tuple, or a function of (context, configurable);
2. `runtime.context` of the run (a mapping or an object);
3. `config["configurable"]`.

In 2 and 3 it is either `resmem_namespace` (a sequence of strings, such as `("acme", "ada")`) or
both `tenant` and `user_id`. A `user_id` alone is refused: two tenants may each have an Ada.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from resmem_core.errors import NamespaceError
from resmem_core.types import Namespace, NamespaceLike, check_namespace

NamespaceSource: TypeAlias = (
    NamespaceLike | Callable[[Any, Mapping[str, Any]], NamespaceLike] | None
)
"""A namespace, a function that finds it in (context, configurable), or None: look in the run."""

NAMESPACE_KEY: Final = "resmem_namespace"
TENANT_KEY: Final = "tenant"
USER_KEY: Final = "user_id"
DEFAULT_THREAD: Final = "main"


def _field(source: Any, key: str) -> Any:
    if isinstance(source, Mapping):
        return source.get(key)
    return getattr(source, key, None)


def _named(source: Any) -> NamespaceLike | None:
    """The namespace that a context or a configurable names, or None."""
    given: NamespaceLike | None = _field(source, NAMESPACE_KEY)
    if given is not None:
        return given
    tenant, user = _field(source, TENANT_KEY), _field(source, USER_KEY)
    return None if tenant is None or user is None else (tenant, user)


def find_namespace(
    source: NamespaceSource, context: Any, configurable: Mapping[str, Any]
) -> Namespace:
    """The namespace of a run.

    Args:
        source: what the constructor was given.
        context: `runtime.context`, or None.
        configurable: `config["configurable"]`.

    Raises:
        NamespaceError: nothing names one, or what names it is not a tuple of strings.

    >>> find_namespace(None, None, {"tenant": "acme", "user_id": "ada"})
    ('acme', 'ada')
    """
    if callable(source):
        return check_namespace(source(context, configurable))
    given = source or _named(context) or _named(configurable)
    if given is None:
        raise NamespaceError(
            "the run names no namespace: pass config={'configurable': {'resmem_namespace': "
            "('acme', 'ada')}}, or 'tenant' and 'user_id' there or in the run's context, "
            "or namespace=('acme', 'ada') to the constructor"
        )
    return check_namespace(given)


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
