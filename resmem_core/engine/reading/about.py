"""What is known of the people of a namespace, as it holds now, and in the caller's own form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from resmem_core.engine.state.namespace_state import NamespaceState
from resmem_core.errors import ConfigError
from resmem_core.memory.recall.portrait import portrait
from resmem_core.types import Attribute

Model = TypeVar("Model")

_NEITHER: Final = "a profile is True, names of attributes, or a pydantic model"


def about(state: NamespaceState) -> tuple[Attribute, ...]:
    """The attributes of one value and the standing wishes.

    Raises:
        StoreError: the store is away.
    """
    with state.lock:
        state.refresh()
        return portrait(state.index)


def names_of(profile: Any) -> tuple[str, ...] | None:
    """The attributes that are asked for, by name; None for all.

    Raises:
        ConfigError: it is neither True, nor names, nor a pydantic model.

    >>> names_of(True), names_of(["name", "home"])
    (None, ('name', 'home'))
    """
    if profile is True:
        return None
    fields = getattr(profile, "model_fields", None)
    if isinstance(fields, Mapping):
        return tuple(_called(name, field) for name, field in fields.items())
    if isinstance(profile, str | bytes) or not isinstance(profile, Iterable):
        raise ConfigError(f"{_NEITHER}, got {profile!r:.60}")
    names = tuple(profile)
    if not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{_NEITHER}, got {profile!r:.60}")
    return names


def filled(schema: type[Model], attributes: Iterable[Attribute]) -> Model:
    """The schema with what is known; what is unknown or does not fit keeps its default.

    Args:
        schema: a pydantic model whose fields have defaults; a field is found by its alias or its
            name, in which "_" stands for a blank.

    Raises:
        ConfigError: it is no pydantic model, or a field without a default is not known.
    """
    fields = getattr(schema, "model_fields", None)
    if not isinstance(fields, Mapping):
        raise ConfigError(f"a schema is a pydantic model, got {schema!r:.60}")
    known = {one.name: one.value for one in reversed([*attributes])}
    wanted = {name: known.get(_called(name, field)) for name, field in fields.items()}
    given = {_key(name, fields[name]): value for name, value in wanted.items() if value is not None}
    return _validated(schema, given)


def _validated(schema: type[Model], given: Mapping[str, str]) -> Model:
    try:
        made: Model = schema.model_validate(given)  # type: ignore[attr-defined]
        return made
    except ValueError as error:
        wrong = {str(each["loc"][0]) for each in error.errors()}  # type: ignore[attr-defined]
        fitting = {key: value for key, value in given.items() if key not in wrong}
        if len(fitting) == len(given):
            raise ConfigError(
                f"the schema {schema.__name__} needs defaults for what may be unknown: "
                f"{', '.join(sorted(wrong))}"
            ) from None
        return _validated(schema, fitting)


def _key(name: str, field: Any) -> str:
    alias = field.validation_alias or field.alias
    return alias if isinstance(alias, str) else name


def _called(name: str, field: Any) -> str:
    return _key(name, field).replace("_", " ")
