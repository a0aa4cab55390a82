"""What a session does beside its ticks when it was asked to: explore, and record for replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resmem_core.config.profile import Profile
from resmem_core.control.controller import Step
from resmem_core.engine.policy.explore import Explorer
from resmem_core.engine.policy.policies import as_json
from resmem_core.engine.policy.trace import Recorder, recorder
from resmem_core.engine.state.runtime import Runtime
from resmem_core.learning.policy import digest
from resmem_core.protocols import Op
from resmem_core.types import Outcome, Signal


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """Either part may be missing. Used under the session's lock."""

    explorer: Explorer | None
    recorder: Recorder | None

    def step(
        self,
        step: Step,
        again: Callable[[Profile], Step],
        signals: Sequence[Signal],
        dt: float,
        seconds: float,
    ) -> Step:
        """The tick as it is to be taken; `again` takes the same one with another profile."""
        target = None
        if self.explorer is not None:
            step, target = self.explorer.act(step, again)
        if self.recorder is not None:
            self.recorder.note(step, signals, dt, seconds, target)
        return step

    def reward(self, outcome: Outcome, credit: float | None) -> None:
        """Score the tick that the outcome is of: the last one taken."""
        if self.explorer is not None:
            self.explorer.reward(outcome, credit)

    def ops(self, *, all_: bool) -> list[Op]:
        """What there is to store, once: what is complete, or all when the session is saved."""
        explored = self.explorer.ops(all_=all_) if self.explorer is not None else []
        recorded = self.recorder.ops(all_=all_) if self.recorder is not None else []
        return [*explored, *recorded]


def instrument(runtime: Runtime, session: str, profile: Profile) -> Instrumentation | None:
    """The watch of one session, or None when neither exploring nor recording was asked for."""
    components = runtime.components
    if not components.explore and not components.record:
        return None
    explorer = None
    if components.explore and runtime.scores is not None and components.rng is not None:
        checksum = digest(as_json(profile))
        rng = components.rng.spawn(1)[0]
        explorer = Explorer(components.explore, rng, session, profile, checksum, runtime.scores)
    kept = recorder(runtime.store, session, profile) if components.record else None
    return Instrumentation(explorer, kept)
