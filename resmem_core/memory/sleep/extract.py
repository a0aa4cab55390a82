"""Semantic items: what a cluster of memories says, in sentences of its own."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from resmem_core.config.sleep import SleepConfig
from resmem_core.memory.sleep.cluster import medoid, unit
from resmem_core.memory.text.same import core
from resmem_core.memory.text.sentence_ends import parts
from resmem_core.memory.text.sentences import stems
from resmem_core.protocols import Row
from resmem_core.types import MAX_TEXT, Link, Memory, StateVector, Trust

Summarize: TypeAlias = Callable[[Sequence[str]], str]

TRUST: Final[tuple[Trust, ...]] = ("quarantined", "untrusted", "trusted")
"""From low to high; what is derived has the lowest of its sources."""

DERIVED: Final = 64
"""Links from a semantic item to its sources, at most."""


def semantic(members: Sequence[Row], config: SleepConfig, summarize: Summarize | None) -> Row:
    """The semantic item of a cluster: its central sentences, with links to where they are from.

    The id depends on the cluster's most central member alone. A summary that fails, is empty or
    is too long falls back to sentences.

    Args:
        members: the cluster, in order of (seq, id).
        summarize: makes one text of the members' texts; sentences are extracted when None.
    """
    vectors = unit(np.stack([row.vector for row in members]))
    central = members[medoid(vectors)].memory
    memories = [row.memory for row in members]
    states = [memory.state for memory in memories]
    memory = Memory(
        id=id_of(central),
        namespace=central.namespace,
        text=_text([core(m.text) for m in memories], config, summarize),
        sources=tuple(dict.fromkeys(source for m in memories for source in m.sources)),
        role=central.role,
        author=central.author if len({m.author for m in memories}) == 1 else "",
        session=central.session if len({m.session for m in memories}) == 1 else "",
        at=max(m.at for m in memories),
        seq=central.seq,
        state=StateVector(
            stress=math.fsum(s.stress for s in states) / len(states),
            value=max(s.value for s in states),
            recency=max(s.recency for s in states),
        ),
        tier="long",
        semantic=True,
        trust=min((m.trust for m in memories), key=TRUST.index),
        expires=max(m.expires for m in memories),
        links=tuple(Link(m.id, "derived") for m in memories[:DERIVED]),
        metadata={"members": len(memories)},
    )
    return Row(memory, unit(vectors.mean(axis=0, keepdims=True))[0])


def same_members(old: Memory, new: Memory) -> bool:
    """Whether two semantic items sum up the same memories: then the older one stays."""
    return old.sources == new.sources and {k.target for k in old.links} == {
        k.target for k in new.links
    }


def refreshed(old: Row, new: Row) -> Row:
    """The older item, its words and its credit, with what the cluster's state is now."""
    memory = replace(
        old.memory, expires=new.memory.expires, links=new.memory.links, trust=new.memory.trust
    )
    return Row(memory, old.vector)


def id_of(central: Memory) -> str:
    """The semantic item's id; not the message's, and the same after every cycle."""
    data = "\x1f".join((*central.namespace, central.id)).encode("utf-8", "replace")
    return f"semantic-{hashlib.sha256(data).hexdigest()[:24]}"


def _text(texts: Sequence[str], config: SleepConfig, summarize: Summarize | None) -> str:
    if summarize is not None:
        try:
            summary = summarize(texts).strip()
        except Exception:  # a foreign callable: whatever it raises, there is a fallback
            summary = ""
        if 0 < len(summary) <= MAX_TEXT:
            return summary
    return "\n".join(sentences(texts, config.sentences))


def sentences(texts: Sequence[str], count: int) -> list[str]:
    """The sentences that say most of what the texts have in common, in their order.

    Each pick adds the most stems (counted by how many texts hold them) that are not yet said,
    per root of its length.

    >>> sentences(["I swim. It rained.", "We swim in the sea.", "The sea was cold."], 1)
    ['We swim in the sea.']
    """
    counts = Counter(stem for text in texts for stem in set(stems(text)))
    left = list(dict.fromkeys(part for text in texts for part in parts(text)))
    parsed = {sentence: frozenset(stems(sentence)) for sentence in left}
    order = {sentence: at for at, sentence in enumerate(left)}
    said: set[str] = set()
    picked: list[str] = []

    def gain(sentence: str) -> float:
        news = sum(counts[stem] for stem in parsed[sentence] - said if counts[stem] > 1)
        return news / math.sqrt(len(parsed[sentence]) + 1)

    while left and len(picked) < count:
        best = max(left, key=lambda s: (gain(s), -order[s]))
        if picked and gain(best) <= 0:
            break
        picked.append(best)
        left.remove(best)
        said |= parsed[best]
    return sorted(picked, key=order.__getitem__)
