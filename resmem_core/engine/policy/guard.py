"""`open(…, guard=0.05)`: authority is taken from a controller that does worse than its base.

Of the ticks in which the controller would move a knob, a share is held at base, and what came of
the two kinds is compared (`control.fallback`). The evidence is shared by all sessions and workers
of a store; once authority is taken, the same share is led again, so that it can be given back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from threading import Lock
from typing import Any, Final

import numpy as np

from resmem_core.control import fallback
from resmem_core.control.controller import Step
from resmem_core.control.fallback import Comparison
from resmem_core.errors import Conflict, ResmemError
from resmem_core.protocols import AppendAudit, Clock, Doc, Op, PutDoc, Store
from resmem_core.types import Mode

_LOG = logging.getLogger("resmem")
KIND, KEY = "guard", "evidence"
KEEP: Final = 0.999
"""Share of the evidence that an outcome leaves of what is older."""
BLOCK: Final = 8
"""Ticks in a row that are held or led: knobs come back to base by their rates, not at once."""
NEAR: Final = 0.02
"""Unit distance from base at which a knob counts as there."""
EVERY: Final = 16
"""Outcomes between two writes; a change of authority is written at once."""
TRIES: Final = 8


class Guard:
    """The evidence for and against the controller. Thread-safe; numbers only.

    Args:
        share: of the ticks in which knobs would move, above 0 and at most 0.5.

    Raises:
        ConfigError: the share is not such a number.
    """

    def __init__(self, store: Store, clock: Clock, share: float) -> None:
        self.share = fallback.checked_share(share)
        self._store, self._clock = store, clock
        self._lock = Lock()
        self._fresh, self._unsaved = Comparison(), 0
        self._shared, self._authority = _read(store.doc(KIND, KEY))

    @property
    def authority(self) -> float:
        """1 while the controller may move the knobs, 0 once it was shown to do harm."""
        return self._authority

    def act(self, step: Step, again: Callable[[float], Step]) -> tuple[Step, bool | None]:
        """The tick as it is to be taken, and whether its knobs are held at base.

        None instead of that where nothing can be compared: no knob would move, or they are on
        their way back to base.

        Args:
            step: with full authority. again: takes the same tick with this authority.
        """
        x, at = step.state.column, step.state.at
        if step.safe or not _moved(step, 1e-9):
            return step, None
        if (
            step.mode is Mode.TIMEOUT
        ):  # knobs only tighten there, so there is no coming back to base
            return (step if self._authority else again(0.0)), None
        block = int(x[at.tail("ticks")]) // BLOCK
        drawn = fallback.held(block, float(x[at.tail("phase")]), self.share)
        if drawn == bool(self._authority):
            step = again(0.0)
            return step, None if _moved(step, NEAR) else True
        return step, False

    def observe(self, reward: float, *, was_held: bool) -> None:
        """One outcome in [0, 1] of a tick that `act` decided."""
        with self._lock:
            self._fresh = fallback.observe(self._fresh, reward, was_held=was_held, keep=KEEP)
            self._unsaved += 1
            if self._unsaved >= EVERY or fallback.authority(self._sum()) != self._authority:
                self._save()

    def _sum(self) -> Comparison:
        return fallback.merge(fallback.faded(self._shared, KEEP**self._unsaved), self._fresh)

    def _save(self) -> None:
        """Add what is new to the shared evidence; a store that is down is tried again later."""
        try:
            for _ in range(TRIES):
                if self._saved():
                    return
        except ResmemError as error:
            _LOG.warning("evidence of the guard not saved: %s", type(error).__name__)

    def _saved(self) -> bool:
        doc = self._store.doc(KIND, KEY)
        self._shared, before = _read(doc)
        evidence = self._sum()
        after = fallback.authority(evidence)
        body = {**asdict(evidence), "authority": after}
        ops: list[Op] = [PutDoc(KIND, KEY, body, expect=doc.version if doc else 0)]
        if after != before:
            ops.append(AppendAudit(self._event(evidence, after)))
        try:
            self._store.apply(ops)
        except Conflict:
            return False
        self._shared, self._authority = evidence, after
        self._fresh, self._unsaved = Comparison(), 0
        return True

    def _event(self, evidence: Comparison, after: float) -> dict[str, Any]:
        led = evidence.led_sum / max(evidence.led, 1.0)
        held = evidence.held_sum / max(evidence.held, 1.0)
        return {
            "at": self._clock.now(), "namespace": [], "event": "guard", "authority": after,
            "led": round(led, 4), "held": round(held, 4),
        }  # fmt: skip


def _moved(step: Step, least: float) -> bool:
    """Whether a knob stands that far from base."""
    knobs = step.state.column[step.state.at.knob]
    return bool(np.any(np.abs(knobs - step.profile.base) > least))


def _read(doc: Doc | None) -> tuple[Comparison, float]:
    if doc is None:
        return Comparison(), 1.0
    body = dict(doc.body)
    authority = float(body.pop("authority"))
    return Comparison(**body), authority
