"""Texts that serve their neighbours and answer nothing: small talk and bare questions."""

from __future__ import annotations

import re
from typing import Final

from resmem_core.memory.text.analysis import IMAGE
from resmem_core.memory.text.courtesy import is_small_talk
from resmem_core.memory.text.sentences import Sentence, sentences
from resmem_core.memory.text.vocabulary import REACTIONS, words_of

_LONGEST: Final = 200
"""Characters; a longer question tells something on its way."""
_SHORT: Final = 8
"""Words of a question about its asker that tells nothing by itself."""
_ASKING: Final = words_of(
    """
    what what's who who's where where's when which whose how how's why wer was wo wann wie welche
    welcher welches wessen woher wohin qui quoi où quand comment quel quelle quels quelles combien
    qué quién dónde cuándo cómo cuál cuáles cuánto chi cosa dove quando come quale quanto quem onde
    como qual quanto кто что где когда как какой какая сколько wie wat waar wanneer welke hoe kim
    ne nerede nasıl hangi
    """
)
_REACTION: Final = 6
"""Words of a reaction to what was said ("that makes sense")."""

_ASKS_ABOUT_TALK: Final = re.compile(
    r"\b(?:ask(?:ed|s|ing)?|question\w*|thank\w*|greet\w*|sa(?:y|id) (?:hi|hello)"
    r"|apologi\w+"
    r"|frag(?:e|en|te|ten|st)|gefragt|dank(?:e|en|te)|bedankt|gegrüßt|begrüßt"
    r"|demand(?:é|er|ai\w*|es?)|questions?|remerci\w+|salu\w+"
    r"|pregunt\w+|agradec\w+|salud\w+|domand\w+|chiest\w+|chied\w+|ringrazi\w+"
    r"|pergunt\w+|agradeç\w+|спрашива\w+|спросил\w*|вопрос\w*|благодари\w+|поблагодар\w+)\b"
    r"|问|問|質問|聞い|尋ね|谢|感謝",
    re.I,
)
"""A question about what somebody asked, thanked for or greeted with."""


def is_idle(text: str) -> bool:
    """Whether a text is small talk, or only asks: no memory to be shown for itself.

    >>> [is_idle(t) for t in ("Ok, thanks!", "Wow! What is her name?", "I have a cat. And you?")]
    [True, True, False]
    """
    if len(text) > _LONGEST or IMAGE.search(text):
        return False
    if is_small_talk(text):
        return True
    parts = sentences(text)
    return (
        any(part.asks for part in parts)
        and not any(part.first and not _only_asks(part) for part in parts)
        and all(part.asks or _reacts(part) for part in parts)
    )


def _only_asks(part: Sentence) -> bool:
    """Whether a question of its asker tells nothing on its way: "Where do I live?"."""
    return part.asks and len(part.words) <= _SHORT and not _ASKING.isdisjoint(part.words[:2])


def _reacts(part: Sentence) -> bool:
    """Whether a sentence only takes up what was said."""
    return is_small_talk(" ".join(part.words)) or (
        len(part.words) <= _REACTION and not REACTIONS.isdisjoint(part.words[:3])
    )


def asks_about_talk(question: str) -> bool:
    """Whether a question is about questions, thanks or greetings themselves.

    >>> asks_about_talk("What did Ben ask me?"), asks_about_talk("Where is Ben?")
    (True, False)
    """
    return _ASKS_ABOUT_TALK.search(question) is not None
