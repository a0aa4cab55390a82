"""What recall reads off a stored text once, when it is put into the index."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import forms, technical, tokens

QUESTION_MARKS: Final = ("?", "？", "؟", "\u037e", "⁇", "⁈")
_AFTER_MARK: Final = " \t\r\n\"'”“’»›«)]）」』*_!！"
"""What may stand behind the question mark of a question."""
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
_POINTING: Final = """
he she it its they them him her his their that this there these those er sie es ihn ihm ihr das dort
il elle ils elles lui ça cela là él ella ellos eso esto allí lei esso ciò ele ela eles isso isto lá
он она оно они его её это там
"""
_POINTERS: Final = frozenset(_POINTING.split())
_RUN: Final = re.compile(r"[^\W_]+")
_POINTING_SIGNS: Final = re.compile("[他她它那这其彼]|これ|それ|あれ")
_TIME: Final = frozenset(_TIMES.split())


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """One text as recall sees it.

    Attributes:
        stems: stem → how often, in what was said.
        caption: the same for the captions of pictures in it.
        forms: other form of a word → how often; see `text.forms`.
        words: number of words said.
        asks: it ends with a question.
        first_person: it speaks about its speaker.
        time: it names a time.
        image: it shows a picture.
        points: it points to what was said before ("he", "there").
    """

    stems: dict[str, int]
    caption: dict[str, int]
    forms: dict[str, int]
    words: int
    asks: bool
    first_person: bool
    time: bool
    image: bool
    points: bool


@lru_cache(maxsize=32)
def read(text: str) -> TextAnalysis:
    """Read one text; O(length). The last ones are remembered, so do not change what comes back.

    >>> reading = read("I went there last week. [image: a red kayak]")
    >>> reading.first_person, reading.time, reading.image, sorted(reading.caption)
    (True, True, True, ['kayak', 'red'])
    """
    captions = IMAGE.findall(text) if "[" in text else []
    said = IMAGE.sub(" ", text) if captions else text
    words, topic = tokens.read(technical.unstamped(said))
    known = set(words)
    shown = tokens.read(" ".join(captions)) if captions else ((), ())
    stems = Counter(topic)
    others = forms.read(known, said)
    return TextAnalysis(
        stems=stems,
        caption=Counter(shown[1]),
        forms={form: stems[one] or 1 for one, each in others.items() for form in each},
        words=len(words),
        asks=asks(said),
        first_person=not known.isdisjoint(_FIRST_PERSON),
        time=not known.isdisjoint(_TIME),
        image=bool(captions),
        points=_points(known.union(shown[0]), text),
    )


def asks(text: str) -> bool:
    """Whether a text ends with a question.

    >>> asks('He said: "Where?!"'), asks("Where? I know.")
    (True, False)
    """
    return text.rstrip(_AFTER_MARK).endswith(QUESTION_MARKS)


def _points(words: set[str], text: str) -> bool:
    if not text.isascii():  # tokens of scripts without spaces are pairs of signs, no words
        words = set(_RUN.findall(text.casefold()))
    if not words.isdisjoint(_POINTERS) or any(word.startswith("sein") for word in words):
        return True
    return not text.isascii() and _POINTING_SIGNS.search(text) is not None
