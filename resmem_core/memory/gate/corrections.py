"""What a message takes back or changes without saying the whole fact again. Pure.

"Actually it's the 500, not the 300." corrects the last statement that names the 300. "We cancelled
Portugal." and "My van is fixed." change what was said of them. The first may retire, the others
are a suspicion: both memories stay and are linked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from resmem_core.memory.gate import statements
from resmem_core.memory.gate.tellings import tellings
from resmem_core.memory.text import vocabulary
from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.needles import Caseless
from resmem_core.memory.text.sentences import stems

_NOT: Final = re.compile(
    r"[,;–—-]?\s+(?:and |e |und |et |y )?(?:not|never|nicht|no|pas|non|não|не)\s+"
    r"(?:the |a |an |das |die |der |den |el |la |le |il |o )?(?P<was>[\w.'-]+(?: [\w.'-]+){0,3})[.!]*$"
    r"|[,，]?(?:而)?不是(?P<wide>[^。！,，]{1,20})[。！]?$",
    re.I,
)
"""..., not the 300."""
_BUT: Final = re.compile(
    r"\b(?:not|nicht|no|non|não|не)\s+(?P<was>[\w.'-]+(?: [\w.'-]+){0,3}?),?\s+"
    r"(?:but|sondern|sino|bensì|ma|mas|а)\s+",
    re.I,
)
"""... not the 300 but the 500"""
_CUE: Final = Caseless(
    r"\b(?:actually|scratch that|correction|was a mistake|was wrong|cancell?ed|called off|"
    r"no longer|any ?more|instead|swapped|switched|replaced|postponed|"
    r"(?:is|are|got|was|were|has been|have been) (?:now |finally )?(?:fixed|repaired|mended|resolved|"
    r"solved|back|gone|over|finished|healed|cured|sold|stolen|lost|found|closed|dead)|works again|"
    r"working again|fell through|changed (?:my|our) mind|"
    r"vergiss|stimmt nicht|doch nicht|nicht mehr|sondern|stattdessen|abgesagt|repariert|gewechselt|"
    r"en fait|finalement|ne .{1,30} plus|annulé|plutôt|réparé|en realidad|ya no|cancelad[oa]|cancelé|"
    r"cancelamos|arreglad[oa]|in realtà|non .{1,30} più|annullat[oa]|riparat[oa]|na verdade|"
    r"não .{1,30} mais|cancelei|cancelamos|consertad[oa]|на самом деле|больше не|отменил\w*|починил\w*)\b"
    r"|不对|其实|不再|取消|改成|改喝|改吃|修好了|じゃなくて|ではなく|キャンセル|やめた"
)
"""Says that something is not so, or no longer."""


def cued(text: str) -> bool:
    """Whether a text may take back or change anything."""
    return _cues(text) or _not(text) is not None or _but(text.strip()) is not None


@lru_cache(maxsize=64)
def _cues(text: str) -> bool:
    return _CUE.search(text)


@lru_cache(maxsize=64)
def _not(text: str) -> re.Match[str] | None:
    return _NOT.search(text.strip())


@lru_cache(maxsize=64)
def _but(text: str) -> re.Match[str] | None:
    return _BUT.search(text)


def takes_back(new: str, old: str) -> bool:
    """Whether the new text says that a value which the old one names is another.

    >>> takes_back("Actually it's the Brewmaster 500, not the 300.", "I have a Brewmaster 300.")
    True
    """
    was = _denied(new)
    if not was or asks(new) or not statements.clauses(new):
        return False
    return was <= _told(old) and not of_another(new, old)


@lru_cache(maxsize=256)
def _told(text: str) -> frozenset[str]:
    """Stems and numbers of a text."""
    return frozenset((*stems(text), *vocabulary.NUMBER.findall(text)))


def of_another(new: str, old: str) -> bool:
    """Whether the new text speaks of somebody or something that the old one does not name."""
    lower = old.lower()
    named = {one.who for one in statements.read(new) if _named(one.who, new)}
    return bool(named) and all(
        not all(word.removesuffix("'s") in lower for word in who.split() if word not in _OWNERS)
        for who in named
    )


def _named(who: str, text: str) -> bool:
    """Not the speaker, and no "it"."""
    return who not in _PRONOUNS | {"me"} and (who[:3] in ("my ", "our") or who.capitalize() in text)


_OWNERS: Final = frozenset({"my", "our", "the", "'s"})
_PRONOUNS: Final = frozenset(
    {"it", "this", "that", "es", "das", "c'est", "il", "è", "é", "he", "she", "they"}
)


def touches(new: str, old: str) -> bool:
    """Whether the new text may end or change what the old one says: a cue, and a topic of it."""
    if not _cues(new) or asks(new) or asks(old):
        return False
    return not _topics(new).isdisjoint(_topics(old))


def contrasts(new: str, old: str) -> bool:
    """Whether the new text denies what the old one names: "I'm a baker now, not a chef"."""
    was = _contrasted(new)
    return bool(was) and not asks(new) and was <= frozenset(stems(old))


@lru_cache(maxsize=64)
def _contrasted(text: str) -> frozenset[str]:
    found = _not(text)
    return frozenset(stems(found["was"])) if found and found["was"] else frozenset()


@lru_cache(maxsize=256)
def _topics(text: str) -> frozenset[str]:
    return frozenset[str]().union(*(told.topics - told.small for told in tellings(text)))


@lru_cache(maxsize=256)
def _denied(text: str) -> frozenset[str]:
    """Stems and numbers of the value that a text says is not so, where it says another."""
    found = _not(text) or _but(text)
    if found is None or not text[: found.start()].strip(" ,"):
        return frozenset()
    was = next(group for group in found.groups() if group)
    if not (was[:1].isupper() or was[:1].isdigit() or not was.isascii() or _but(text)):
        return frozenset()
    return _told(was)
