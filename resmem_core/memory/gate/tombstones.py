"""What was forgotten must not come back: keyed digests of its statements, and no byte of its text.

A tombstone is the set of a statement's topic stems, each as a keyed digest. A text brings a
statement back when one of its own sentences, or two neighbours, hold all of those stems, or nearly
all and nothing else: so a repeat, a light paraphrase, the request to forget and its confirmation
are recognised. A sentence that has another word in the place of one says something else.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final

from resmem_core.errors import StoreCorrupt
from resmem_core.memory.text import vocabulary
from resmem_core.memory.text.tokens import stem, stems, tokens

COVERED: Final = 0.75
"""Share of a forgotten statement's stems from which a sentence of no other stem says it again."""

MOST: Final = 20_000
"""Statements that a namespace remembers to have forgotten; the oldest go first."""

_SENTENCE: Final = re.compile(r"[^!?。！？؟।;\n.]+(?:\.(?=\S)[^!?。！？؟।;\n.]+)*")
_DIGEST: Final = 6
_LONGEST_KEY: Final = 64
_TITLES: Final = frozenset({"dr", "mr", "mrs", "ms", "prof", "herr", "frau", "sr", "sra", "mme"})
_EVERYDAY: Final = frozenset(stem(word) for word in vocabulary.COMMON)


@dataclass(frozen=True)
class Tombstones:
    """The forgotten statements of one namespace, each a set of digests.

    Attributes:
        key: what the digests are keyed with, 16 random bytes. Without it nobody can test a guess.
    """

    key: bytes
    statements: tuple[frozenset[str], ...] = ()

    def with_forgotten(self, texts: Iterable[str]) -> Tombstones:
        """These, and the statements of the texts."""
        new = [self._digests(topics) for text in texts for topics in _statements(text)]
        kept = dict.fromkeys((*self.statements, *new))
        return Tombstones(self.key, tuple(kept)[-MOST:])

    def forbids(self, text: str) -> bool:
        """Whether the text says again what was forgotten."""
        return bool(self.statements) and bool(self._said(text))

    def without(self, text: str | None) -> Tombstones:
        """These without what the text says again; without any when None."""
        lifted = set(self.statements) if text is None else self._said(text)
        return Tombstones(self.key, tuple(s for s in self.statements if s not in lifted))

    def _said(self, text: str) -> set[frozenset[str]]:
        said = [self._digests(part) for part in _parts(text)]
        windows = [*said, *(one | two for one, two in pairwise(said))]
        return {statement for window in windows for statement in self._covered_by(window)}

    def _covered_by(self, window: frozenset[str]) -> Iterator[frozenset[str]]:
        shared = Counter(s for digest in window for s in self._holding.get(digest, ()))
        return (
            s
            for s, count in shared.items()
            if count == len(s) or (count == len(window) and count >= COVERED * len(s))
        )

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
        return {"key": self.key.hex(), "statements": [sorted(s) for s in self.statements]}

    @classmethod
    def from_doc(cls, doc: Mapping[str, Any]) -> Tombstones:
        """As stored.

        Raises:
            StoreCorrupt: the key is lost, or damaged. Then nobody can tell what was forgotten, so
                nothing is stored until `allow` lifts all of it or a copy is restored.
        """
        try:
            key = bytes.fromhex(doc["key"])
            statements = tuple(frozenset(map(str, s)) for s in doc["statements"])
        except (KeyError, ValueError, TypeError):
            key, statements = b"", ()
        if not 0 < len(key) <= _LONGEST_KEY:
            raise StoreCorrupt(
                "the key of what was forgotten is lost: restore it from a copy, or let all of it "
                "be said again with allow()"
            )
        return cls(key, statements)


def _parts(text: str) -> list[frozenset[str]]:
    """The topic stems of each sentence that has any."""
    found = (frozenset(stems(tokens(part))) - _TITLES for part in _SENTENCE.findall(text))
    return [part for part in found if part]


def _statements(text: str) -> list[frozenset[str]]:
    """The sentences that say something of their own: two topics, one of them no everyday word.

    A text whose sentences are all too small for that is one statement as a whole.
    """
    parts = _parts(text)
    telling = [part for part in parts if len(part) > 1 and not part <= _EVERYDAY]
    whole = frozenset().union(*parts)
    return telling or ([whole] if whole and not whole <= _EVERYDAY else [])
