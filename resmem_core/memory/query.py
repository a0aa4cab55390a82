"""What a question asks for: topic stems, people, times, and its text for the embedder."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from resmem_core.memory import dates, speakers
from resmem_core.memory.index import NamespaceIndex
from resmem_core.memory.lexical import stems, tokens

_WHEN: Final = re.compile(
    r"\bwhen\b|\bwhat (?:date|day|month|year|time)\b|\bwhich (?:date|day|month|year)\b"
    r"|\bhow (?:long|recently|often|many (?:days|weeks|months|years))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read once.

    Attributes:
        stems: topic stem → weight; the names of speakers are not among them.
        people: numbers of the speakers that it names (`NamespaceIndex.authors`).
        spans: the days that it names.
        when: it asks for a time.
    """

    stems: dict[str, float] = field(default_factory=dict)
    people: frozenset[int] = frozenset()
    spans: tuple[dates.Span, ...] = ()
    when: bool = False


def read(question: str, index: NamespaceIndex, now: float) -> Asked:
    """Read a question asked at epoch second `now` against a namespace."""
    words = tokens(question)
    people = speakers.named(words, index.authors)
    topic = Counter(stems(w for w in words if w not in people))
    return Asked(
        stems={s: float(n) for s, n in topic.items()},
        people=frozenset(people.values()),
        spans=tuple(dates.spans(question, now)),
        when=_WHEN.search(question) is not None,
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
