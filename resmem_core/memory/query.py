"""What a question asks for: topic stems, people, times, and its text for the embedder."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from resmem_core.memory import dates, speakers
from resmem_core.memory.index import NamespaceIndex
from resmem_core.memory.lexical import stems, tokens
from resmem_core.memory.relations import RELATED

_WHEN: Final = re.compile(
    r"\bwhen\b|\bwhat (?:date|day|month|year|time)\b|\bwhich (?:date|day|month|year)\b"
    r"|\bhow (?:long|recently|often|many (?:days|weeks|months|years))\b",
    re.I,
)

_VERB: Final = r"(?!(?:does|is|was|has|his|this|as)\b)"
_SEVERAL: Final = re.compile(
    rf"\b(?:what|which|how many|whose)\s+(?:{_VERB}[\w'+-]+\s+){{0,2}}?{_VERB}[\w'+-]*[^su\W]s\b"
    r"|\b(?:what|which) (?:kinds?|types?|sorts?|people|children)\b|\bin what ways\b|\bhow many\b"
    r"|\bboth\b|^(?:what|where|which|who|how)\b.*\b(?:has|have)\b",
    re.I,
)  # a plural after what or which, a count, "both", or the present perfect: all that ever happened


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read once.

    Attributes:
        stems: topic stem → weight; the names of speakers are not among them.
        related: stems of kinds and members of those; see `relations`.
        people: numbers of the speakers that it names (`NamespaceIndex.authors`).
        spans: the days that it names.
        when: it asks for a time.
        several: it asks for several things, which were said in several conversations.
    """

    stems: dict[str, float] = field(default_factory=dict)
    related: frozenset[str] = frozenset()
    people: frozenset[int] = frozenset()
    spans: tuple[dates.Span, ...] = ()
    when: bool = False
    several: bool = False


def read(question: str, index: NamespaceIndex, now: float) -> Asked:
    """Read a question asked at epoch second `now` against a namespace."""
    words = tokens(question)
    people = speakers.named(words, index.authors)
    topic = Counter(stems(w for w in words if w not in people))
    return Asked(
        stems={s: float(n) for s, n in topic.items()},
        related=frozenset(r for s in topic for r in RELATED.get(s, ())) - topic.keys(),
        people=frozenset(people.values()),
        spans=tuple(dates.spans(question, now)),
        when=_WHEN.search(question) is not None,
        several=_SEVERAL.search(question) is not None,
    )


def for_embedding(question: str, index: NamespaceIndex) -> str:
    """The question as the person it names would say it: names of speakers become "I" or "my".

    Sentence embedders key on a name in the question, which the person's own messages never hold.
    """
    people = speakers.named(tokens(question), index.authors)
    if len(set(people.values())) != 1:
        return question
    name = "|".join(re.escape(word) for word in sorted(people, key=len, reverse=True))
    text = re.sub(rf"\b(?:{name})['’]s\b", "my", question, flags=re.I)
    return re.sub(rf"\b(?:{name})\b", "I", text, flags=re.I)
