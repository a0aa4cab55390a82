"""What a standing instruction is about, in several languages: data and two readings of it. Pure."""

from __future__ import annotations

import re
from typing import Final

from resmem_core.memory.text.standing_forms import TOPICS
from resmem_core.memory.text.tokens import stem, tokens
from resmem_core.memory.text.vocabulary import GLUE, words_of

_SCRIPT: Final = re.compile(r"[一-鿿぀-ヿ가-힯]{2}")
"""Scripts that write without blanks: there two signs stand for a word."""
_CONDITION: Final = re.compile(
    r"^(?:please )?(?:when(?:ever)?|every time|each time|any ?time|if|wenn|falls|immer wenn|quand"
    r"|si|lorsque|cuando|quando|se|когда|если)\b(.*?)(?:[,:]|$)"
    r"|\b(?:in|for|with|bei|für|dans|pour|en|para|nelle?|per)"
    r" ((?:e-?mails?|letters?|code|commits?|summaries|reports?|comments|documents?|mails|briefen?"
    r"|berichten?|correos|emails)\b)",
    re.I,
)
_CUES: Final = words_of(
    """
    always never please again now anymore longer future default make sure want like would should
    must may can could need use using used write answer answers reply replies respond say tell give
    keep speak talk mention include add start begin end avoid stop just also only ever every time
    whenever feel free fine okay ok allowed rule forget ignore drop henceforth going forward immer
    nie niemals bitte wieder jetzt künftig kannst darfst toujours jamais désormais peux siempre
    nunca puedes sempre mai puoi pode
    """
)


def topics(sentence: str) -> frozenset[str]:
    """What the sentence regulates: names of known topics, else its own words.

    >>> sorted(topics("Always answer in French and keep it short"))
    ['language', 'length']
    >>> sorted(topics("Never mention my ex"))
    ['ex']
    """
    named = {name for name, words in TOPICS.items() if words.search(sentence)}
    return frozenset(named or _words(sentence))


def condition(sentence: str) -> frozenset[str]:
    """The words of the condition under which it holds.

    >>> sorted(condition("When you write code, use Python")), condition("Keep it short")
    (['code'], frozenset())
    """
    found = _CONDITION.search(sentence)
    return _words(found[1] or found[2]) if found else frozenset()


def _words(text: str) -> frozenset[str]:
    pairs = (text[at : at + 2] for at in range(len(text) - 1))
    said = {stem(token) for token in tokens(text) if token not in GLUE | _CUES}
    return frozenset(said) | {pair for pair in pairs if _SCRIPT.match(pair)}
