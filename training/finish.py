"""What the plant does not teach: how strongly texts, thumbs and topics are felt, and the layers.

ChaosBench emits ten of the signals. The others get the sizes below, relative to what a hormone
asks for (its bias), so that a clear signal is felt whatever training made of that threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from resmem_core.config.profile import LAYERS, Array, Profile, Resilience
from resmem_core.config.signals import INDEX
from resmem_core.types import KNOBS, NEUROCHEMICALS

FELT: Final[Mapping[str, Mapping[str, float]]] = {
    "epinephrine": {"urgency": 0.6, "provider_error": 0.35},
    "norepinephrine": {"hostility": 0.6, "feedback": -0.15},
    "cortisol": {"urgency": 0.2, "hostility": 0.1, "feedback": -0.35, "text.cortisol": 0.1},
    "dopamine": {"feedback": 0.3, "topic_change": 0.1, "text.dopamine": 0.2},
    "serotonin": {"feedback": 0.1, "hostility": -0.1, "text.serotonin": 0.1},
    "oxytocin": {
        "gratitude": 0.15, "tool_success": 0.3, "feedback": 0.1, "hostility": -0.15,
        "text.oxytocin": 0.1,
    },
    "melatonin": {"session_length": 0.1, "text.melatonin": 0.1},
    "endorphins": {"gratitude": 0.5, "feedback": 0.4},
    "thyroid": {"budget": 0.15, "text.thyroid": 0.2},
    "insulin": {"text.insulin": 0.1},
    "testosterone": {"feedback": 0.1, "text.testosterone": 0.1},
    "estrogen": {"topic_change": 0.4, "text.estrogen": 0.1},
}  # fmt: skip
"""The push, beyond the threshold, of a signal at its top; of feedback, at the end of its sign."""
BESIDE: Final[Mapping[str, Mapping[str, float]]] = {
    "epinephrine": {"text.epinephrine": 0.1},
    "norepinephrine": {"text.norepinephrine": 0.1},
    "cortisol": {"text.norepinephrine": 0.02, "text.epinephrine": 0.03},
    "serotonin": {"text.cortisol": -0.1, "text.epinephrine": -0.05},
    "oxytocin": {"text.norepinephrine": -0.1},
    "endorphins": {"text.endorphins": 0.1},
}
"""What a text adds to the signal that it gives as well."""


CALMER: Final[Mapping[tuple[str, str], float]] = {
    ("norepinephrine", "epinephrine"): 0.5, ("oxytocin", "epinephrine"): 0.5,
    ("epinephrine", "oxytocin"): 0.5,
}  # fmt: skip
"""Shares of lateral weights: an alarm that is felt more (FELT) passes on as much as it did."""
COOLER: Final[Mapping[str, float]] = {"epinephrine": -0.1, "norepinephrine": -0.15}
"""Least that these take from temperature, for which the plant gives next to nothing."""
STRESS: Final[Mapping[str, float]] = {"epinephrine": 0.56, "norepinephrine": 0.55, "cortisol": 0.9}
"""Weights of stress: one acute alarm at its top is stress, a crisis needs what lasts as well."""
PATIENT: Final = {"thyroid": (-0.25, 0.3)}
"""Bias and dead zone at least: waits scatter by themselves, and a slow hormone adds scatter up."""
RELEASE: Final = 0.9
"""Knobs come back to base within two ticks."""


def finished(profile: Profile) -> Profile:
    """The trained profile with everything that training does not set."""
    names, lateral, delta = profile.hormones, profile.lateral.copy(), profile.delta.copy()
    for (to, by), share in CALMER.items():
        lateral[names.index(to), names.index(by)] *= share
    for hormone, least in COOLER.items():
        place = KNOBS.index("temperature"), names.index(hormone)
        delta[place] = min(delta[place], least)
    bias, dead = profile.bias.copy(), profile.dead.copy()
    for hormone, (asked, zone) in PATIENT.items():
        i = names.index(hormone)
        bias[i], dead[i] = min(bias[i], asked), max(dead[i], zone)
    made = replace(
        profile,
        bias=bias,
        dead=dead,
        name="twelve hormones of fixed signs, trained on ChaosBench",
        lateral=lateral,
        delta=delta,
        stress=np.array([STRESS.get(name, 0.0) for name in names]),
        rate_free=np.full_like(profile.rate_free, RELEASE),
        dwell=np.ones_like(profile.dwell),
        resilience=Resilience(adapt=1e-4, span=0.0),  # a baseline that drifts leaves calm off base
        layers=LAYERS,
    )
    return spoken(made)


def spoken(profile: Profile) -> Profile:
    """The profile with those sizes."""
    up, down, text = profile.up.copy(), profile.down.copy(), np.zeros_like(profile.text)
    for i, hormone in enumerate(profile.hormones):
        asked = max(-float(profile.bias[i]), 0.0)
        for name, felt in FELT[hormone].items():
            if name.startswith("text."):
                text[i, NEUROCHEMICALS.index(name[5:])] = _size(felt, asked)
            elif felt > 0:
                up[i, INDEX[name]] = _size(felt, asked) / _reach(profile, name)
            else:
                _lowering(up, down, i, name, felt, asked)
        for name, felt in BESIDE.get(hormone, {}).items():
            text[i, NEUROCHEMICALS.index(name[5:])] = felt
    return replace(profile, up=up, down=down, text=text)


def _lowering(up: Array, down: Array, i: int, name: str, felt: float, asked: float) -> None:
    """A - entry: feedback raises when it is bad, anything else lowers when it is there."""
    if name == "feedback":
        down[i, INDEX[name]] = _size(-felt, asked)
    else:
        up[i, INDEX[name]] = felt


def _size(felt: float, asked: float) -> float:
    return felt + asked if felt > 0 else felt


def _reach(profile: Profile, name: str) -> float:
    """How far above its reference a signal can be, normalised: a full one is 1."""
    column = INDEX[name]
    top = 400.0 if name == "session_length" else 1.0
    gap = (top - profile.reference[column]) / profile.scale[column]
    return float(np.clip(gap, 0.05, 1.0))
