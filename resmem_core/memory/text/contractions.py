"""Contractions spelt out, and a few words that are written in two ways."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from resmem_core.memory.text.vocabulary import words_of

_TAILS: Final = (
    ("n't", " not"),
    ("'m", " am"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'s", " 's"),
)
_IS: Final = words_of("it he she that this what who where there here how when")
FULL: Final = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not",
    "ain't": "is not", "dont": "do not", "doesnt": "does not", "didnt": "did not",
    "isnt": "is not", "arent": "are not", "wasnt": "was not", "werent": "were not",
    "cant": "can not", "couldnt": "could not", "wouldnt": "would not", "shouldnt": "should not",
    "havent": "have not", "hasnt": "has not", "hadnt": "had not", "im": "i am", "ive": "i have",
    "let's": "let us", "gonna": "going to", "wanna": "want to", "gotta": "got to",
    "thats": "that is", "whats": "what is", "youre": "you are", "theyre": "they are",
    "relocated": "moved", "purchased": "bought", "children": "kids", "mum": "mother",
    "mom": "mother", "dad": "father", "geht's": "geht es", "gibt's": "gibt es", "ist's": "ist es",
    "hab's": "habe es", "pra": "para", "tá": "está", "percent": "%",
    **{f"{word}'s": f"{word} is" for word in _IS},
}  # fmt: skip
"""A word → how it is read."""


@lru_cache(maxsize=4096)
def spelt_out(lower: str) -> str:
    """A lower-case word, or the words that it is a contraction of.

    >>> spelt_out("don't"), spelt_out("tree")
    ('do not', 'tree')
    """
    full = FULL.get(lower)
    if full is not None or "'" not in lower:
        return full or lower
    for tail, word in _TAILS:
        if lower.endswith(tail) and len(lower) > len(tail):
            return lower[: -len(tail)] + word
    return lower
