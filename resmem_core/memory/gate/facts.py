"""Statements that can change: which part of a text is the fact's key, and which is its value.

Only a few plain forms are read. What does not fit one of them is not a changed fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.sentences import stems, words

_VALUE = r"(?P<value>[^.,;!?\n]{1,80})"
_ADVERBS = r"(?:(?:now|just|recently|finally|currently|actually|also|all) )*"

HOME: Final = re.compile(
    rf"\b(?:i|we)(?:'ve|'m|'re| have| am| are)? {_ADVERBS}(?:live|living|reside|moved|moving back|"
    rf"relocated|based|settled)(?: down| back| over)? {_ADVERBS}(?:to|in|at) {_VALUE}"
)
WORK: Final = re.compile(
    rf"\b(?:i|we)(?:'ve|'m|'re| have| am| are)? {_ADVERBS}(?:work|working|started|started working|"
    rf"started work|got a (?:new )?job|took a job|employed) (?:at|for|as|by) "
    rf"(?!(?:free|fun|nothing|years|hours|days|home|night|weekends)\b){_VALUE}"
)
ATTRIBUTE: Final = re.compile(
    rf"\b(?:my|our) (?P<key>[a-z' ]{{2,40}}?)(?: (?:is|are|was changed to|has changed to|"
    rf"changed to|moved to)|'s)(?: now| currently)? {_VALUE}"
)
SINGLE: Final = vocab.words_of(
    """
    address age birthday boss budget car city deadline diet doctor email employer favorite favourite
    flight goal job landlord manager name nickname number password phone pin preference preferred
    rent role salary size surname timezone title username weight zip
    """
)
"""Attributes that have one value at a time."""

_END_OF_VALUE = re.compile(
    r" (?:because|since|with|and|but|so|for|last|this|next|now|yesterday|today|when|where|which|"
    r"who|after|before|instead|anymore|again|from|as|ago|in (?:january|february|march|april|may|"
    r"june|july|august|september|october|november|december|\d{4}))\b.*"
)
_UNSURE = re.compile(
    r"\b(?:if|maybe|might|(?<!in )(?<!of )(?<!last )(?<!next )(?<!since )may(?! \d)|could|would|"
    r"want|wanna|wants|wish|hope|hoping|plan|planning|thinking|think|going to|gonna|will|"
    r"'ll|should|used to|dream|imagine|never|almost)\b|n't\b"
)
_QUOTED: Final = re.compile(r'"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|„[^“”\n]*[“”]')
"""What somebody else said is not the speaker's own fact."""
CHANGE: Final = re.compile(
    r"\b(?:now|new|actually|instead|changed|changes|switched|moved|updated?|correction|"
    r"postponed|rescheduled|pushed|brought forward|delayed|from now on|no longer|anymore)\b"
)
RESCHEDULED: Final = re.compile(
    r"\b(?:postponed|rescheduled|moved|pushed|delayed|shifted|changed|brought)\b"
    r"(?: \w+){0,6}? (?:to|till|until|forward to|back to) "
)
ENDED: Final = re.compile(
    r"\b(?:no longer|any ?more|stopped|quit|gave up|given up|not \w+ now|don't \w+ now)\b"
)


def may_change(text: str) -> bool:
    """The text states a fact of one value, or says that something changed or ended."""
    lower = text.lower()
    return bool(CHANGE.search(lower) or ENDED.search(lower) or facts(text))


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of one key."""

    key: str
    value: frozenset[str]


def unsure(text: str) -> bool:
    """The text wishes, plans or supposes rather than states, or asks.

    >>> unsure("I want to move to Porto"), unsure("I moved to Porto")
    (True, False)
    """
    return "?" in text or bool(_UNSURE.search(text.lower()))


@lru_cache(maxsize=64)
def facts(text: str) -> tuple[Fact, ...]:
    """What a text states of its speaker in a form that has one value at a time.

    >>> facts("I moved to Porto last week.")
    (Fact(key='home', value=frozenset({'porto'})),)
    >>> facts("My new number is 555123.")
    (Fact(key='number', value=frozenset({'555123'})),)
    """
    if unsure(text):
        return ()
    lower = _QUOTED.sub(" ", text).lower().replace("’", "'")
    found = [
        Fact(key, value)
        for key, pattern in (("home", HOME), ("work", WORK))
        for match in pattern.finditer(lower)
        if (value := _value(match["value"]))
    ]
    for match in ATTRIBUTE.finditer(lower):
        key = [word for word in match["key"].split() if word not in ("new", "current", "old")]
        value = _value(match["value"])
        if value and not SINGLE.isdisjoint(key):
            found.append(Fact(" ".join(key), value))
    return tuple(found)


def _value(text: str) -> frozenset[str]:
    kept = _END_OF_VALUE.sub("", " " + text)
    content = [w for w in stems(kept)] or [w for w in words(kept.lower()) if w not in _LITTLE]
    return frozenset((*content, *vocab.NUMBER.findall(kept)))


_LITTLE: Final = vocab.words_of("a an the my our his her their this that in at on to of")


def times(text: str) -> frozenset[str]:
    """Times and numbers that a text names: what a rescheduling changes.

    >>> sorted(times("The review is on Tuesday at 10:30"))
    ['10:30', 'tuesday']
    """
    lower = {word.lower() for word in words(text)}
    return frozenset(vocab.NUMBER.findall(text)) | (lower & vocab.TIMES)
