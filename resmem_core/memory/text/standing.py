"""Standing instructions: how somebody wants to be answered, whatever the question. Pure.

"Always answer in French", "Nenn mich Tom", "keep it under 200 words". What somebody does themselves
("I always answer in French"), wants once ("answer in French this time") or quotes is none. A later
one about the same thing takes an earlier one's place ("answer in German"), and so does its
withdrawal ("you can answer in English again").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.sentence_ends import parts
from resmem_core.memory.text.standing_forms import INSTRUCTIONS, ONCE, STOPPED, WITHDRAWN
from resmem_core.memory.text.standing_topics import condition, topics
from resmem_core.types import Memory

LONGEST: Final = 600
"""Characters of a text that is read: an instruction is short."""

_LEAD: Final = re.compile(
    r"^[\s\-*•\d.)¡]*(?:(?:ok|okay|hey|hi|hello|thanks|also|and|one more thing|note|remember"
    r"|reminder"
    r"|important|oh|well|by the way|btw|merke dir|denk daran|übrigens|hallo|au fait|bonjour"
    r"|retiens"
    r"|hola|recuerda|por cierto|ciao|ricorda|a proposito|olá|oi|lembre-se|aliás)\b[,:! –-]*"
    r"(?:that |dass |que |che )?)*",
    re.I,
)
_PASTED: Final = re.compile(
    r"```|^\s*(?:>|[\"“„«「]|-{3,}|(?:from|to|cc|subject|date|von|an|betreff|datum|de|à|objet|para|asunto"
    r"|oggetto|assunto|от|кому|тема|发件人|主题|件名)\s*[:：])|[:：]\s*(?:$|[\"“„«「'])",
    re.I | re.M,
)
"""Where somebody else's text begins: from there on nothing is the user's own instruction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One instruction, or its withdrawal.

    Attributes:
        topics: what it regulates: names such as "language", or the words that say it.
        when: words of the condition under which it holds; empty: always.
        withdrawn: it takes back what was said of these topics.
    """

    topics: frozenset[str]
    when: frozenset[str]
    withdrawn: bool

    def overrules(self, older: Wish) -> bool:
        """Whether it leaves nothing of an older one.

        >>> new, old = wishes("Answer in German.")[0], wishes("Always answer in French.")[0]
        >>> new.overrules(old), old.overrules(wishes("Keep it short.")[0])
        (True, False)
        """
        common = len(self.topics & older.topics)
        return self.when == older.when and common >= _SHARE * len(older.topics) > 0


_SHARE: Final = 0.6
"""Of an older instruction's topics: what a newer one must be about to take its place."""


def instructs(memory: Memory) -> bool:
    """Whether a person who may do so gives a standing instruction, or takes one back."""
    return memory.role == "user" and memory.trust == "trusted" and bool(wishes(memory.text))


def still(texts: Sequence[str]) -> list[int]:
    """Which of these texts, the newest first, still hold an instruction that nothing overruled.

    >>> still(["You can answer in English again.", "Keep it short.", "Always answer in French."])
    [1]
    """
    newer: list[Wish] = []
    found = []
    for at, text in enumerate(texts):
        said = wishes(text)
        if any(not w.withdrawn and not any(n.overrules(w) for n in newer) for w in said):
            found.append(at)
        newer += said
    return found


def spoken(text: str) -> str:
    """The sentences of a text that instruct.

    >>> spoken("I moved to Lisbon. Always answer in French. It rains.")
    'Always answer in French.'
    """
    return " ".join(said for said, wish in _read(text) if not wish.withdrawn)


def wishes(text: str) -> tuple[Wish, ...]:
    """The instructions and withdrawals of a text, sentence by sentence."""
    return tuple(wish for _, wish in _read(text))


@lru_cache(maxsize=2048)
def _read(text: str) -> tuple[tuple[str, Wish], ...]:
    if len(text) > LONGEST:
        return ()
    own = _PASTED.split(text, maxsplit=1)[0].replace("’", "'")
    return tuple((said, wish) for said in parts(own, "clause") if (wish := _wish(said)) is not None)


def _wish(sentence: str) -> Wish | None:
    if asks(sentence):
        return None
    said = " ".join(_LEAD.sub("", sentence).split())
    withdrawn = bool(WITHDRAWN.search(said))
    if not withdrawn and not any(pattern.match(said) for pattern in INSTRUCTIONS):
        if not STOPPED.match(said):
            return None
        withdrawn = True
    if ONCE.search(sentence):  # asked last: few sentences come so far
        return None
    found, when = topics(said), condition(said)
    return Wish(found, when, withdrawn) if found else None
