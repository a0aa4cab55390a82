"""Which way everything pushes: the public table of signs (docs/control.md prints it).

Training and policies may change how strong a push is, never its direction: what has no entry here
is 0, what has one keeps its sign. `check` refuses a profile that breaks the table, `projected`
brings one back onto it. A + entry for a signal means: above its reference it raises the hormone,
below it lowers it; a - entry is the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resmem_core.config.signals import SIGNALS
from resmem_core.errors import ConfigError
from resmem_core.types import KNOBS, NEUROCHEMICALS

Array: TypeAlias = NDArray[np.float64]


class SignRow(NamedTuple):
    """One hormone: what drives it and which knobs it moves, as names with their sign."""

    job: str
    signals: str
    text: str
    hormones: str
    knobs: str


TABLE: Final[Mapping[str, SignRow]] = {
    "epinephrine": SignRow(
        "acute alarm",
        "+provider_error +tool_error +invalid_output +urgency -success",
        "+epinephrine",
        "-serotonin -endorphins -oxytocin",
        "-temperature -top_p -retrieve_k -retries",
    ),
    "norepinephrine": SignRow(
        "vigilance",
        "+injection +hostility +tool_error +invalid_output -feedback",
        "+norepinephrine",
        "+epinephrine -endorphins -oxytocin",
        "-temperature -top_p -retrieve_k -tool_access -diversity",
    ),
    "cortisol": SignRow(
        "lasting stress",
        "+provider_error +tool_error +invalid_output +urgency +hostility -success -feedback",
        "+cortisol +norepinephrine +epinephrine",
        "+epinephrine +norepinephrine -serotonin -endorphins -oxytocin -testosterone",
        "-temperature -top_p -retrieve_k -diversity -retries",
    ),
    "dopamine": SignRow(
        "curiosity",
        "+novelty +feedback +topic_change -similarity -provider_error -invalid_output",
        "+dopamine",
        "-cortisol -norepinephrine -epinephrine -melatonin +estrogen",
        "+temperature +top_p +max_tokens +retrieve_k +diversity",
    ),
    "serotonin": SignRow(
        "steadiness",
        "+success +feedback -provider_error -tool_error -invalid_output -hostility",
        "+serotonin -cortisol -epinephrine",
        "-cortisol -epinephrine -norepinephrine +endorphins +oxytocin",
        "",
    ),
    "oxytocin": SignRow(
        "trust in tools and sources",
        "+tool_success +success +gratitude +feedback"
        " -tool_error -provider_error -injection -hostility",
        "+oxytocin -norepinephrine",
        "-norepinephrine -cortisol -epinephrine +endorphins",
        "+tool_access",
    ),
    "melatonin": SignRow(
        "fatigue of work",
        "+budget +session_length",
        "+melatonin",
        "-epinephrine",
        "",
    ),
    "endorphins": SignRow(
        "relief",
        "+gratitude +feedback +success",
        "+endorphins",
        "+epinephrine",
        "",
    ),
    "thyroid": SignRow(
        "tempo: waiting longer than usual, or spending fast",
        "+latency +budget",
        "+thyroid",
        "-melatonin",
        "-retrieve_k -retries",
    ),
    "insulin": SignRow(
        "appetite for context",
        "+truncation +novelty -similarity -injection -budget",
        "+insulin",
        "-cortisol +estrogen",
        "+max_tokens +retrieve_k",
    ),
    "testosterone": SignRow(
        "drive",
        "+success +feedback -provider_error -tool_error",
        "+testosterone",
        "-cortisol +serotonin",
        "",
    ),
    "estrogen": SignRow(
        "change of topic or regime",
        "+topic_change +novelty -similarity",
        "+estrogen",
        "+dopamine -serotonin",
        "+temperature +top_p +retrieve_k +diversity",
    ),
    "stress": SignRow(
        "everything that alarms, in one",
        "+provider_error +tool_error +injection +invalid_output +hostility +urgency"
        " -success -feedback",
        "+cortisol +epinephrine +norepinephrine",
        "",
        "-temperature -top_p -retrieve_k -tool_access -diversity -retries",
    ),
    "curiosity": SignRow(
        "everything that is new, in one",
        "+novelty +topic_change +feedback -similarity",
        "+dopamine +estrogen",
        "-stress",
        "+temperature +top_p +retrieve_k +diversity",
    ),
}
"""Every hormone that a profile may have."""


class Signs(NamedTuple):
    """The table for some hormones as matrices of -1, 0 and 1, in the shapes of a profile."""

    up: Array  # [n, S]
    down: Array  # [n, S]
    text: Array  # [n, 12]
    lateral: Array  # [n, n]
    delta: Array  # [m, n]


def signs(hormones: tuple[str, ...]) -> Signs:
    """The matrices of these hormones.

    >>> matrix = signs(("norepinephrine",))
    >>> matrix.up[0, SIGNALS.index("injection")], matrix.down[0, SIGNALS.index("injection")]
    (np.float64(1.0), np.float64(-1.0))
    """
    rows = [TABLE[name] for name in hormones]
    up = _matrix([row.signals for row in rows], SIGNALS)
    return Signs(
        up=up,
        down=-up,
        text=_matrix([row.text for row in rows], NEUROCHEMICALS),
        lateral=_matrix([row.hormones for row in rows], hormones),
        delta=_matrix([row.knobs for row in rows], KNOBS).T,
    )


def _matrix(entries: list[str], columns: tuple[str, ...]) -> Array:
    matrix = np.zeros((len(entries), len(columns)))
    for i, text in enumerate(entries):
        for entry in text.split():
            if entry[1:] in columns:
                matrix[i, columns.index(entry[1:])] = 1.0 if entry[0] == "+" else -1.0
    return matrix


def projected(field: str, value: Array, hormones: tuple[str, ...]) -> Array:
    """The nearest matrix of that field that keeps the table."""
    sign: Array = getattr(signs(hormones), field)
    return np.where(sign == 0, 0.0, sign * np.maximum(sign * value, 0.0))


def check(hormones: tuple[str, ...], fields: Mapping[str, Array]) -> None:
    """Refuse matrices that push where, or whither, the table does not.

    Args:
        hormones: n names. fields: `up`, `down`, `text`, `lateral` and `delta` as in a profile.

    Raises:
        ConfigError: naming the first entry that breaks the table.
    """
    for name, sign in signs(hormones)._asdict().items():
        wrong = np.argwhere(fields[name] * sign < 0)
        free = np.argwhere((sign == 0) & (fields[name] != 0))
        for i, j in (*wrong, *free):
            raise ConfigError(_broken(name, hormones, int(i), int(j), float(sign[i, j])))


def _broken(field: str, hormones: tuple[str, ...], i: int, j: int, sign: float) -> str:
    columns = {
        "up": SIGNALS, "down": SIGNALS, "text": NEUROCHEMICALS, "lateral": hormones,
        "delta": hormones,
    }  # fmt: skip
    row = KNOBS[i] if field == "delta" else hormones[i]
    may = {0: "be 0", 1: "not be below 0", -1: "not be above 0"}[int(sign)]
    return (
        f"{field} of {row} by {columns[field][j]} must {may}: signs are fixed "
        "(resmem_core.config.signs.TABLE), only sizes may change"
    )
