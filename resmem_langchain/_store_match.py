"""Filters and namespace patterns of LangGraph stores, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from langgraph.store.base import ListNamespacesOp, MatchCondition

from resmem_core.errors import InputError

Labels = tuple[str, ...]


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    """An order on numbers; what is not a number is in no order, so it does not match."""

    def test(value: Any, bound: Any) -> bool:
        try:
            return compare(float(value), float(bound))
        except (TypeError, ValueError):
            return False

    return test


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$eq": lambda value, other: bool(value == other),
    "$ne": lambda value, other: bool(value != other),
    "$gt": _ordered(lambda a, b: a > b),
    "$gte": _ordered(lambda a, b: a >= b),
    "$lt": _ordered(lambda a, b: a < b),
    "$lte": _ordered(lambda a, b: a <= b),
}


def fits(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether an item's value passes a search filter.

    >>> fits({"score": 4, "tags": {"lang": "en"}}, {"score": {"$gte": 4}, "tags": {"lang": "en"}})
    True
    """
    return all(_equals(value.get(key), given) for key, given in (wanted or {}).items())


def _equals(value: Any, given: Any) -> bool:
    if isinstance(given, Mapping):
        if any(str(key).startswith("$") for key in given):
            return all(_operator(op)(value, other) for op, other in given.items())
        return isinstance(value, Mapping) and fits(value, given)
    if isinstance(given, list | tuple):
        return (
            isinstance(value, list | tuple)
            and len(value) == len(given)
            and all(map(_equals, value, given))
        )
    return bool(value == given)


def _operator(name: str) -> Callable[[Any, Any], bool]:
    if name not in OPERATORS:
        raise InputError(f"Unsupported operator: {name!r:.40}; use one of {', '.join(OPERATORS)}")
    return OPERATORS[name]


def listed(namespaces: Iterable[Labels], op: ListNamespacesOp) -> list[Labels]:
    """The namespaces that an op asks for: matched, cut to its depth, sorted, paged."""
    found = {n for n in namespaces if all(matches(c, n) for c in op.match_conditions or ())}
    if op.max_depth is not None:
        found = {n[: op.max_depth] for n in found}
    return sorted(found)[op.offset : op.offset + op.limit]


def matches(condition: MatchCondition, namespace: Labels) -> bool:
    """Whether a namespace begins or ends with a pattern, label by label; "*" is any label."""
    path: Sequence[str] = condition.path
    if condition.match_type not in ("prefix", "suffix"):
        raise InputError(f"Unsupported match type: {condition.match_type!r:.40}")
    if len(namespace) < len(path):
        return False
    part = namespace[: len(path)]
    if condition.match_type == "suffix":
        part = namespace[len(namespace) - len(path) :]
    return all(want in ("*", got) for want, got in zip(path, part, strict=True))
