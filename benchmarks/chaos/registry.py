"""Who takes part: every controller by name, built for a set of episodes."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.chaos import hindsight, plant, tune
from benchmarks.chaos.controllers import bandits, base, mlp, rules
from benchmarks.chaos.controllers.prototype import Published
from benchmarks.chaos.episodes import Episodes
from benchmarks.chaos.ours import Ours, variants
from benchmarks.chaos.simulate import Controller
from resmem_core.errors import ConfigError

F64 = NDArray[np.float64]
Factory = Callable[[], Controller]


def _tuned(name: str) -> Any:
    return tune.load(name)["parameters"]


def _base() -> F64:
    return np.array(tune.load("constants")["global"])


def _warm() -> Controller:
    p = _tuned("linucb_warm")
    with np.load(tune.FOLDER / "linear_prior.npz") as table:
        prior = tune.trusted(table["precision"], table["response"], p["trust"])
    return bandits.Linear(p["width"], p["half_life"], p["forget"], prior)


def _mlp() -> Controller:
    with np.load(tune.FOLDER / "mlp.npz") as table:
        return mlp.Mlp(dict(table))


def _warm_thompson() -> Controller:
    warm = _warm()
    assert isinstance(warm, bandits.Linear)
    warm.sample = True
    return warm


# Controllers that know nothing of the episodes they run in.
PLAIN: Final[dict[str, Factory]] = {
    "default": lambda: base.Constant(np.array(plant.DEFAULT_KNOBS)),
    "pid": lambda: rules.Pid(np.array(_tuned("pid")), _base()),
    "rules": rules.Rules,
    "rules_tuned": lambda: rules.Rules(np.array(_tuned("rules")), _base()),
    "breaker": lambda: rules.Breaker(np.array(_tuned("breaker")), _base()),
    "linucb_cold": lambda: bandits.Linear(**_tuned("linucb_cold")),
    "linucb_warm": _warm,
    "thompson_cold": lambda: bandits.Linear(sample=True, **_tuned("thompson_cold")),
    "thompson_warm": _warm_thompson,
    "ducb": lambda: bandits.DiscountedUcb(**_tuned("ducb")),
    "exp3s": lambda: bandits.Exp3S(**_tuned("exp3s")),
    "mlp_reinforce": _mlp,
    "prototype": Published,
}


def _constant(e: Episodes) -> Controller:
    """Best constant of the plant: tuned on training seeds, re-fitted where it was redrawn."""
    if not e.redraw:
        return base.Constant(_base())
    draws, group = np.unique(e.draw, return_inverse=True)
    knobs = [hindsight.constant(t, np.zeros(t.n, np.int64))[0] for t in map(e.training, draws)]
    return base.Constant(np.array(knobs)[group])


def _per_family(e: Episodes) -> Controller:
    if not e.redraw:
        family = tune.load("constants")["family"]
        return base.Constant(np.array([family[f] for f in e.family.tolist()]))
    knobs = np.empty((e.n, 6))
    for draw in np.unique(e.draw):
        training = e.training(draw)
        names, group = np.unique(training.family, return_inverse=True)
        best = dict(zip(names.tolist(), hindsight.constant(training, group), strict=True))
        best["ood"] = best["mixed"]
        for i in np.flatnonzero(e.draw == draw):
            knobs[i] = best[str(e.family[i])]
    return base.Constant(knobs)


def _per_episode(e: Episodes) -> Controller:
    return base.Constant(hindsight.constant(e, np.arange(e.n)))


# Controllers with hindsight or knowledge of the hidden state: bounds, not competitors.
PRIVILEGED: Final[dict[str, Callable[[Episodes], Controller]]] = {
    "oracle": lambda e: base.Replay(hindsight.oracle(e)),
    "oracle_delayed_2": lambda e: base.Replay(hindsight.oracle(e), 2),
    "oracle_delayed_4": lambda e: base.Replay(hindsight.oracle(e), 4),
    "best_constant_per_episode": _per_episode,
    "best_constant_per_family": _per_family,
    "best_constant": _constant,
}


def ours() -> dict[str, Factory]:
    """The product and its ablations."""
    return {
        name: partial(Ours, profile, record=name == "ours") for name, profile in variants().items()
    }


def names() -> tuple[str, ...]:
    """Every built-in controller, the product first."""
    return (*ours(), *PRIVILEGED, *PLAIN)


def build(name: str, e: Episodes) -> Controller:
    """A controller by built-in name or `package.module:factory`.

    Raises:
        ConfigError: an unknown name, or a factory that does not make a controller.
    """
    if ":" in name:
        return load(name)
    if name in PRIVILEGED:
        return PRIVILEGED[name](e)
    plain = PLAIN | ours()
    if name not in plain:
        raise ConfigError(f"controller must be one of {', '.join(names())}, got {name!r}")
    return plain[name]()


def load(path: str) -> Controller:
    """The controller that `package.module:factory` makes when called without arguments."""
    module, _, attribute = path.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"controller must be package.module:factory, got {path!r}") from error
    if not isinstance(made, Controller):
        raise ConfigError(f"{path} must make an object with reset(n) and act(signals)")
    return made
