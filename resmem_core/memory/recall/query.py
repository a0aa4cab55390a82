"""What a question asks for: topic stems, people, times, and its text for the embedder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from resmem_core.memory.index.namespace_index import NamespaceIndex
from resmem_core.memory.recall import speakers, wide
from resmem_core.memory.recall.hyponyms import RELATED
from resmem_core.memory.text import dates, forms, technical
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

LONGEST: Final = 2_000
"""Characters that are read: of a longer question its two ends, for there it says what it asks."""
MOST: Final = 256
"""Topic stems that are looked up: first those that the namespace has."""

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
        forms: stem → other forms of its word, where it has any; see `text.forms`.
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
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    related: frozenset[str] = frozenset()
    compounds: frozenset[str] = frozenset()
    people: frozenset[int] = frozenset()
    spans: tuple[dates.Span, ...] = ()
    when: bool = False
    several: bool = False
    overview: bool = False
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A question's text, read without the namespace, so that nobody waits for it.

    Attributes:
        text: what is read of the question, at most `LONGEST` characters and a space.
        words: its words. functional: those of its language that carry no topic.
        timeless: stems of what is left of it without the times that it names.
        forms: stem of a topic word → its other forms.
        joined: two neighbouring words, and the stem of both written as one.
        halves: a long word, and the stems of its two parts.
        spans, when, several, overview: see `Asked`.
    """

    text: str
    words: tuple[str, ...]
    functional: frozenset[str]
    timeless: frozenset[str]
    forms: Mapping[str, tuple[str, ...]]
    joined: frozenset[tuple[str, str, str]]
    halves: frozenset[tuple[str, str, str]]
    spans: tuple[dates.Span, ...]
    when: bool
    several: bool
    overview: bool


def words_of(question: str, now: float) -> Words:
    """Read a question asked at epoch second `now`; pure, and bounded by `LONGEST`."""
    text = question
    if len(question) > LONGEST:
        text = f"{question[: LONGEST // 2]} {question[-(LONGEST // 2) :]}"
    words = _words(text)
    spans = tuple(dates.spans(text, now))
    return Words(
        text=text,
        words=tuple(words),
        functional=function_words(text),
        timeless=frozenset(stems(_words(dates.without(text)) if spans else words)),
        forms=forms.read(words, text),
        joined=frozenset(
            (a, b, stem(a + b)) for a, b in pairwise(words) if min(len(a), len(b)) >= _JOINED
        ),
        halves=frozenset(
            (word, stem(word[:at]), stem(word[at:]))
            for word in dict.fromkeys(words)
            if len(word) <= _LONGEST
            for at in range(_HALF, len(word) - _HALF + 1)
        ),
        spans=spans,
        when=_WHEN.search(text) is not None,
        several=_SEVERAL.search(text) is not None,
        overview=wide.is_overview(text),
    )


def _words(text: str) -> list[str]:
    """The words of a text; a number that signs divide is one of them, and not its parts."""
    rest, numbers = technical.numbers(text)
    return [*tokens(rest), *numbers]


def read(question: str | Words, index: NamespaceIndex, now: float) -> Asked:
    """Read a question asked at epoch second `now` against a namespace.

    Args:
        question: as it was asked; or its words, where they were read before the namespace's lock
            was taken.
    """
    said = words_of(question, now) if isinstance(question, str) else question
    people = speakers.named(said.words, index.authors)
    content = [w for w in said.words if w not in people and w not in said.functional]
    signs = ideographs(said.text)
    topic = _known_first(Counter([*stems(content), *signs]), index)
    plain = [w for w in content if w not in STOPWORDS and not is_wide(w)]
    together = _compounds(said, people, index) - topic.keys()
    others = {one: each for one, each in said.forms.items() if one in topic}
    asked = [*topic, *(form for each in others.values() for form in each)]
    return Asked(
        stems=topic,
        meant=said.timeless & topic.keys(),
        forms=others,
        related=frozenset(r for s in asked for r in RELATED.get(s, ())).difference(asked, together),
        compounds=together,
        people=frozenset(people.values()),
        spans=said.spans,
        when=said.when,
        several=said.several,
        overview=said.overview,
        attribute=wide.attribute([*plain, *signs]),
    )


def _known_first(topic: Mapping[str, int], index: NamespaceIndex) -> dict[str, float]:
    """The stems with their counts; of more than `MOST`, those that the namespace has before others.

    Each is compared with many memories under the namespace's lock.
    """
    chosen: Iterable[str] = topic
    if len(topic) > MOST:
        known = (s for s in topic if s in index.postings or s in index.context)
        chosen = [*dict.fromkeys((*islice(known, MOST), *topic))][:MOST]
    return {s: float(topic[s]) for s in chosen}


def _compounds(said: Words, people: Mapping[str, int], index: NamespaceIndex) -> frozenset[str]:
    """Stems of neighbouring words written as one, and of the two halves of a long word.

    "road trip" asks for a "roadtrip" too, and a "bookshelf" for a shelf and for books.
    """
    known = index.postings
    found = {
        one for a, b, one in said.joined if one in known and a not in people and b not in people
    }
    for word, first, second in said.halves:
        if first in known and second in known and word not in people:
            found |= {first, second}
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
