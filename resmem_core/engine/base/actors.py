"""Who acts by hand, as the audit log names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from resmem_core.errors import InputError
from resmem_core.memory.privacy.aliases import alias
from resmem_core.protocols import Redactor
from resmem_core.types import check_id

_ACTOR: Final[ContextVar[str]] = ContextVar("resmem_actor", default="")


@contextmanager
def acting(actor: str | None, redactor: Redactor) -> Iterator[None]:
    """What is written to the log meanwhile, by this thread or task, names the actor.

    Args:
        actor: an account or a name, spelt as ids are: personal data in it becomes a pseudonym.
            None: whoever acts already.

    Raises:
        InputError, InputTypeError: it names nobody, or is longer than an id.
    """
    if actor is None:
        yield
        return
    if not check_id(actor).strip():
        raise InputError("actor must name who acts, got only blanks")
    token = _ACTOR.set(alias(actor.strip(), redactor))
    try:
        yield
    finally:
        _ACTOR.reset(token)


def by() -> dict[str, str]:
    """The part of an audit record that says who acts; empty where nobody was named."""
    return {"by": _ACTOR.get()} if _ACTOR.get() else {}
