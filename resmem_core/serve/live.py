"""What happens, as values: sessions from their stored state, health, and the log's records."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from resmem_core.config.profile import Profile
from resmem_core.control import authority, controller
from resmem_core.control.explain import contributions
from resmem_core.control.state import ControlState, from_doc
from resmem_core.engine.base.pseudonyms import known
from resmem_core.engine.calling.board import Board
from resmem_core.errors import ConfigError
from resmem_core.health import acts as acts_of
from resmem_core.protocols import Store
from resmem_core.types import KNOBS, Namespace
from resmem_core.verbs import Json

SHOWN: Final = 60
"""Acts of a kind that are shown at most."""

STRONGEST: Final = 3
"""Hormones that are named as the reason of a knob."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A conversation's control state at one moment.

    Attributes:
        at: epoch seconds when it was seen; 0 where a recording does not say.
        levels: hormones, in [0, 1]. units: knobs as shares of their ranges.
        knobs: the same in their own units.
        why: for each knob the hormones that move it most, each with its share.
        steered: whether requests may differ from what the user set; None where it is not known.
        sent: settings that the last request changed, each as the user set it and as it was sent.
    """

    at: float
    mode: str
    stress: float
    levels: Mapping[str, float]
    units: Mapping[str, float]
    knobs: Mapping[str, float]
    why: Mapping[str, Sequence[tuple[str, float]]]
    steered: bool | None = None
    sent: Mapping[str, Sequence[float | None]] = field(default_factory=dict)

    def to_json(self) -> Json:
        """As sent to the page."""
        return asdict(self)


def moment(
    state: ControlState, profile: Profile, at: float, body: Mapping[str, Any] | None = None
) -> Moment:
    """The moment of a state.

    Args:
        body: the document that it was read from; a recording has none.
    """
    x, place = state.column, state.at
    shares = contributions(x[place.level], x[place.baseline], profile)
    return Moment(
        at=at,
        mode=controller.mode_of(state).value,
        stress=controller.stress_of(state, profile),
        levels=_round(controller.levels_of(state, profile)),
        units=_round(dict(zip(KNOBS, x[place.knob].tolist(), strict=True))),
        knobs=_numbers(controller.knobs_of(state, profile)),
        why={
            knob: _top(dict(zip(profile.hormones, row.tolist(), strict=True)))
            for knob, row in zip(KNOBS, shares, strict=True)
        },
        steered=None if body is None else steered(body),
        sent=_sent(body or {}),
    )


def append(moments: deque[Moment], latest: Moment) -> None:
    """Add a moment; one that only repeats the last, such as a recording's, takes its place."""
    if moments and _same(moments[-1], latest):
        moments.pop()
    moments.append(latest)


def _same(known: Moment, latest: Moment) -> bool:
    """Whether they differ at most in when and by whom they were seen."""
    return replace(known, at=latest.at, steered=latest.steered, sent=latest.sent) == latest


def _sent(body: Mapping[str, Any]) -> dict[str, list[float | None]]:
    told = body.get("sent")
    return {str(k): [*v] for k, v in told.items()} if isinstance(told, Mapping) else {}


def state_of(body: Mapping[str, Any], profile: Profile) -> ControlState | None:
    """The state that a session wrote; None where it cannot be read."""
    try:
        return from_doc(body, profile)
    except ConfigError:
        return None


def steered(body: Mapping[str, Any]) -> bool | None:
    """Whether something went wrong lately, so that requests may differ from what the user set."""
    with suppress(ConfigError):
        evidence = authority.evidence_from_doc(body.get("evidence"))
        return bool(evidence.failure or evidence.injection or evidence.cut)
    return None


def calm(profile: Profile) -> Json:
    """The knobs of a session in which nothing happens."""
    return _numbers(authority.calm(profile))


def namespace_of(key: str) -> Namespace:
    """The namespace of a session's key."""
    return tuple(key.partition("\x1f\x1f")[0].split("\x1f"))


def told(key: str) -> Json:
    """A session's key for a person."""
    return {"namespace": "/".join(namespace_of(key)), "session": key.partition("\x1f\x1f")[2]}


def health(board: Board, now: float) -> list[Json]:
    """Every provider and tool that was heard of, those that are down first."""
    found = [
        {
            "name": name, "down": one.down, "since": one.since or None,
            "kind": one.kind.value if one.kind else None,
            "wait": round(board.wait(name), 1) if one.down else 0, "ago": max(now - one.at, 0.0),
        }
        for name, one in board.dependencies.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one["down"], one["name"]))


def acts(store: Store, shown: Sequence[Namespace], limit: int) -> list[Json]:
    """Of the log's latest `limit` records those of these namespaces or of none, the newest first.

    Verdicts of the gate are many and acts of the controller few: `SHOWN` of each at most.
    """
    names: dict[tuple[str, ...], Namespace] = {name: name for name in ((), *shown)}
    names |= {(alias,): name for alias, name in known(store, shown).items()}
    newest = store.audit_span()[1]
    found = store.audit(after=max(newest - limit, 0), limit=limit)
    kept = [
        (number, record)
        for number, record in found
        if tuple(record.get("namespace", ())) in names and record.get("event") not in _BOOKKEEPING
    ]
    newest_first = [
        (number, {**record, "namespace": names[tuple(record.get("namespace", ()))]})
        for number, record in reversed(kept)
    ]
    gate = [one for one in newest_first if one[1].get("event") == "gate"][:SHOWN]
    other = [one for one in newest_first if one[1].get("event") != "gate"][:SHOWN]
    return [_act(*one) for one in sorted([*gate, *other], key=lambda one: -one[0])]


_HIDDEN: Final = frozenset({"at", "namespace", "event", "prev", "hash", "id"})
_BOOKKEEPING: Final = frozenset({"trace", "trimmed"})


def _act(number: int, record: Mapping[str, Any]) -> Json:
    """A record in short: numbers and reasons; a log never holds anybody's text."""
    return {
        "number": number, "at": record.get("at", 0.0), "event": record.get("event", ""),
        "namespace": "/".join(record.get("namespace", ())), "words": _words(record)[:400],
    }  # fmt: skip


def _words(record: Mapping[str, Any]) -> str:
    """A verdict and an act about a failure as sentences, any other record as names and values."""
    if record.get("event") == "gate":
        return f"{record.get('verdict')}: {record.get('reason')}"
    act = acts_of.from_doc(record) if record.get("event") == "health" else None
    if act is not None:
        return act.sentence()
    said = {key: value for key, value in record.items() if key not in _HIDDEN}
    return ", ".join(f"{key} {_short(value)}" for key, value in said.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _round(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _numbers(knobs: Any) -> dict[str, float]:
    return {name: round(float(getattr(knobs, name)), 4) for name in KNOBS}


def _top(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    moved = sorted(shares.items(), key=lambda item: -abs(item[1]))[:STRONGEST]
    return [(name, round(share, 4)) for name, share in moved if abs(share) >= 5e-4]
