"""The resilience layers' names, modes and settings (section 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from resmem_core.config.checks import check_setting
from resmem_core.errors import ConfigError
from resmem_core.types import Mode

LAYERS: Final = ("coping", "medication", "adaptation", "rest", "perspective", "learning")
"""The six resilience layers in the order they run (section 4.3); the cap is always last."""

MODES: Final = tuple(Mode)


@dataclass(frozen=True, slots=True)
class Resilience:
    """Settings of the layers. Thresholds are on `stress`, times in ticks unless in seconds.

    Attributes:
        grades, relief: stress from which coping grades L1 to L4 hold, and the share of a stress
            hormone's excess over baseline that each of L0 to L4 takes away per tick.
        hysteresis: how far stress must fall below a threshold to leave what it started.
        constant, crisis_relief: medication, always and in crisis or timeout: share per tick.
        adapt, quantile, span: the baseline moves at most `adapt` per tick toward the `quantile`
            of recent levels, and stays within `span` above its rest.
        perspective, forget: relief per unit of stress below the worst survived; share of that
            memory lost per tick.
        stressed, crisis, resume: where those modes begin, and where a timeout may end.
        mode_dwell: ticks a mode lasts at least. confirm: ticks in a row that ask for it.
        patience: ticks of crisis before a timeout. ramp: ticks per step of the three-step return.
        failures, window: the breaker opens on this many failures among the last `window` calls.
        open_seconds, max_seconds, jitter: first and longest opening, share of random spread.
        sleep, wake: fatigue at which sleep is asked for, and at which it ends.
        learning: learning rate per mode (order of `types.Mode`), relative to the base rate.
        safe_tokens: `max_tokens` in safe mode, as a unit value.
    """

    grades: tuple[float, ...] = (0.35, 0.55, 0.75, 0.92)
    relief: tuple[float, ...] = (0.0, 0.0, 0.01, 0.02, 0.03)
    hysteresis: float = 0.1
    constant: float = 0.0
    crisis_relief: float = 0.02
    adapt: float = 0.0005
    quantile: float = 0.1
    span: float = 0.1
    perspective: float = 0.02
    forget: float = 0.002
    stressed: float = 0.5
    crisis: float = 0.8
    resume: float = 0.4
    mode_dwell: int = 5
    confirm: int = 2
    patience: int = 20
    ramp: int = 2
    failures: int = 5
    window: int = 20
    open_seconds: float = 5.0
    max_seconds: float = 60.0
    jitter: float = 0.2
    sleep: float = 0.8
    wake: float = 0.3
    learning: tuple[float, ...] = (1.0, 0.5, 0.0, 0.0, 0.25, 0.0, 0.0)
    safe_tokens: float = 0.25

    def __post_init__(self) -> None:
        self._check_types()
        if len(self.grades) != 4 or list(self.grades) != sorted(self.grades):
            raise ConfigError(f"grades must be 4 rising thresholds, got {self.grades}")
        if len(self.relief) != 5 or len(self.learning) != len(MODES):
            raise ConfigError(
                f"relief needs 5 numbers and learning {len(MODES)}, "
                f"got {len(self.relief)} and {len(self.learning)}"
            )
        if not self.resume < self.stressed < self.crisis:
            raise ConfigError(
                "thresholds must rise resume < stressed < crisis, "
                f"got {self.resume}, {self.stressed}, {self.crisis}"
            )
        if not self.wake < self.sleep:
            raise ConfigError(f"wake must lie below sleep, got {self.wake} and {self.sleep}")
        if not 1 <= self.failures <= self.window <= 30:
            raise ConfigError(
                f"1 <= failures <= window <= 30 is needed, got {self.failures}, {self.window}"
            )
        if not 0 < self.open_seconds <= self.max_seconds:
            raise ConfigError(
                "0 < open_seconds <= max_seconds is needed, "
                f"got {self.open_seconds} and {self.max_seconds}"
            )

    def _check_types(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            for number in value if isinstance(value, tuple) else (value,):
                whole = isinstance(f.default, int)
                lo, hi = (1, 10_000) if whole else (0, 1e6 if f.name in _LARGE else 1)
                check_setting(f.name, number, lo, hi, whole=whole)


_LARGE: Final = frozenset({"open_seconds", "max_seconds"})
