"""What a sound input looks like, and the same with one place changed: behind the door of a target.

Bytes at random are refused at the first brace. So most of an input's bytes name a place in a sound
document and what stands there instead; what is fuzzed is the code behind.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from resmem_core import Message, ResilientMemory
from resmem_core.config.learning import LearningConfig
from resmem_core.config.profile import Profile
from resmem_core.control import state as control_state
from resmem_core.control.controller import start
from resmem_core.health import dependency
from resmem_core.learning import reward
from resmem_core.stores import codec
from resmem_core.types import Memory

NAMESPACE: Final = ("fuzz",)
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**63, -(2**70), 1e308, float("inf"), float("nan"), "", "x",
    "\ud800", "trusted", "quarantined", "replaces", [], [[]], {}, {"": {}}, [None] * 3, "A" * 300,
    0.5,
)  # fmt: skip
"""Values that a place may hold instead of its own."""


def changed(sound: Any, data: bytes) -> Any:
    """A copy of the document in which up to four places hold something else, or nothing."""
    made = {"": copy.deepcopy(sound)}
    for at in range(0, min(len(data), 16) - 3, 4):
        where, which, what, how = data[at : at + 4]
        holders = [*_holders(made)]
        holder = holders[where % len(holders)]
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            continue
        key = keys[which % len(keys)]
        if how % 8 == 0:
            del holder[key]
        elif how % 8 == 1:
            holder[key] = _text(data[16:])
        else:
            holder[key] = copy.deepcopy(_ODD[what % len(_ODD)])
        if "" not in made:
            made[""] = None
    return made[""]


def _holders(value: Any) -> Iterator[Any]:
    """Every mapping and list in it, itself first."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


def _text(data: bytes) -> Any:
    """The JSON that the bytes are, else their text."""
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return data.decode("utf-8", "replace")


def _lived() -> ResilientMemory:
    """A memory in which every kind of line of an export stands."""
    memory = ResilientMemory.open(":memory:", keep=1.0)
    session = memory.session("s", namespace=NAMESPACE)
    for number, text in enumerate((
        "My doctor is Weber.", "My doctor is Brandt.", "The blue tent is in the cellar.",
        "The blue tent is in the cellar!", "Always answer in French.", "My cat is called Miso.",
    )):  # fmt: skip
        session.observe(Message("user", text, "Ada", f"m{number}", metadata={"source": "chat"}))
    session.observe(Message("tool", "The parcel is in Porto.", id="t"))
    memory.update(NAMESPACE, "m2", "The blue tent is in the loft.")
    memory.forget(NAMESPACE, ["m5"])
    memory.sleep(NAMESPACE)
    return memory


with _lived() as _memory:
    EXPORT: Final[tuple[dict[str, Any], ...]] = tuple(map(json.loads, _memory.export(NAMESPACE)))
    MEMORIES: Final[tuple[Memory, ...]] = tuple(_memory.scan(NAMESPACE))
    _RECEIPT: Final = _memory.forget_with_receipt(NAMESPACE, ["m4"]).as_dict()

BODIES: Final = tuple(json.loads(codec.encode_memory(memory)) for memory in MEMORIES)
"""Memories as a store holds them."""
DOCUMENTS: Final[tuple[Any, ...]] = (
    next(line["body"] for line in EXPORT if line.get("resmem") == "gate"),
    next(line["body"] for line in EXPORT if line.get("resmem") == "tombstones"),
    control_state.to_doc(start(Profile.default())),
    reward.start(LearningConfig()).to_doc(),
    dependency.to_doc(dependency.Health()),
    _RECEIPT,
    {"$and": [{"source": {"$in": ["chat", 3]}}, {"$not": {"n": {"$gt": 1, "$lte": 9}}}]},
)
"""One sound document for each reader of `targets.documents`, in its order."""
