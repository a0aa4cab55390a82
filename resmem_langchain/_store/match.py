"""Namespaces of LangGraph stores and what an operation may ask for, as pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)
from langgraph.store.base import Op as StoreOp

from resmem_core.errors import InputError, InputTypeError
from resmem_core.filters import check_filter

Labels = tuple[str, ...]


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


class BadLabels(InputError, InvalidNamespaceError):
    """A namespace that LangGraph refuses; caught as its error and as ours."""


def check_op(op: StoreOp) -> None:
    """Refuse what direct batches do not check: unknown ops, labels that are not plain strings."""
    if isinstance(op, GetOp | PutOp):
        labels: Sequence[Any] = op.namespace
        if not labels:
            raise BadLabels("Namespace cannot be empty.")
    elif isinstance(op, SearchOp):
        labels = op.namespace_prefix
        check_filter(op.filter)
    elif isinstance(op, ListNamespacesOp):
        labels = [label for c in op.match_conditions or () for label in c.path]
    else:
        raise InputTypeError(f"Unknown operation type: {type(op).__name__}")
    for label in labels:
        if not isinstance(label, str) or not label or "." in label or "\x00" in label:
            raise BadLabels(
                "namespace labels must be non-empty strings without '.' and NUL, "
                f"got {type(label).__name__} of length {len(str(label))}"
            )
