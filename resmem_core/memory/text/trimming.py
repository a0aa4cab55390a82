"""What adds nothing to a text is left out: greetings, hesitations, polite openers, thanks.

For a proof a phrase goes only where a stop or the speaker's "I" sets it apart; elsewhere it may be
a part of what is said, a name above all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resmem_core.memory.text import fillers
from resmem_core.memory.text.negations import NEGATIONS
from resmem_core.memory.text.spelling import STOPS, Token
from resmem_core.memory.text.vocabulary import words_of

LONGEST: Final = 14
"""Tokens of a closing phrase, single characters of a script without spaces among them."""
_SELF: Final = words_of(
    """
    i we my our ich wir mein meine je j' nous mon ma mes yo mi io mio mia eu meu minha я мы мой моя
    у меня ik mijn wij jag min ja mam jestem ben benim 我 私 僕 俺 저 나 제 내 أنا عندي मैं मेरा मेरी मेरे
    """
)
_LOOSE: Final = words_of(
    "well so ok okay yeah anyway alright bueno pues allora então bom alors tja also ну так короче"
)
"""Openers that need no comma before the speaker's own "I"."""

_LINKS: Final = words_of("- is are was were has had means of and or 's ist est es è é sind war")


def without_fillers(tokens: list[Token], proof: bool) -> list[Token]:
    """What is left without requests, hesitations, greetings and openers, and thanks at the end."""
    length = _phrase(fillers.REQUEST, tokens, 0)
    told = _cleared(tokens[length:], proof)
    while told and told[-1].text in (STOPS if length else STOPS - {"?"}):
        told.pop()
    while (end := _closing(told, proof)) is not None:
        del told[end:]
        while told and told[-1].text in STOPS - {"?"}:
            told.pop()
    return told


def _cleared(tokens: Sequence[Token], proof: bool) -> list[Token]:
    """The tokens without hesitations, greetings and openers."""
    told: list[Token] = []
    at = 0
    while at < len(tokens):
        within = bool(told) and told[-1].text not in STOPS
        if within and tokens[at].text not in fillers.ANYWHERE:
            told.append(tokens[at])
            at += 1
            continue
        length = _filler(tokens, at, told, proof)
        if not length:
            told.append(tokens[at])
            at += 1
            continue
        at += length
        while at < len(tokens) and tokens[at].text in STOPS - {"?"}:
            at += 1
        if proof and told and told[-1].text == ",":
            told.pop()
    return told


def _filler(tokens: Sequence[Token], at: int, told: Sequence[Token], proof: bool) -> int:
    """How many tokens from here add nothing."""
    opens = not told or told[-1].text in STOPS
    length = _phrase(fillers.ANYWHERE, tokens, at)
    if not length and not opens:
        return 0
    if length:
        alone = _opens_alone(tokens, at, length) if opens else _within_clause(tokens, at, told)
        hesitates = not proof or alone
        return length if hesitates and not _goes_on(tokens, at + length) else 0
    length = _bounded(tokens, at)
    if length and not _is_bound(tokens, at, length) and not _bounded(tokens, at + length):
        length = 0
    opening = length or _phrase(fillers.OPENING, tokens, at)
    length = opening if not proof or _set_apart(tokens, at, opening) else length
    return 0 if _goes_on(tokens, at + length) else length


def _opens_alone(tokens: Sequence[Token], at: int, length: int) -> bool:
    """No name begins behind it: "Also Sprach" may be one."""
    after = tokens[at + length] if at + length < len(tokens) else None
    return after is None or not after.written[:1].isupper() or after.text in _SELF


def _within_clause(tokens: Sequence[Token], at: int, told: Sequence[Token]) -> bool:
    """ "I actually live", "I am, uh, a nurse": behind the speaker, and not what is said of them."""
    before = [token.text for token in told[-2:]]
    spoken = before[-1] in _SELF or (before[0] in _SELF and before[-1] in _AUXILIARY)
    more = at + 1 < len(tokens) and tokens[at + 1].text not in STOPS
    return spoken and more and tokens[at].written.islower()


_AUXILIARY: Final = words_of("am are have was were bin sind habe suis ai soy estoy sono ho sou")


def _set_apart(tokens: Sequence[Token], at: int, length: int) -> bool:
    """The opener ends at a stop, before the speaker's "I", or in "that"."""
    after = tokens[at + length].text if at + length < len(tokens) else "."
    last = tokens[at + length - 1].text if length else ""
    if last in _ASKING and at + length < len(tokens):
        return tokens[at + length].written.islower() or after in STOPS
    more = bool(length) and _bounded(tokens, at + length) > 0
    return after in STOPS or after in _SELF or last in _THAT or more


_ASKING: Final = words_of("please kindly bitte alsjeblieft lütfen пожалуйста favor favore plaît")
_THAT: Final = words_of("that que che dass что dat że att ki कि أن 说 得")


def _bounded(tokens: Sequence[Token], at: int) -> int:
    """The length of the phrase here that may stand between commas; 0 where none does."""
    length = _phrase(fillers.PARENTHETIC, tokens, at)
    return length if length and at + length <= len(tokens) else 0


def _is_bound(tokens: Sequence[Token], at: int, length: int) -> bool:
    """A stop comes after it, or the speaker's own "I" after a word that needs no stop."""
    after = tokens[at + length].text if at + length < len(tokens) else "."
    return after in STOPS or (tokens[at].text in _LOOSE and after in _SELF)


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """The word before is a part of what is said: "also-ran", "Hi is a greeting"."""
    return at < len(tokens) and tokens[at].text in _LINKS


def _closing(tokens: Sequence[Token], proof: bool) -> int | None:
    """Where the thanks begin that the text ends with."""
    for start in range(max(1, len(tokens) - LONGEST), len(tokens)):
        if tokens[start].text not in fillers.CLOSING:
            continue
        if _phrase(fillers.CLOSING, tokens, start) != len(tokens) - start:
            continue
        apart = tokens[start - 1].text in STOPS
        loose = not proof and start > 2 and tokens[start].text not in _WEAK | NEGATIONS
        if apart or loose:
            return start if tokens[start - 1].text not in NEGATIONS else None
    return None


_WEAK: Final = words_of("ok okay as you by just lol né tá")


def _phrase(table: fillers.Phrases, tokens: Sequence[Token], at: int) -> int:
    """The length of the longest phrase of the table that stands here."""
    if at >= len(tokens):
        return 0
    for phrase in table.get(tokens[at].text, ()):
        if tuple(token.text for token in tokens[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0
