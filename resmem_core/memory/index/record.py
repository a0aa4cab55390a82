"""The columns of one memory: those that stay while its text does, and those that change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from resmem_core.memory.text import analysis, limits
from resmem_core.memory.text.dates import mentioned, names_time
from resmem_core.memory.text.idle import is_idle
from resmem_core.memory.text.standing import instructs
from resmem_core.memory.text.tokens import ideographs
from resmem_core.types import Memory

CAPTION: Final = 0.5
"""What a word in a picture's caption counts, where a word that was said counts 1."""

TRUST: Final = {"trusted": 2, "untrusted": 1, "quarantined": 0}

DTYPES: Final[dict[str, Any]] = {
    "live": "?", "seq": "i8", "at": "f8", "episode": "i4", "author": "i4",
    "words": "f4", "length": "f4", "asks": "?", "first_person": "?", "time": "?", "image": "?",
    "points": "?",
    "machine": "?", "idle": "?", "standing": "?", "limits": "i1",
    "credit": "f4", "value": "f4", "stress": "f4", "trust": "i1", "superseded": "?",
    "previous": "i4", "next": "i4", "from_day": "i4", "to_day": "i4",
}  # fmt: skip
"""Column → dtype; beside them the index has one float32 matrix, "vector"."""


def forms(memory: Memory, stems: Mapping[str, float]) -> dict[str, float]:
    """The other forms that a text's words are found by → term frequency, without those stems."""
    seen = analysis.read(memory.text).forms
    return {form: float(count) for form, count in seen.items() if form not in stems}


def fixed(memory: Memory) -> tuple[dict[str, float], dict[str, Any]]:
    """Stem → term frequency, and the columns that follow from the text and its date."""
    seen = analysis.read(memory.text)
    counts: dict[str, float] = dict(seen.stems)
    for stem, count in seen.caption.items():
        counts[stem] = counts.get(stem, 0.0) + CAPTION * count
    for sign in ideographs(memory.text):
        counts[sign] = counts.get(sign, 0.0) + 1.0
    words = sum(counts.values())
    return counts, {
        "live": True,
        "seq": memory.seq,
        "at": memory.at,
        "words": words,
        "length": math.log1p(words),
        "asks": seen.asks,
        "first_person": seen.first_person,
        "time": seen.time,
        "image": seen.image,
        "points": seen.points,
        "machine": memory.role in ("assistant", "tool"),
    }


def derived(memory: Memory) -> dict[str, Any]:
    """The columns that recall alone reads, which cost more than the others together."""
    named = analysis.read(memory.text).time or names_time(memory.text)
    days = mentioned(memory.text, memory.at) if named else None
    return {
        "idle": is_idle(memory.text),
        "standing": instructs(memory),
        "limits": limits.said(memory.text) if memory.role == "user" else 0,
        "from_day": days[0] if days else 0,
        "to_day": days[1] if days else -1,
    }


def changing(memory: Memory) -> dict[str, Any]:
    """The columns that may change while a memory stays where it is."""
    return {
        "credit": memory.credit,
        "value": memory.state.value,
        "stress": memory.state.stress,
        "trust": TRUST[memory.trust],
        "superseded": memory.valid_to is not None,
    }
