"""What recall reads off a stored text once, when it is put into the index."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import tokens

IMAGE: Final = re.compile(
    r"\[(?:shares? |shared )?(?:an? )?(?:image|photo|picture)[^\[\]:]*: ?([^\[\]]*)\]", re.I
)  # neither part crosses a bracket, so a text full of "[image" costs linear time
"""How a picture's caption is written into a text: `[image: …]`, `[shared a picture: …]`."""

_FIRST_PERSON: Final = frozenset(["i", "me", "my", "mine", "myself", "we", "our", "us"])
_TIMES: Final = """
yesterday today tonight tomorrow ago week weeks month months year years weekend morning afternoon
evening night last next recently soon monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december summer
winter spring fall autumn christmas easter thanksgiving birthday anniversary since
"""
_TIME: Final = frozenset(_TIMES.split())


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """One text as recall sees it.

    Attributes:
        stems: stem → how often, in what was said.
        caption: the same for the captions of pictures in it.
        words: number of words said.
        asks: it ends with a question.
        first_person: it speaks about its speaker.
        time: it names a time.
        image: it shows a picture.
    """

    stems: dict[str, int]
    caption: dict[str, int]
    words: int
    asks: bool
    first_person: bool
    time: bool
    image: bool


@lru_cache(maxsize=32)
def read(text: str) -> TextAnalysis:
    """Read one text; O(length). The last ones are remembered, so do not change what comes back.

    >>> reading = read("I went there last week. [image: a red kayak]")
    >>> reading.first_person, reading.time, reading.image, sorted(reading.caption)
    (True, True, True, ['kayak', 'red'])
    """
    captions = IMAGE.findall(text) if "[" in text else []
    said = IMAGE.sub(" ", text) if captions else text
    words, topic = tokens.read(said)
    known = set(words)
    return TextAnalysis(
        stems=Counter(topic),
        caption=Counter(tokens.read(" ".join(captions))[1]) if captions else {},
        words=len(words),
        asks=said.rstrip(" \"')”’").endswith("?"),
        first_person=not known.isdisjoint(_FIRST_PERSON),
        time=not known.isdisjoint(_TIME),
        image=bool(captions),
    )
