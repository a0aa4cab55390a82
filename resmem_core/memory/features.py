"""What the gate looks at: explainable features of a message, and the stream's running counts."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self, TypeAlias

import numpy as np
import Stemmer
from numpy.typing import NDArray

from resmem_core.memory import vocabulary as vocab
from resmem_core.types import NEUROCHEMICALS, Memory

Counts: TypeAlias = NDArray[np.uint16]

FEATURES: Final = (
    "new_words", "rare_words", "names", "numbers", "time", "first_person", "second_person",
    "asks", "has_question", "filler", "length", "event", "possessive", "affect", "novelty",
    "answers", "image", "user", "untrusted", "echoed", "asked_about",
)  # fmt: skip
"""Names of the features, in the order of every feature vector; each is in [0, 1]."""

INDEX: Final = {name: at for at, name in enumerate(FEATURES)}

ROWS, WIDTH = 2, 1 << 14
AGEING = 20_000
"""Turns after which all counts are halved, so that they follow the stream and never overflow."""
RECENT = 4

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_NUMBER = re.compile(r"\d")
_SENTENCE_END = re.compile(r"[.!?…:;\n]\s*[\"'”)]*\s*$")
_IMAGE = re.compile(r"\[(?:image|img|photo|picture|caption)\b", re.IGNORECASE)


@lru_cache(maxsize=32_768)
def _stem(word: str) -> str:
    """The Snowball stem; a fresh stemmer per miss, because stemmers are not thread-safe."""
    stemmed: str = Stemmer.Stemmer("english", 0).stemWord(word)
    return stemmed


@lru_cache(maxsize=32_768)
def _slots(stem: str) -> tuple[int, ...]:
    data = stem.encode()
    return tuple(row * WIDTH + zlib.crc32(data, row) % WIDTH for row in range(ROWS))


def words(text: str) -> list[str]:
    """The words of a text as written, without digits; curly apostrophes made straight."""
    return [word.replace("’", "'") for word in _WORD.findall(text)]


def stems(text: str) -> list[str]:
    """Stems of the words that are not common ones, in order, with repeats.

    >>> stems("I went to a pottery workshop yesterday")
    ['potteri', 'workshop']
    """
    return [
        _stem(word)
        for word in map(str.lower, words(text))
        if word not in vocab.COMMON and word not in vocab.TIMES and len(word) > 1
    ]


@dataclass(frozen=True, slots=True)
class Turn:
    """What later messages may still ask about a recent one."""

    author: str
    session: str
    asks: bool


@dataclass(frozen=True, slots=True, eq=False)
class StreamContext:
    """Running statistics of a namespace's stream: bounded, whatever the stream's length.

    Attributes:
        counts: a count-min sketch of stems, shape (ROWS * WIDTH,), read-only. An estimate is
            never below the true count, and above it only where stems collide.
        turns: messages seen since the counts were last halved.
        recent: the last turns, the newest last.
    """

    counts: Counts
    turns: int = 0
    recent: tuple[Turn, ...] = ()

    @classmethod
    def of(cls, memories: Iterable[Memory]) -> Self:
        """The context after these memories, taken in order of `seq`."""
        context = cls(_frozen(np.zeros(ROWS * WIDTH, dtype=np.uint16)))
        for memory in sorted(memories, key=lambda m: m.seq):
            context = context.seen(memory)
        return context

    def count(self, stem: str) -> int:
        """In how many turns the stem was seen; an upper bound."""
        return int(min(self.counts[slot] for slot in _slots(stem)))

    def seen(self, memory: Memory) -> Self:
        """The context after one more message."""
        counts = self.counts >> np.uint16(self.turns >= AGEING)
        for stem in set(stems(memory.text)):
            for slot in _slots(stem):
                counts[slot] += 1
        turn = Turn(memory.author, memory.session, ends_with_question(memory.text))
        turns = 1 if self.turns >= AGEING else self.turns + 1
        return type(self)(_frozen(counts), turns, (*self.recent, turn)[-RECENT:])


def _frozen(counts: Counts) -> Counts:
    counts.flags.writeable = False
    return counts


def ends_with_question(text: str) -> bool:
    """Whether the last sentence is a question."""
    return text.rstrip(" \t\n\"'”)!").endswith("?")


def squash(value: float, scale: float) -> float:
    """`value` >= 0 pressed into [0, 1): 0 stays 0, `scale` becomes 1 - 1/e.

    >>> squash(0.0, 3.0), round(squash(3.0, 3.0), 3)
    (0.0, 0.632)
    """
    return 1.0 - math.exp(-max(value, 0.0) / scale)


def measure(
    memory: Memory, near: Sequence[tuple[str, float, float]], stream: StreamContext
) -> tuple[float, ...]:
    """The features of a message as it arrives; those of hindsight are still 0.

    Args:
        memory: the message, redacted.
        near: (id, cosine, lexical overlap) of its nearest stored memories.
        stream: the namespace's statistics before this message.

    Returns:
        One number in [0, 1] per name in `FEATURES`.
    """
    text = memory.text
    found = words(text)
    lower = [word.lower() for word in found]
    content = set(stems(text))
    values = {
        "new_words": squash(sum(1.0 / (1 + stream.count(stem)) for stem in content), 3.0),
        "rare_words": squash(len(content), 6.0),
        "names": squash(len(set(names(text))), 2.0),
        "numbers": squash(
            len(_NUMBER.findall(text)) + sum(word in vocab.NUMBERS for word in lower), 1.5
        ),
        "time": squash(sum(word in vocab.TIMES for word in lower), 1.0),
        "first_person": squash(sum(word in vocab.FIRST_PERSON for word in lower), 2.0),
        "second_person": squash(sum(word in vocab.SECOND_PERSON for word in lower), 2.0),
        "asks": float(ends_with_question(text)),
        "has_question": float("?" in text),
        "filler": float(bool(lower) and lower[0] in vocab.FILLERS),
        "length": squash(len(found), 20.0),
        "event": float(_is_event(lower)),
        "possessive": float(any(word in vocab.POSSESSIVES for word in lower)),
        "affect": memory.state.stress if not memory.scores else _affect(memory.scores),
        "novelty": 1.0 - min(max((cosine for _, cosine, _ in near), default=0.0), 1.0),
        "answers": float(_answers(memory, stream)),
        "image": float(_has_image(memory)),
        "user": float(memory.role == "user"),
        "untrusted": float(memory.trust != "trusted"),
    }
    return tuple(min(max(values.get(name, 0.0), 0.0), 1.0) for name in FEATURES)


def names(text: str) -> list[str]:
    """Capitalised words that do not open a sentence, lower-cased: names of people and things.

    >>> names("Hello there. We saw Luna in Porto with Oliver.")
    ['luna', 'porto', 'oliver']
    """
    return [
        match.group().lower()
        for match in _WORD.finditer(text)
        if match.group()[0].isupper()
        and match.group().lower() not in vocab.FIRST_PERSON
        and match.start() > 0
        and not _SENTENCE_END.search(text[: match.start()])
    ]


def _is_event(lower: Sequence[str]) -> bool:
    """First person and a past form: something that happened to the speaker."""
    past = any(
        word in vocab.IRREGULAR_PAST or (word.endswith("ed") and len(word) > 4) for word in lower
    )
    return past and any(word in vocab.FIRST_PERSON for word in lower)


def _affect(scores: Sequence[float]) -> float:
    """How strongly the text feels: the largest of the twelve scores."""
    return max(scores[: len(NEUROCHEMICALS)])


def _answers(memory: Memory, stream: StreamContext) -> bool:
    last = stream.recent[-1] if stream.recent else None
    return bool(
        last and last.asks and last.author != memory.author and last.session == memory.session
    )


def _has_image(memory: Memory) -> bool:
    return bool(
        memory.metadata.get("caption") or memory.metadata.get("image") or _IMAGE.search(memory.text)
    )
