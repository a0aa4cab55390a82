"""Namespace patterns of LangGraph stores, as pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from langgraph.store.base import ListNamespacesOp, MatchCondition

from resmem_core.errors import InputError

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
