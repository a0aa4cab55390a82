"""`Profile`: every constant of the controller, checked, immutable, readable as JSON.

Shapes: n hormones, S signals, m knobs (the order of `resmem_core.types.KNOBS`). Matrices are
read row by row: row i of `up` is what pushes hormone i, row k of `delta` is what moves knob k.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.signals import SIGNALS
from resmem_core.errors import ConfigError
from resmem_core.types import HORMONES, KNOBS, NEUROCHEMICALS, Mode

Array: TypeAlias = NDArray[np.float64]

LAYERS: Final = ("coping", "medication", "adaptation", "rest", "perspective", "learning")
"""The six resilience layers in the order they run (section 4.3); the cap is always last."""

FORMAT: Final = 1
MODES: Final = tuple(Mode)
RETRIES: Final = KNOBS.index("retries")
SAFE_CEILING: Final = {
    "temperature": 0.0, "top_p": 1.0, "retrieve_k": 1.0, "tool_access": 0.0, "diversity": 1.0,
    "retries": 0.25,
}  # fmt: skip
"""The highest unit value of each knob in safe mode; `max_tokens` is a setting."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of one knob; `at` places a unit value inside, never outside.

    >>> Range(128, 8192, log=True, integer=True).at(0.5)
    1024.0
    """

    lo: float
    hi: float
    log: bool = False
    integer: bool = False

    def __post_init__(self) -> None:
        lo, hi = self.lo, self.hi
        if not (math.isfinite(lo) and math.isfinite(hi) and lo <= hi):
            raise ConfigError(f"lo must not exceed hi and both be finite, got lo={lo}, hi={hi}")
        if self.log and lo <= 0:
            raise ConfigError(f"a logarithmic range needs lo > 0, got lo={lo}")

    def at(self, unit: float) -> float:
        """The point `unit` of the way from lo to hi; integers are rounded last."""
        lo, hi = self.lo, self.hi
        value = lo * math.pow(hi / lo, unit) if self.log else lo + (hi - lo) * unit
        value = min(max(value, lo), hi)
        if self.integer:
            value = min(max(float(round(value)), math.ceil(lo)), math.floor(hi))
        return float(value)

    def unit(self, value: float) -> float:
        """Where `value` lies between lo and hi, in [0, 1]."""
        lo, hi = self.lo, self.hi
        value = min(max(value, lo), hi)
        if lo == hi:
            return 0.0
        share = math.log(value / lo) / math.log(hi / lo) if self.log else (value - lo) / (hi - lo)
        return min(max(share, 0.0), 1.0)


RANGES: Final[Mapping[str, Range]] = {
    "temperature": Range(0.0, 1.6),
    "top_p": Range(0.1, 1.0),
    "max_tokens": Range(128, 8192, log=True, integer=True),
    "retrieve_k": Range(0, 20, integer=True),
    "tool_access": Range(0.0, 1.0),
    "diversity": Range(0.0, 1.0),
    "retries": Range(0, 4, integer=True),
}


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
                _check_setting(f.name, number, isinstance(f.default, int))


_LARGE: Final = frozenset({"open_seconds", "max_seconds"})


def _check_setting(name: str, value: Any, integer: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int if integer else int | float):
        kind = "an integer" if integer else "a number"
        raise ConfigError(f"{name} must be {kind}, got {type(value).__name__}")
    low, high = (1, 10_000) if integer else (0, 1e6 if name in _LARGE else 1)
    if not low <= value <= high:
        raise ConfigError(f"{name} must be from {low} to {high:g}, got {value}")


@dataclass(frozen=True, eq=False)
class Profile:
    """Every constant of the control tick (docs/control.md has the equations).

    Attributes:
        name: what it is called in reports.
        hormones: n names.
        half_life [n]: ticks, 0.1 to 1e6. rest [n]: baseline before adaptation, in [0, 0.9].
        reference [S], scale [S], adapt [S]: where a signal's running baseline starts, the
            deviation that counts as 1, and the baseline's half-life in ticks.
        up, down [n, S]: push per unit of signal above, and below, its baseline.
        bias [n]: constant push; a negative one is the evidence a hormone asks for.
        lateral [n, n]: push per unit of another hormone's excess over its baseline.
        text [n, 12]: push per unit of each of the twelve scores of a text.
        i_max [n], beta [n]: bound and smoothing of an impulse. sigma, rho [n]: the leaky bucket.
        cap [n]: θ, the level no hormone exceeds.
        stress, curiosity, fatigue [n]: weights in [0, 1] of the three projections.
        base [m]: unit values of the knobs in calm. delta [m, n]: how far a hormone moves a knob.
        dead [n]: activation that is ignored. p [n], q: integer exponents 1 to 4.
        w0 [n], g [m, n]: dominance weights of equation (4).
        cautious [m]: -1 or 1, the safe direction. rate_safe, rate_free [m]: ρ of equation (5).
        dwell [m]: ticks before a knob may be released after a move to the safe side.
        layers: names of the resilience layers that run.
    """

    name: str
    hormones: tuple[str, ...]
    half_life: Array
    rest: Array
    reference: Array
    scale: Array
    adapt: Array
    up: Array
    down: Array
    bias: Array
    lateral: Array
    text: Array
    i_max: Array
    beta: Array
    sigma: Array
    rho: Array
    cap: Array
    stress: Array
    curiosity: Array
    fatigue: Array
    base: Array
    delta: Array
    dead: Array
    p: Array
    w0: Array
    g: Array
    cautious: Array
    rate_safe: Array
    rate_free: Array
    dwell: Array
    q: int = 2
    ranges: Mapping[str, Range] = field(default_factory=lambda: dict(RANGES))
    resilience: Resilience = Resilience()
    layers: tuple[str, ...] = LAYERS

    def __post_init__(self) -> None:
        _check_names(self)
        for name, (shape, lo, hi) in _bounds(self.n, len(SIGNALS), len(KNOBS)).items():
            object.__setattr__(self, name, _array(name, getattr(self, name), shape, lo, hi))
        _check_together(self)

    @property
    def n(self) -> int:
        """How many hormones there are."""
        return len(self.hormones)

    @cached_property
    def safe_ceiling(self) -> Array:
        """Unit values [m] that no knob exceeds in safe mode."""
        ceiling = SAFE_CEILING | {"max_tokens": self.resilience.safe_tokens}
        return np.array([ceiling[knob] for knob in KNOBS])

    @classmethod
    @cache
    def default(cls) -> Profile:
        """The shipped profile: the twelve hormones of the design's table 4.1."""
        return cls.from_json((files("resmem_core.data") / "default.json").read_text("utf-8"))

    @classmethod
    @cache
    def minimal(cls) -> Profile:
        """Two hormones, stress and curiosity."""
        return cls.from_json((files("resmem_core.data") / "minimal.json").read_text("utf-8"))

    @classmethod
    def load(cls, path: str | Path | None = None) -> Profile:
        """The profile in a JSON file; the shipped one when `path` is None.

        Raises:
            ConfigError: the file cannot be read, or its content is no profile.
        """
        if path is None:
            return cls.default()
        try:
            return cls.from_json(Path(path).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"profile {str(path)!r} cannot be read: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """A profile from what `to_json` wrote.

        Raises:
            ConfigError: not JSON, another format, a missing or unknown field, or a bad value.
        """
        try:
            doc = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"a profile must be JSON: {error}") from error
        return _from_doc(doc)

    def to_json(self) -> str:
        """Everything as JSON, one line per row; floats survive exactly."""
        doc: dict[str, Any] = {"format": FORMAT, "signals": list(SIGNALS), "knobs": list(KNOBS)}
        for f in fields(self):
            doc[f.name] = _plain(getattr(self, f.name))
        rows = ",\n".join(f" {json.dumps(key)}: {_rows(value)}" for key, value in doc.items())
        return "{\n" + rows + "\n}\n"

    def without(self, *layers: str) -> Profile:
        """This profile with resilience layers left out (an ablation)."""
        unknown = [layer for layer in layers if layer not in LAYERS]
        if unknown:
            raise ConfigError(f"no layer {unknown[0]!r}: there are {', '.join(LAYERS)}")
        return replace(self, layers=tuple(x for x in self.layers if x not in layers))


_WIDE: Final = 50.0


def _bounds(n: int, s: int, m: int) -> dict[str, tuple[tuple[int, ...], float, float]]:
    """Shape, least and greatest value of each array."""
    vectors = {
        "half_life": (0.1, 1e6), "rest": (0.0, 0.9), "bias": (-_WIDE, _WIDE), "i_max": (1e-6, 1.0),
        "beta": (0.0, 0.999), "sigma": (0.0, 1e6), "rho": (0.0, 1e6), "cap": (0.0, 1.0),
        "stress": (0.0, 1.0), "curiosity": (0.0, 1.0), "fatigue": (0.0, 1.0), "dead": (0.0, 0.9),
        "p": (1, 4), "w0": (1e-9, 1e6),
    }  # fmt: skip
    per_signal = {"reference": (-1e9, 1e9), "scale": (1e-9, 1e9), "adapt": (1.0, 1e9)}
    per_knob = {
        "base": (0.0, 1.0), "cautious": (-1.0, 1.0), "rate_safe": (0.0, 1.0),
        "rate_free": (0.0, 1.0), "dwell": (0.0, 1e6),
    }  # fmt: skip
    matrices: dict[str, tuple[tuple[int, ...], float, float]] = {
        "up": ((n, s), -_WIDE, _WIDE), "down": ((n, s), -_WIDE, _WIDE),
        "lateral": ((n, n), -_WIDE, _WIDE), "text": ((n, len(NEUROCHEMICALS)), -_WIDE, _WIDE),
        "delta": ((m, n), -1.0, 1.0), "g": ((m, n), 0.0, 1e6),
    }  # fmt: skip
    bounds = {name: ((n,), lo, hi) for name, (lo, hi) in vectors.items()}
    bounds |= {name: ((s,), lo, hi) for name, (lo, hi) in per_signal.items()}
    bounds |= {name: ((m,), lo, hi) for name, (lo, hi) in per_knob.items()}
    return bounds | matrices


def _array(name: str, value: Any, shape: tuple[int, ...], lo: float, hi: float) -> Array:
    """The value as a read-only array of that shape within [lo, hi]."""
    try:
        array = np.array(value, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} must hold numbers in shape {shape}: {error}") from error
    if array.shape != shape:
        raise ConfigError(f"{name} must have shape {shape}, got {array.shape}")
    if not np.all((array >= lo) & (array <= hi)):
        bad = array[~((array >= lo) & (array <= hi))].flat[0]
        raise ConfigError(f"{name} must be finite and from {lo:g} to {hi:g}, got {bad}")
    array.flags.writeable = False
    return array


def _check_names(profile: Profile) -> None:
    names = profile.hormones
    if not 1 <= len(names) <= 64 or len(set(names)) != len(names):
        raise ConfigError(f"1 to 64 different hormones are needed, got {len(names)}")
    known = {*HORMONES, "stress", "curiosity"}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"unknown hormone {unknown[0]!r}: known are {', '.join(sorted(known))}")
    if set(profile.ranges) != set(KNOBS):
        raise ConfigError(f"ranges must name exactly the knobs {', '.join(KNOBS)}")
    if profile.layers != tuple(layer for layer in LAYERS if layer in profile.layers):
        raise ConfigError(
            f"layers must be some of {', '.join(LAYERS)}, in this order, got {profile.layers}"
        )
    if isinstance(profile.q, bool) or profile.q not in (1, 2, 3, 4):
        raise ConfigError(f"q must be an integer from 1 to 4, got {profile.q!r}")


def _check_together(profile: Profile) -> None:
    if np.any(profile.rest >= profile.cap):
        raise ConfigError("each rest must lie below its cap θ, else the cap holds all the time")
    if np.any(profile.p != np.round(profile.p)) or np.any(profile.dwell % 1):
        raise ConfigError("p and dwell must hold integers")
    if np.any(np.abs(profile.cautious) != 1):
        raise ConfigError("cautious must hold -1 (lower is safer) or 1")
    keep = np.exp2(-1 / profile.half_life)
    norm = float(np.linalg.norm(keep[:, None] * profile.lateral, 2))
    if norm >= 1:
        raise ConfigError(
            f"lateral times decay must have a spectral norm below 1, got {norm:.4g}; scale it down"
        )


def _from_doc(doc: Any) -> Profile:
    if not isinstance(doc, dict) or doc.get("format") != FORMAT:
        raise ConfigError(f"a profile must be a JSON object with format {FORMAT}")
    if doc.get("signals") != list(SIGNALS) or doc.get("knobs") != list(KNOBS):
        raise ConfigError("the profile was made for other signals or knobs; train or edit it anew")
    names = {f.name for f in fields(Profile)}
    given = {key: value for key, value in doc.items() if key not in ("format", "signals", "knobs")}
    wrong = sorted(names ^ set(given))
    if wrong:
        state = "missing" if wrong[0] in names else "unknown"
        raise ConfigError(f"profile field {wrong[0]!r} is {state}")
    try:
        given["hormones"], given["layers"] = tuple(given["hormones"]), tuple(given["layers"])
        given["ranges"] = {name: Range(**value) for name, value in given["ranges"].items()}
        given["resilience"] = _resilience(given["resilience"])
        return Profile(**given)
    except (TypeError, AttributeError) as error:
        raise ConfigError(f"the profile has a field of the wrong type: {error}") from error


def _resilience(doc: Mapping[str, Any]) -> Resilience:
    settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in doc.items()}
    return Resilience(**settings)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Resilience | Range):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _rows(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in value) + "\n ]"
    return json.dumps(value)
