"""The side of a control loop that a session shows: what it reads off it, and what it hears."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from resmem_core.control import controller
from resmem_core.control.authority import Change
from resmem_core.control.controller import Step
from resmem_core.control.stability import Certificate
from resmem_core.control.terms import Spent
from resmem_core.engine.calling.board import Board
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.engine.loop.story import Sent, Story, story
from resmem_core.health.acts import Act
from resmem_core.health.repeats import Repeats
from resmem_core.types import Knobs, Mode, Signal

ACTS: Final = 64
"""Acts that a session remembers."""


class Controlled:
    """Holds a control loop, which is ticked by `begin_call` and by outcomes alone.

    Attributes:
        loop: the control loop itself, for tests and benchmarks that tick it by hand.
        health: what is known of every provider and tool, shared by all sessions of the memory.
        acts: what was done about failures in this conversation, oldest first.
        told: tools that the model was told are down, and when they went down (epoch seconds).
        repeats: calls that failed in the same way again and again.
        shortened: the step of `health.overflow` that this conversation needs.
    """

    def __init__(self, loop: ControlLoop, health: Board) -> None:
        self.loop = loop
        self.health = health
        self.acts: deque[Act] = deque(maxlen=ACTS)
        self.told: dict[str, float] = {}
        self.repeats = Repeats()
        self.shortened = 0
        self._sent: tuple[Sent, ...] = ()

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What the last request changed of the user's settings."""
        return self._sent

    @sent.setter
    def sent(self, sent: tuple[Sent, ...]) -> None:
        self._sent = sent
        self.loop.sent = {one.name: (one.yours, one.value) for one in sent}

    @property
    def knobs(self) -> Knobs:
        """The bounded settings of the next call. No tick, no I/O."""
        return self.loop.knobs

    @property
    def tool_access(self) -> float:
        """The highest risk that a tool may have now: the knob, and 0 as soon as safe mode is on."""
        return self.loop.tool_access

    @property
    def change(self) -> Change:
        """What the next call may change in the user's own settings; nothing in calm."""
        return self.loop.change

    @property
    def spent(self) -> Spent:
        """Tokens and seconds of the model calls so far, as `spend` was told."""
        return self.loop.spent

    @property
    def mode(self) -> Mode:
        """The resilience state machine's mode."""
        return self.loop.mode

    @property
    def layers(self) -> tuple[str, ...]:
        """The resilience layers of the profile that acts."""
        return self.loop.profile.layers

    @property
    def levels(self) -> dict[str, float]:
        """Each hormone's level, in [0, 1]."""
        return controller.levels_of(self.loop.present, self.loop.profile)

    @property
    def stress(self) -> float:
        """The documented projection of the hormones on stress, in [0, 1]."""
        return controller.stress_of(self.loop.present, self.loop.profile)

    @property
    def curiosity(self) -> float:
        """The documented projection of the hormones on curiosity, in [0, 1]."""
        return controller.curiosity_of(self.loop.present, self.loop.profile)

    @property
    def value(self) -> float | None:
        """Success to come, discounted; None for a profile of other hormones than the head's."""
        return self.loop.value

    @property
    def certificate(self) -> Certificate | None:
        """The bounds of section 4.4 as numbers for the last tick, or None before the first."""
        step = self.loop.explain()
        return step.certificate if step else None

    @property
    def trace(self) -> deque[Step]:
        """The last ticks, oldest first."""
        return self.loop.trace

    def explain(self) -> Story:
        """What was changed, what is down and what was done about it, each in one line.

        `str(session.explain())` is for a person; `.raw` is the last tick with its numbers.
        """
        return story(self.loop, self.health, self.sent, tuple(self.acts))

    def signal(self, *signals: Signal) -> None:
        """Take signals in; they act at the next tick. O(µs), no I/O, safe from any thread.

        Of several signals of one name within a tick, the largest in magnitude counts.

        Raises:
            InputTypeError: something that is not a Signal; none of the call's signals is taken.
            InputError: no signal of that name, or its value is out of its range.
        """
        self.loop.signal(*signals)

    def spend(self, tokens: int, seconds: float) -> None:
        """Note what a model call cost, for whoever declared a `Budget`."""
        self.loop.spend(tokens, seconds)

    def begin_call(self) -> Knobs:
        """Knobs of the model call that is about to be made. What adapters call before it.

        A tick stands for one call and what came of it. So this ticks only when the call before
        has not been closed by an outcome, or to fall into safe mode; what was signalled since
        then acts on the call after this one.
        """
        return self.loop.begin_call()

    def rest(self) -> None:
        """A consolidation is done: fatigue is back at its baseline."""
        self.loop.rest()

    def snapshot(self) -> dict[str, Any]:
        """The control state as JSON-ready numbers (no text, no I/O)."""
        return self.loop.snapshot()

    def digest(self) -> dict[str, Any]:
        """The control state in under 300 bytes: levels, ticks and evidence, numbers only."""
        return self.loop.digest()

    def restore(self, doc: Mapping[str, Any]) -> None:
        """Take a control state back, as `snapshot` or `digest` gave it.

        Raises:
            ConfigError: it is not one; nothing was changed.
        """
        self.loop.restore(doc)
