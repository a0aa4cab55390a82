"""What is shown, and in which order: by topic, and within a topic by time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from resmem_core.memory.privacy.evidence import statements
from resmem_core.memory.recall import relevance
from resmem_core.memory.text.passages import widened
from resmem_core.memory.text.sentence_ends import Span
from resmem_core.memory.text.sentences import said, sentences, stems_of
from resmem_core.memory.text.standing import spoken
from resmem_core.prompt._excerpt import marked, passage
from resmem_core.prompt._lines import Entry
from resmem_core.repeats import holds, normalised
from resmem_core.types import Hit, Hits, Memory


def worth_telling(hits: Hits, least: float | None = None) -> Hits:
    """The hits that are worth their room in a prompt: the less likely it is that anything answers,
    the nearer to the best one a line must be.

    Args:
        hits: as they were recalled; standing wishes stay.
        least: the `min_relevance` that they were recalled with; 0 for all of them.
    """
    least = relevance.DEFAULT if least is None else least
    best = max((hit.relevance for hit in hits.answers), default=0.0)
    kept = (hit for hit in hits if hit.standing or hit.relevance * hit.relevance >= least * best)
    return Hits(kept, hits.reason)


def shown(hits: Sequence[Hit], held: Iterable[str]) -> list[Hit]:
    """The hits that have something to say that the prompt does not say already."""
    there = [normalised(text) for text in held]
    seen: set[tuple[str, str, bool]] = set()
    kept = []
    for hit in hits:
        memory, part = _said(hit)
        text = normalised(memory.text)
        key = (memory.author or memory.role, text, memory.valid_to is None)
        if not text or memory.trust == "quarantined" or key in seen or holds(there, text):
            continue
        if part is not None and holds(there, normalised(stated(hit.memory).text)):
            continue
        seen.add(key)
        if part is not None:
            trusted = memory.trust == "trusted"
            told = passage(hit) if trusted else marked(memory.text, part, len(hit.text))
            memory = replace(memory, text=told)
        same = memory is hit.memory and hit.asked is None
        kept.append(hit if same else replace(hit, memory=memory, asked=_asked(hit)))
    return kept


def _said(hit: Hit) -> tuple[Memory, Span | None]:
    """The memory with what may be shown of it; and where that stands in it, where it is a part."""
    if hit.standing:
        return _wished(hit.memory), None
    if hit.part is None:
        return stated(hit.memory), None
    first, end = part = widened(hit.text, hit.part)
    return stated(replace(hit.memory, text=hit.text[first:end])), part


def stated(memory: Memory) -> Memory:
    """The memory as a model may see it: of what is not trusted, only what it states.

    Its text is empty where it states nothing, or is quarantined.
    """
    if memory.trust == "trusted":
        return memory
    return replace(memory, text="" if memory.trust == "quarantined" else statements(memory.text))


def _wished(memory: Memory) -> Memory:
    """The memory with no more than its instructions: they are there on every turn."""
    return replace(memory, text=spoken(memory.text))


def _asked(hit: Hit) -> Memory | None:
    """The question that it answers, where that may be shown."""
    return hit.asked if hit.asked is not None and hit.asked.trust == "trusted" else None


def versions(hits: Sequence[Hit]) -> list[list[Entry]]:
    """Per current memory, in the order of the hits: it, and its older versions behind it.

    Older versions whose newer one is not among them come last, each for itself.
    """
    asked = {hit.id: hit.asked for hit in hits}
    memories = [hit.memory for hit in hits]
    by_id = {memory.id: memory for memory in memories}
    disputed = _disputed(hits, by_id)
    older = {memory.id: _replaced(memory, by_id) for memory in memories}
    replaced = {one.id for ones in older.values() for one in ones}
    first = [m for m in memories if m.id not in replaced and m.valid_to is None]
    families: list[list[Entry]] = []
    placed: set[str] = set()
    for memory in (*first, *(m for m in memories if m.id not in replaced), *memories):
        family: list[Entry] = []
        stack = [Entry(memory, None, asked[memory.id], memory.id in disputed)]
        while stack:
            entry = stack.pop()
            if entry.memory.id in placed:
                continue
            placed.add(entry.memory.id)
            family.append(entry)
            stack += [Entry(one, entry.memory) for one in reversed(older[entry.memory.id])]
        if family:
            families.append(family)
    return families


def _disputed(hits: Sequence[Hit], shown: Collection[str]) -> set[str]:
    """Both sides of each conflict of which both are shown."""
    pairs = [(hit.id, other) for hit in hits for other in hit.conflict if other in shown]
    return {ident for pair in pairs for ident in pair}


def _replaced(memory: Memory, by_id: dict[str, Memory]) -> list[Memory]:
    return [
        by_id[link.target]
        for link in memory.links
        if link.kind == "replaces" and link.target in by_id
    ]


def by_topic(families: Sequence[Sequence[Entry]]) -> list[Entry]:
    """The families that share an uncommon word together, in the order of the best one of each
    topic, and within it the oldest first; what is no longer true, last."""
    families = [family for family in families if family]
    current = [family for family in families if family[0].memory.valid_to is None]
    past = [family for family in families if family[0].memory.valid_to is not None]
    topics: list[tuple[set[str], list[Sequence[Entry]]]] = []
    for family in current:
        words = _words(family)
        topic = next((topic for topic in topics if topic[0] & words), None)
        if topic is None:
            topics.append((words, [family]))
        else:
            topic[0].update(words)
            topic[1].append(family)
    ordered = [
        family for _, group in topics for family in sorted(group, key=lambda f: f[0].memory.at)
    ]
    return [entry for family in (*ordered, *past) for entry in family]


def _words(family: Sequence[Entry]) -> set[str]:
    return {word for entry in family for word in stems_of(sentences(said(entry.memory.text)))}
