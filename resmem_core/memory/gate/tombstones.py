"""What was forgotten must not come back: keyed digests of its statements, and no byte of its text.

A tombstone is the set of a statement's topic stems, each as a keyed digest. A text brings a
statement back when one of its own sentences, or two neighbours, hold all of those stems, or nearly
all and nothing else, or its names and a topic of it with no other name, number or person beside: so
a repeat, a light paraphrase, a summary, the request to forget and its confirmation are recognised.
A sentence that has another word in the place of one says something else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, NamedTuple

from resmem_core.errors import StoreCorrupt
from resmem_core.memory.gate.tellings import Telling, statements, tellings

COVERED: Final = 0.75
"""Share of a forgotten statement's stems from which a sentence of no other stem says it again."""

MOST: Final = 20_000
"""Statements that a namespace remembers to have forgotten; the oldest go first."""

_DIGEST: Final = 6
_LONGEST_KEY: Final = 64


_KINDS: Final = ("small", "role", "number", "name")


class _About(NamedTuple):
    """Digests of what a window names, and of what it tells beside everyday words.

    `written` are the words that have a name's capital, or may; `lower` says that none need have.
    """

    names: frozenset[str]
    numbers: frozenset[str]
    roles: frozenset[str]
    small: frozenset[str]
    fresh: frozenset[str]
    written: frozenset[str]
    lower: bool


@dataclass(frozen=True)
class Tombstones:
    """The forgotten statements of one namespace, each a set of digests.

    Attributes:
        key: what the digests are keyed with, 16 random bytes. Without it nobody can test a guess.
        marks: digest → "name", "number", "role" or "small" (tells little), for those that are one.
    """

    key: bytes
    statements: tuple[frozenset[str], ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)

    def with_forgotten(self, texts: Iterable[str]) -> Tombstones:
        """These, and the statements of the texts."""
        told = [one for text in texts for one in statements(text)]
        new = [self._digests(one.topics) for one in told]
        kept = tuple(dict.fromkeys((*self.statements, *new)))[-MOST:]
        marks = {**self.marks, **{d: k for one in told for d, k in self._marked(one)}}
        return Tombstones(self.key, kept, _of(marks, kept))

    def forbids(self, text: str) -> bool:
        """Whether the text says again what was forgotten."""
        return bool(self.statements) and bool(self._said(text))

    def without(self, text: str | None) -> Tombstones:
        """These without what the text says again; without any when None."""
        lifted = set(self.statements) if text is None else self._said(text)
        kept = tuple(s for s in self.statements if s not in lifted)
        return Tombstones(self.key, kept, _of(self.marks, kept))

    def _said(self, text: str) -> set[frozenset[str]]:
        told = tellings(text)
        windows = [*told, *(one | two for one, two in pairwise(told))]
        return {statement for window in windows for statement in self._covered_by(window)}

    def _covered_by(self, window: Telling) -> Iterator[frozenset[str]]:
        topics = self._digests(window.topics)
        shared = Counter(s for digest in topics for s in self._holding.get(digest, ()))
        about = None
        for one, count in shared.items():
            if count == len(one) or (count == len(topics) and count >= COVERED * len(one)):
                yield one
            elif count > 1:
                about = about or self._about(window)
                if self._retells(one, topics, about):
                    yield one

    def _retells(self, one: frozenset[str], topics: frozenset[str], about: _About) -> bool:
        """It has all the names, or all the numbers where there are none, and a topic beside them.

        Another name, number or person in it makes it another statement.
        """
        marked = {kind: {d for d in one if self.marks.get(d) == kind} for kind in _KINDS}
        key = marked["name"] or marked["number"]
        shared = (one & topics) - about.small
        if (
            not key
            or not key <= topics
            or (not shared - key and len(key) < 2 and about.fresh - one)
        ):
            return False
        if (marked["number"] and about.numbers - one) or about.names - one:
            return False
        unnamed = marked["name"].isdisjoint(about.written) and not about.lower
        if about.roles - one or (marked["name"] and unnamed):
            return False
        fresh = about.fresh - one
        return not fresh or (len(shared) > len(fresh) and 2 * len(shared) > self._weight(one))

    def _weight(self, one: frozenset[str]) -> int:
        """How many topics of the statement tell something of their own."""
        return sum(self.marks.get(digest) != "small" for digest in one)

    def _about(self, window: Telling) -> _About:
        digests = self._digests
        return _About(
            names=digests(window.names - window.first),
            numbers=digests(window.numbers),
            roles=digests(window.roles),
            small=digests(window.small),
            fresh=digests(window.topics - window.small),
            written=digests(window.names | window.first),
            lower=window.lower,
        )

    def _marked(self, one: Telling) -> Iterator[tuple[str, str]]:
        kinds = zip(_KINDS, (one.small, one.roles, one.numbers, one.names), strict=True)
        return ((d, kind) for kind, topics in kinds for d in self._digests(topics))

    @cached_property
    def _holding(self) -> dict[str, list[frozenset[str]]]:
        """Digest → the statements that hold it, so that a write does not look at each."""
        holding = defaultdict[str, list[frozenset[str]]](list)
        for statement in self.statements:
            for digest in statement:
                holding[digest].append(statement)
        return dict(holding)

    def _digests(self, topics: Iterable[str]) -> frozenset[str]:
        return frozenset(
            blake2b(topic.encode(), key=self.key, digest_size=_DIGEST).hexdigest()
            for topic in topics
        )

    def to_doc(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "key": self.key.hex(),
            "statements": [sorted(s) for s in self.statements],
            "marks": dict(sorted(self.marks.items())),
        }

    @classmethod
    def from_doc(cls, doc: Mapping[str, Any]) -> Tombstones:
        """As stored.

        Raises:
            StoreCorrupt: the key is lost, or damaged. Then nobody can tell what was forgotten, so
                nothing is stored until `allow` lifts all of it or a copy is restored.
        """
        try:
            key = bytes.fromhex(doc["key"])
            kept = tuple(frozenset(map(str, s)) for s in doc["statements"])
            marks = {str(digest): str(kind) for digest, kind in doc.get("marks", {}).items()}
        except (KeyError, ValueError, TypeError, AttributeError):
            key, kept, marks = b"", (), {}
        if not 0 < len(key) <= _LONGEST_KEY:
            raise StoreCorrupt(
                "the key of what was forgotten is lost: restore it from a copy, or let all of it "
                "be said again with allow()"
            )
        return cls(key, kept, marks)


def _of(marks: Mapping[str, str], kept: Iterable[frozenset[str]]) -> dict[str, str]:
    """The marks of what is kept."""
    held = frozenset[str]().union(*kept)
    return {digest: kind for digest, kind in marks.items() if digest in held}
