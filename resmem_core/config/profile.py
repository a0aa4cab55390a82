"""`Profile`: every constant of the controller, checked, immutable, readable as JSON.

Shapes: n hormones, S signals, m knobs (the order of `resmem_core.types.KNOBS`). Matrices are
read row by row: row i of `up` is what pushes hormone i, row k of `delta` is what moves knob k.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config import signs
from resmem_core.config.knobs import RANGES, RETRIES, SAFE_CEILING, Range
from resmem_core.config.resilience import LAYERS, MODES, Resilience
from resmem_core.config.signals import SIGNALS
from resmem_core.errors import ConfigError
from resmem_core.types import HORMONES, KNOBS, NEUROCHEMICALS

Array: TypeAlias = NDArray[np.float64]

__all__ = ["LAYERS", "MODES", "RANGES", "RETRIES", "Array", "Profile", "Range", "Resilience"]

FORMAT: Final = 1


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
    resilience: Resilience = field(default_factory=Resilience)
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
        return _parsed(text)

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


@lru_cache(maxsize=16)
def _parsed(text: str) -> Profile:
    """Kept by content: every session of an approved policy asks for the same one."""
    try:
        doc = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"a profile must be JSON: {error}") from error
    return _from_doc(doc)


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
    if not 1 <= len(names) <= 32 or len(set(names)) != len(names):
        raise ConfigError(f"1 to 32 different hormones are needed, got {len(names)}")
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
    signs.check(profile.hormones, {name: getattr(profile, name) for name in signs.Signs._fields})
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
