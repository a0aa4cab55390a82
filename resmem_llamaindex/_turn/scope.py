"""Whose memory a call may use: named by the component, by `scope`, or by instrument tags."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

from llama_index_instrumentation.dispatcher import active_instrument_tags

from resmem_core.engine.checked import check_memory
from resmem_core.errors import ConfigError, NamespaceError
from resmem_core.namespaces import filled, text_of
from resmem_core.types import Namespace, NamespaceLike, check_namespace

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

NamespaceOf: TypeAlias = NamespaceLike | Callable[[str], NamespaceLike]
"""A namespace, or a function that gives the namespace of a session id."""

DEFAULT_SESSION: Final = "default"

_active: ContextVar[Session | None] = ContextVar("resmem_session", default=None)
_muted: ContextVar[bool] = ContextVar("resmem_muted", default=False)


@contextmanager
def scope(session: Session) -> Iterator[Session]:
    """Make `session` the one that every component uses inside the block.

    It follows the code into the tasks and threads that LlamaIndex starts, so two users served at
    once never see each other's session.

    Examples:
        ```python
        with scope(memory.session("thread-1", namespace=("acme", "ada"))):
            response = engine.query("Where do I live?")
        ```
    """
    token = _active.set(session)
    try:
        yield session
    finally:
        _active.reset(token)


@contextmanager
def muted() -> Iterator[None]:
    """Hide the block's model calls from the event handlers (our own calls are no signals)."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


def is_muted() -> bool:
    """Whether the present call is one of our own."""
    return _muted.get()


def active_session() -> Session | None:
    """The session of the innermost `scope`, or None."""
    return _active.get()


def tagged(*, by_names: bool = True) -> tuple[Namespace, str] | None:
    """Namespace and session id from `instrument_tags({"namespace": …, "session_id": …})`.

    Without a namespace, `tenant`, `user_id` and `agent_id` among the tags name it, unless the
    component has one whose fields they fill; without a session id, `run_id` names the session.

    Raises:
        NamespaceError: the tag is malformed.
    """
    tags = active_instrument_tags.get()
    namespace = tags.get("namespace") or (_named(None, tags) if by_names else None)
    if namespace is None:
        return None
    session = tags.get("session_id", tags.get("run_id", DEFAULT_SESSION))
    return check_namespace(namespace), str(session)


_NAMED: Final = ("tenant", "user_id", "agent_id")


def by_name(namespace: NamespaceOf | None, names: Mapping[str, Any]) -> NamespaceOf | None:
    """The namespace with the fields filled that have a name here; the others wait for the call.

    Where none is given, the parts are tenant, user and agent, those that are named.

    Raises:
        NamespaceError: a name that is neither a text nor a whole number, or has braces.

    >>> by_name(("memories", "{user_id}", "{topic}"), {"user_id": "ada"})
    ('memories', 'ada', '{topic}')
    >>> by_name(None, {"agent_id": "planner", "user_id": "ada"})
    ('ada', 'planner')
    """
    return namespace if callable(namespace) else _named(namespace, names)


def _named(namespace: NamespaceLike | None, names: Mapping[str, Any]) -> Namespace | None:
    given = {key: _plain(key, value) for key, value in names.items() if key in IDS}
    if namespace is None:
        return tuple(given[key] for key in _NAMED if key in given) or None
    return filled(namespace, lambda field: given.get(field, f"{{{field}}}"))


IDS: Final = (*_NAMED, "run_id")
"""Ids that components and tags take by name."""


def taken(options: dict[str, Any]) -> dict[str, str]:
    """The ids among a constructor's options, taken out of them."""
    found = {key: options.pop(key, None) for key in IDS}
    return {key: _plain(key, value) for key, value in found.items() if value is not None}


def _plain(name: str, value: Any) -> str:
    text = text_of(name, value)
    if set(text) & set("{}"):
        raise NamespaceError(f"{name} must have no braces, got {text!r:.40}")
    return text


def session_for(
    memory: ResilientMemory,
    namespace: NamespaceOf | None = None,
    session_id: str | None = None,
) -> Session:
    """The session that a component may use for this call.

    Args:
        memory: where the session lives.
        namespace: what the component was built with, or None to take it from the context.
        session_id: the conversation, where the caller knows it.

    Raises:
        NamespaceError: nobody named a namespace, or the component and the context name two
            different ones. There is no default: without a wall nothing is read.
    """
    place, name = _place(namespace, session_id)
    return memory.session(name, namespace=place)


async def asession_for(
    memory: ResilientMemory,
    namespace: NamespaceOf | None = None,
    session_id: str | None = None,
) -> Session:
    """`session_for`; a conversation's first call reads the store off the event loop."""
    place, name = _place(namespace, session_id)
    return await memory.asession(name, namespace=place)


def _of(session: Session) -> tuple[Namespace, str]:
    return session.namespace, session.id


def _place(namespace: NamespaceOf | None, session_id: str | None) -> tuple[Namespace, str]:
    current = _active.get()
    found = _of(current) if current is not None else tagged(by_names=namespace is None)
    name = session_id or (found[1] if found else DEFAULT_SESSION)
    if namespace is None:
        if found is None:
            raise NamespaceError(
                "no namespace: pass namespace=('acme', 'ada'), or call inside scope(session) or "
                "instrument_tags({'namespace': ('acme', 'ada')})"
            )
        return found[0], name
    fixed = _resolved(namespace, name)
    if found is not None and fixed != found[0]:
        raise NamespaceError(
            "this component is bound to one namespace and the context names another; "
            "use one component per namespace, or build it without one"
        )
    return fixed, name


def _resolved(namespace: NamespaceOf, session_id: str) -> Namespace:
    if callable(namespace):
        return check_namespace(namespace(session_id))
    fields = {**active_instrument_tags.get(), "session_id": session_id}
    return filled(namespace, fields.get)


_names: WeakKeyDictionary[ResilientMemory, str] = WeakKeyDictionary()
_by_name: WeakValueDictionary[str, ResilientMemory] = WeakValueDictionary()
_registry_lock = threading.Lock()
_numbers = itertools.count(1)  # never reused: a stale name must not find another memory


def register(memory: ResilientMemory, name: str | None = None) -> str:
    """Give `memory` a name by which a restored component finds it again.

    Components store the name, never the handle, when they are serialized. Components built with
    the handle register it themselves; call this in the process that restores them.

    Args:
        memory: an open memory.
        name: by default where the memory is kept, or a name of its own for ":memory:".

    Returns:
        The name.

    Raises:
        ConfigError: the name belongs to another open memory.
        InputTypeError: it is no open memory, but a path or a session.
    """
    check_memory(memory)
    with _registry_lock:
        name = name or _names.get(memory) or _default_name(memory)
        if _by_name.get(name, memory) is not memory:
            raise ConfigError(f"the name {name!r} belongs to another open memory; choose another")
        _names[memory] = name
        _by_name[name] = memory
        return name


def _default_name(memory: ResilientMemory) -> str:
    location = memory.location
    taken = _by_name.get(location)
    unique = location != ":memory:" and (taken is None or taken is memory)
    return location if unique else f"{location}#{next(_numbers)}"


def registered(name: str | None) -> ResilientMemory:
    """The open memory of that name.

    Raises:
        ConfigError: there is none in this process.
    """
    memory = _by_name.get(name) if name else None
    if memory is None:
        raise ConfigError(
            f"no open memory is registered as {name!r}: open it and call register(memory, name)"
        )
    return memory
