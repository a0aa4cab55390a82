"""The control loop of one session: signals in, one tick at a time, knobs out. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from resmem_core.config.profile import Profile
from resmem_core.control import authority, controller, digest, pause
from resmem_core.control.authority import Change, RecentEvidence
from resmem_core.control.controller import ControlState, Step
from resmem_core.control.signals import check_signal
from resmem_core.control.terms import Spent
from resmem_core.engine.base.locks import ProcessLock
from resmem_core.engine.calling.latencies import Latencies
from resmem_core.engine.loop.instrumentation import Instrumentation
from resmem_core.engine.loop.intake import Intake
from resmem_core.engine.loop.saved import SavedLoop, taken
from resmem_core.engine.policy.guard import Guard
from resmem_core.errors import InvariantError
from resmem_core.learning import value
from resmem_core.protocols import Op, PutDoc
from resmem_core.types import Knobs, Mode, Signal

TRACE = 4096
"""Steps that a session remembers for traces and pictures."""

SHORTEST, LONGEST = 1e-3, 1e6
"""Seconds that a tick takes for the breaker, whatever a clock does that stands, jumps or idles."""


class ControlLoop:
    """Holds one control state and replaces it at every tick. Thread-safe.

    Args:
        profile: hormones, knobs and resilience.
        doc: a state to go on from, as `snapshot` gave it.
        safe_mode: reads the kill switch (None) or turns it on (True), as
            `ResilientMemory.safe_mode` does.
        elapsed: monotonic seconds; the circuit breaker opens for seconds, not for turns.
        phase: in [0, 1), so that the breakers of many sessions do not probe in step.
        latencies: what calls usually take; one of the loop's own when None.
        now: epoch seconds, so that a state that is loaded has rested since it was saved.
        acting: the profile of the active policy, asked for at every call.
        guard: holds some ticks at base, and all when the controller was shown to do harm.

    Attributes:
        profile: of the policy that acts.
        trace: the last steps, oldest first.
        instrumentation: explores or records, where that was asked for; else None.
        instrument: makes the instrumentation of another profile.
        sent: settings that the last request changed, each as the user set it and as it was sent;
            for who looks at the stored state, never for what comes next.
    """

    def __init__(
        self,
        profile: Profile,
        doc: Mapping[str, Any] | None,
        safe_mode: Callable[[bool | None], bool],
        elapsed: Callable[[], float],
        phase: float = 0.0,
        latencies: Latencies | None = None,
        now: Callable[[], float] | None = None,
        acting: Callable[[], Profile] | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.profile = profile
        self._safe_mode = safe_mode
        self._elapsed = elapsed
        self._now = now
        self._intake = Intake(latencies or Latencies())
        self._acting, self._guard = acting, guard
        self._held: bool | None = None
        self._state, self._evidence = controller.settled(profile, phase), authority.RecentEvidence()
        self._at = now() if now else 0.0
        if doc:
            self._take(doc)
        self._rested = self._ticked = elapsed()
        self._spent = Spent()
        self._calling = False
        self._last: Step | None = None
        self._lock = ProcessLock()
        self.trace: deque[Step] = deque(maxlen=TRACE)
        self.instrumentation: Instrumentation | None = None
        self.instrument: Callable[[Profile], Instrumentation | None] = lambda _: None
        self._left: list[Op] = []
        self.sent: Mapping[str, tuple[float | None, float]] = {}

    @property
    def knobs(self) -> Knobs:
        """The bounded settings of the next call. No tick, no I/O."""
        return controller.knobs_of(self.present, self.profile)

    @property
    def base(self) -> Knobs:
        """The knobs in calm, from which a change of your settings is counted."""
        return authority.calm(self.profile)

    @property
    def tool_access(self) -> float:
        """The highest risk that a tool may have now: 1 in calm, 0 as soon as safe mode is on."""
        return self.change.tool_access

    @property
    def change(self) -> Change:
        """What the next call may change in the user's own settings; nothing in calm."""
        with self._lock:
            return authority.change(
                self.knobs,
                self.base,
                self.evidence,
                broken=controller.breaker_of(self.present) != "closed",
                safe=self.safe,
            )

    @property
    def safe(self) -> bool:
        """Whether safe mode is on."""
        return self._safe_mode(None)

    @property
    def evidence(self) -> RecentEvidence:
        """What went wrong lately, as of now."""
        return authority.rested(self._evidence, self._elapsed() - self._ticked)

    @property
    def spent(self) -> Spent:
        """Tokens and seconds of the model calls so far, as `spend` was told."""
        return self._spent

    @property
    def present(self) -> ControlState:
        """The state as it is by now: a silence is rest, also while nobody ticks."""
        with self._lock:
            silent = self._elapsed() - self._rested
            if silent >= pause.LEAST:
                self._state = pause.paused(self._state, self.profile, silent)
                self._rested += silent
            return self._state

    def spend(self, tokens: int, seconds: float) -> None:
        """Note what a model call cost, for whoever declared a `Budget`."""
        with self._lock:
            self._spent = self._spent.more(tokens, seconds)

    def worked(self, tokens: float) -> None:
        """Note the tokens of a turn as work; `rest` ends it."""
        with self._lock:
            self._intake.worked(tokens)

    @property
    def mode(self) -> Mode:
        """The resilience state machine's mode."""
        return controller.mode_of(self.present)

    @property
    def value(self) -> float | None:
        """Success to come, discounted, as the shipped head reads it from the levels.

        None for a profile of other hormones than the head was trained on.
        """
        return value.of(self.present.column[: self.profile.n])

    def signal(self, *signals: Signal) -> None:
        """Take signals in; they act at the next tick. O(µs), no I/O, safe from any thread.

        Of several signals of one name within a tick, the largest in magnitude counts, so that a
        burst of any length costs the same memory.

        Raises:
            InputTypeError: something that is not a Signal; none of the call's signals is taken.
            InputError: no signal of that name, or its value is out of its range.
        """
        for signal in signals:
            check_signal(signal)
        with self._lock:
            self._intake.take(signals)

    def tick(self, dt: float = 1.0) -> Knobs:
        """One turn: the pending signals push the hormones, which compose the next knobs.

        Args:
            dt: length of the turn in turns, above 0.

        Raises:
            InputError: dt is not above 0, or not a number; nothing was changed.
            InvariantError: a promised bound was violated (a bug of ours); safe mode is on now.
        """
        return self.step(dt).knobs

    def begin_call(self) -> Knobs:
        """Knobs of the next model call; see `Controlled.begin_call` on when it ticks."""
        with self._lock:
            self._adopt()
            if self._calling or self.safe:
                self.step()
            self._calling = True
            return self.knobs

    def step(self, dt: float = 1.0) -> Step:
        """`tick`, with everything that it decided."""
        with self._lock:
            controller.check_length("dt", dt)  # before anything is taken in
            self._adopt()
            before, now = self.present, self._elapsed()
            seconds = min(max(now - self._rested, SHORTEST), LONGEST)
            signals = self._intake.felt()
            again = partial(
                controller.step, before, signals, dt=dt, safe_mode=self.safe, seconds=seconds
            )
            step = again(profile=self.profile)
            if self._guard is not None:
                step, again = self._guarded(self._guard, step, again, signals)
            if self.instrumentation is not None:
                step = self.instrumentation.step(
                    step, lambda profile: again(profile=profile), signals, dt, seconds
                )
            self._intake.clear()
            self._calling = False
            self._evidence = authority.heard(self._evidence, signals, seconds=now - self._ticked)
            self._state, self._last, self._rested, self._ticked = step.state, step, now, now
            self._at = self._now() if self._now else 0.0
            self.trace.append(step)
        if step.violations:
            self._safe_mode(True)
            raise InvariantError(f"violated: {', '.join(step.violations)}; safe mode is on")
        return step

    def _guarded(
        self, guard: Guard, step: Step, again: partial[Step], signals: list[Signal]
    ) -> tuple[Step, partial[Step]]:
        """The tick with the authority that the guard leaves; the one before gets its outcome."""
        success = next((s.value for s in signals if s.name == "success"), None)
        if self._held is not None and success is not None:
            guard.observe(min(success, 1.0), was_held=self._held)
        step, self._held = guard.act(
            step, lambda given: again(profile=self.profile, authority=given)
        )
        authority = float(step.state.column[step.state.at.tail("authority")])
        return step, partial(again, authority=authority)

    def _adopt(self) -> None:
        """Go on with the profile of the policy that acts by now."""
        profile = self._acting() if self._acting is not None else self.profile
        if profile is self.profile:
            return
        state = controller.from_doc(controller.to_doc(self.present), profile)
        if self.instrumentation is not None:
            self._left += self.instrumentation.ops(all_=True)
        self._state, self.profile = controller.recomposed(state, profile), profile
        self.instrumentation = self.instrument(profile)

    def ops(self, key: str, *, all_: bool) -> list[Op]:
        """The writes that keep the state under the document key, and what was noted beside it."""
        with self._lock:
            state = PutDoc("session", key, self.snapshot())
            noted = self.instrumentation.ops(all_=all_) if self.instrumentation is not None else []
            left, self._left = self._left, []
            return [state, *left, *noted]

    def rest(self) -> None:
        """A consolidation is done: fatigue is back at its baseline."""
        with self._lock:
            self._state = controller.rested(self.present, self.profile)
            self._intake.work = 0.0

    def explain(self) -> Step | None:
        """The last tick: which hormone moved which knob by how much, which layer intervened."""
        return self._last

    def snapshot(self) -> dict[str, Any]:
        """The control state as JSON-ready numbers (no text, no I/O)."""
        saved = SavedLoop(self._state, self._evidence, self._at, self._intake.work)
        sent = {"sent": {name: [*both] for name, both in self.sent.items()}} if self.sent else {}
        return {**saved.to_doc(), **sent}

    def digest(self) -> dict[str, Any]:
        """The control state in under 300 bytes: what `restore` goes on from without the store."""
        return digest.digest_of(self._state, self._evidence)

    def restore(self, doc: Mapping[str, Any]) -> None:
        """Take a control state back, as `snapshot` or `digest` gave it; it has rested since.

        Raises:
            ConfigError: it is not one; nothing was changed.
        """
        with self._lock:
            self._take(doc)
            self._rested = self._ticked = self._elapsed()
            self._intake.clear()
            self._calling = False

    def _take(self, doc: Mapping[str, Any]) -> None:
        saved = taken(doc, self.profile, self._now() if self._now else None)
        self._state, self._evidence, self._at = saved.state, saved.evidence, saved.at
        if saved.work is not None:
            self._intake.work = saved.work
