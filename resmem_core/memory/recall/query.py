"""What a question asks for: topic stems, people, times, and its text for the embedder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import speakers, wide
from resmem_core.memory.recall.hyponyms import RELATED
from resmem_core.memory.text import dates
from resmem_core.memory.text.language import function_words
from resmem_core.memory.text.tokens import (
    STOPWORDS,
    ideographs,
    is_wide,
    stem,
    stems,
    tokens,
)

_WHEN: Final = re.compile(
    r"\bwhen\b|\bwhat (?:date|day|month|year|time)\b|\bwhich (?:date|day|month|year)\b"
    r"|\bhow (?:long|recently|often|many (?:days|weeks|months|years))\b",
    re.I,
)

_JOINED: Final = 3
"""Letters of each of two words that may be one."""
_HALF: Final = 4
"""Letters of each half of a word that may be two."""
_LONGEST: Final = 40
"""Letters of such a word at most: a longer one is no compound, and has too many halves to try."""

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
        meant: those of its stems whose meaning counts: a time that it names is looked up as days.
        related: stems of kinds and members of those; see `relations`.
        compounds: stems of its words written together or apart, where the namespace has them.
        people: numbers of the speakers that it names (`NamespaceIndex.authors`).
        spans: the days that it names.
        when: it asks for a time.
        several: it asks for several things, which were said in several conversations.
        overview: it asks for all that is known, or for what was said last.
        attribute: the one thing about somebody that all its words name, such as "home".
    """

    stems: dict[str, float] = field(default_factory=dict)
    meant: frozenset[str] = frozenset()
    related: frozenset[str] = frozenset()
    compounds: frozenset[str] = frozenset()
    people: frozenset[int] = frozenset()
    spans: tuple[dates.Span, ...] = ()
    when: bool = False
    several: bool = False
    overview: bool = False
    attribute: str | None = None


def read(question: str, index: NamespaceIndex, now: float) -> Asked:
    """Read a question asked at epoch second `now` against a namespace."""
    words = tokens(question)
    people = speakers.named(words, index.authors)
    functional = function_words(question)
    content = [w for w in words if w not in people and w not in functional]
    topic = Counter([*stems(content), *ideographs(question)])
    plain = [w for w in content if w not in STOPWORDS and not is_wide(w)]
    together = _compounds([w for w in words if w not in people], index) - topic.keys()
    spans = tuple(dates.spans(question, now))
    timeless = tokens(dates.without(question)) if spans else words
    return Asked(
        stems={s: float(n) for s, n in topic.items()},
        meant=frozenset(stems(timeless)) & topic.keys(),
        related=frozenset(r for s in topic for r in RELATED.get(s, ())) - topic.keys() - together,
        compounds=together,
        people=frozenset(people.values()),
        spans=spans,
        when=_WHEN.search(question) is not None,
        several=_SEVERAL.search(question) is not None,
        overview=wide.is_overview(question),
        attribute=wide.attribute([*plain, *ideographs(question)]),
    )


def _compounds(words: Sequence[str], index: NamespaceIndex) -> frozenset[str]:
    """Stems of neighbouring words written as one, and of the two halves of a long word.

    "road trip" asks for a "roadtrip" too, and a "bookshelf" for a shelf and for books.
    """
    known = index.postings
    joined = (stem(a + b) for a, b in pairwise(words) if min(len(a), len(b)) >= _JOINED)
    halves = (
        (first, second)
        for word in dict.fromkeys(words)
        if len(word) <= _LONGEST
        for at in range(_HALF, len(word) - _HALF + 1)
        if (first := stem(word[:at])) in known and (second := stem(word[at:])) in known
    )
    found = {one for one in joined if one in known}
    found.update(*halves)
    return frozenset(found)


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
