"""A synthetic conversation of any length: bounded vocabulary, one message in five a paraphrase."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from resmem_core.memory.index.embed import LexicalEmbedder
from resmem_core.protocols import Row
from resmem_core.types import Memory, Namespace, StateVector

WHO: Final = (
    "Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gina", "Hugo", "Iris", "Jon", "Kim", "Lea",
    "Max", "Nia", "Oto",
)  # fmt: skip
DID: Final = (
    "bought", "painted", "visited", "repaired", "sold", "lost", "found", "cooked", "planted",
    "baked", "sewed",
)  # fmt: skip
KIND: Final = (
    "old", "red", "small", "wooden", "broken", "heavy", "golden", "quiet", "round", "spare",
    "foreign", "dusty",
)  # fmt: skip
WHAT: Final = (
    "lamp", "boat", "house", "violin", "garden", "bicycle", "novel", "kettle", "chair",
    "camera", "robot", "bridge", "castle", "forest", "island", "drum", "mirror", "clock",
    "tent", "carpet", "guitar", "oven", "ladder", "statue",
)  # fmt: skip
WHERE: Final = (
    "Porto", "Lisbon", "Oslo", "Kyoto", "Lima", "Cairo", "Quito", "Turin", "Ghent", "Basel",
    "Malmo", "Tartu", "Split", "Bergen",
)  # fmt: skip
WHEN: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
TELLING: Final = ("{}", "I think {}", "You know, {}", "By the way {}", "{}, as I told you")

PARAPHRASED: Final = 0.2
"""Share of messages that say again, in other words, what one of the last hundred said."""

SESSION: Final = 50
"""Messages of one session."""

NAMESPACE: Final[Namespace] = ("bench", "sleep")
DAY: Final = 86_400.0

START: Final = 1.75e9
"""Epoch seconds at which the benchmarks begin."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the stream; `stress` and `value` in [0, 1]."""

    text: str
    session: str
    stress: float
    value: float
    repeats: bool


def stream(seed: int) -> Iterator[Said]:
    """The messages, without end; the same for the same seed."""
    rng = np.random.default_rng(seed)
    recent: deque[str] = deque(maxlen=100)
    number = 0

    def pick(words: Sequence[str]) -> str:
        return words[int(rng.integers(len(words)))]

    while True:
        repeats = bool(recent) and rng.random() < PARAPHRASED
        if repeats:
            text = pick(TELLING).format(recent[int(rng.integers(len(recent)))])
        else:
            text = (
                f"{pick(WHO)} {pick(DID)} the {pick(KIND)} {pick(WHAT)} of {pick(WHO)} "
                f"in {pick(WHERE)} on {pick(WHEN)}"
            )
            recent.append(text)
        stress, value = float(rng.beta(1.2, 3)), float(rng.beta(2, 2))
        yield Said(text, f"s{number // SESSION}", stress, value, repeats)
        number += 1


def unconsolidated(count: int, *, now: float, span: float, seed: int = 0) -> list[Row]:
    """The stream's first messages as short-term rows, evenly over the last `span` seconds."""
    said = list(islice(stream(seed), count))
    vectors = LexicalEmbedder().embed([one.text for one in said])
    return [
        Row(item(one, at, now - span * (1 - at / count)), vector)
        for at, (one, vector) in enumerate(zip(said, vectors, strict=True))
    ]


def item(said: Said, seq: int, at: float) -> Memory:
    """A message as the gate keeps it, before any consolidation."""
    return Memory(
        id=f"m{seq}",
        namespace=NAMESPACE,
        text=said.text,
        sources=(f"m{seq}",),
        session=said.session,
        at=at,
        seq=seq,
        tier="short",
        state=StateVector(said.stress, said.value, 1.0),
        expires=at + 300 * DAY,
        stored_at=at,
    )
