"""Conditions on JSON values, such as a memory's metadata or the value of a store's item.

A filter is an object: each of its keys names a field, by itself or as a dotted path, and gives what
the field must be: a value, or an object of operators. What is not understood is an error, never a
filter that nothing passes.

    {"source": "slack"}                                equality
    {"score": {"$gte": 4, "$lt": 9}}                   operators, all of which must hold
    {"tags.lang": "en"}, {"tags": {"lang": "en"}}      a field inside another
    {"$or": [{"kind": "a"}, {"kind": {"$in": ["b"]}}]}  several filters
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from resmem_core.errors import InputError, InputTypeError

Filter: TypeAlias = Mapping[str, Any]

MAX_DEPTH: Final = 16
"""Levels that filters may be nested."""

_ABSENT: Final = object()


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """An order on numbers, or on texts; what is neither is in no order, so it does not match."""

    def test(value: Any, bound: Any) -> bool:
        try:
            return compare(float(value), float(bound))
        except (TypeError, ValueError):
            both = isinstance(value, str) and isinstance(bound, str)
            return both and compare(value, bound)

    return test


def _within(value: Any, options: Any) -> bool:
    if not isinstance(options, list | tuple):
        raise InputTypeError(f"$in and $nin take a list, got {type(options).__name__}")
    return value in options or (isinstance(value, list) and any(v in options for v in value))


def _contains(value: Any, part: Any) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    return isinstance(value, list | tuple) and part in value


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$eq": lambda value, other: bool(value == other),
    "$ne": lambda value, other: bool(value != other),
    "$gt": _ordered(lambda a, b: a > b),
    "$gte": _ordered(lambda a, b: a >= b),
    "$lt": _ordered(lambda a, b: a < b),
    "$lte": _ordered(lambda a, b: a <= b),
    "$in": _within,
    "$nin": lambda value, options: not _within(value, options),
    "$contains": _contains,
}
"""Operators of a field. `$exists` asks whether it is there, `$not` what it must not be."""

_SEVERAL: Final = ("$and", "$or", "$nor", "$not")


def check_filter(wanted: Filter | None) -> None:
    """Refuse a filter that cannot be read.

    Raises:
        InputTypeError: no object. InputError: an unknown operator, or nested too deep.

    >>> check_filter({"a": {"$near": 1}})
    Traceback (most recent call last):
    resmem_core.errors.InputError: Unsupported operator: '$near'; use one of $eq, $ne, $gt, $gte, \
$lt, $lte, $in, $nin, $contains, $exists, $not
    """
    if wanted is not None:
        fits({}, wanted)


def fits(value: Mapping[str, Any], wanted: Filter | None) -> bool:
    """Whether a value passes a filter; every part of the filter is read, also after one failed.

    >>> fits({"score": 4, "tags": {"lang": "en"}}, {"score": {"$gte": 4}, "tags.lang": "en"})
    True
    >>> fits({"kind": "a"}, {"$or": [{"kind": "b"}, {"kind": {"$in": ["a", "c"]}}]})
    True
    """
    return _all(value, {} if wanted is None else wanted, MAX_DEPTH)


def _all(value: Mapping[str, Any], wanted: Any, depth: int) -> bool:
    if not isinstance(wanted, Mapping):
        raise InputTypeError(f"a filter must be an object, got {type(wanted).__name__}")
    if depth == 0:
        raise InputError(f"a filter may be nested {MAX_DEPTH} levels; flatten it")
    return all([_one(value, str(key), given, depth) for key, given in wanted.items()])


def _one(value: Mapping[str, Any], key: str, given: Any, depth: int) -> bool:
    if key in _SEVERAL:
        return _several(value, key, given, depth)
    if key.startswith("$"):
        raise _unsupported(key)
    return _field(_at(value, key), given, depth)


def _several(value: Mapping[str, Any], key: str, given: Any, depth: int) -> bool:
    if key == "$not":
        return not _all(value, given, depth - 1)
    if not isinstance(given, list | tuple) or not given:
        raise InputTypeError(f"{key} takes a list of filters, got {type(given).__name__}")
    passed = [_all(value, one, depth - 1) for one in given]
    if key == "$and":
        return all(passed)
    return any(passed) is (key == "$or")


def _at(value: Any, path: str) -> Any:
    """The field of that name; else the one that the dotted path leads to."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    first, dot, rest = path.partition(".")
    if not dot or not isinstance(value, Mapping) or first not in value:
        return _ABSENT
    return _at(value[first], rest)


def _field(found: Any, given: Any, depth: int) -> bool:
    """Whether a field passes; one that is not there counts as null but for `$exists`."""
    if not isinstance(given, Mapping):
        return _equals(_value(found), given)
    operators = [key for key in given if str(key).startswith("$")]
    if operators and len(operators) < len(given):
        raise InputError("operators and fields cannot stand in one object of a filter")
    if operators:
        return all([_operator(str(op), found, other, depth) for op, other in given.items()])
    inside = _all(found if isinstance(found, Mapping) else {}, given, depth - 1)
    return isinstance(found, Mapping) and inside


def _operator(name: str, found: Any, other: Any, depth: int) -> bool:
    if name == "$exists":
        return (found is not _ABSENT) is bool(other)
    if name == "$not":
        return not _field(found, other, depth - 1)
    if name not in OPERATORS:
        raise _unsupported(name)
    return OPERATORS[name](_value(found), other)


def _value(found: Any) -> Any:
    return None if found is _ABSENT else found


def _equals(value: Any, given: Any) -> bool:
    """Equality in which an object within a list may say less than the value has."""
    if isinstance(given, list | tuple):
        return (
            isinstance(value, list | tuple)
            and len(value) == len(given)
            and all(map(_equals, value, given))
        )
    if isinstance(given, Mapping):
        return _field(value, given, MAX_DEPTH)
    return bool(value == given)


def _unsupported(name: str) -> InputError:
    known = ", ".join((*OPERATORS, "$exists", "$not"))
    return InputError(f"Unsupported operator: {name!r:.40}; use one of {known}")
