"""Numbers in one form: "1,240" is "1240", "7 pm" is "19:00", "$3.50" is "$3.5"; 1.5 is not 15."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from resmem_core.memory.text.spelling import Token
from resmem_core.memory.text.vocabulary import words_of

_GROUPED: Final = re.compile(
    r"[1-9]\d{0,2}(?P<mark>[,'\u00a0\u202f\u2009.])\d{3}(?:(?P=mark)\d{3})*"
)
_UNIT: Final = re.compile(r"(\d+(?:[.,]\d+)*)([a-zA-Zµ]{1,5})")
_CLOCK: Final = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5]\d))?")
_ZEROS: Final = re.compile(r"(\d+)(?:\.0+|(\.\d*?[1-9])0+)")
_COMMA: Final = words_of(
    """
    der die das und ist ich mein eine ein mit für wir el los las una mi es tengo un con por que
    le les et est je mon ma une avec il lo gli che di è ho mio della per o os não é meu minha uma
    и я мы у в на это мой моя ve bir benim bu het een ik mijn van
    """
)
"""Words of languages that write a comma before decimals; two of them tell."""

WORDS: Final = {
    word: str(value)
    for row in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "null - zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "zéro - deux trois quatre cinq - sept huit neuf dix onze douze",
        "cero - dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for value, word in enumerate(row.split())
    if word != "-"
}


def plain(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, their numbers in one form; a unit stands by itself, in the case it has.

    The case of a unit matters: mW is not MW.
    """
    texts = {token.text for token in tokens}
    comma = len(texts & _COMMA) + (not all(map(str.isascii, texts))) > 1
    found: list[Token] = []
    for token in tokens:
        if token.kind == "number" or (token.kind == "code" and _UNIT.fullmatch(token.text)):
            found += _number(token, comma, found[-1].text if found else "")
        elif token.text in ("am", "pm") and found and _CLOCK.fullmatch(found[-1].text):
            found[-1] = found[-1]._replace(text=_hour(found[-1].text, token.text))
        elif token.kind == "word" and found and found[-1].kind == "number":
            found.append(_measured(token))
        else:
            value = WORDS.get(token.text)
            found.append(token if value is None else token._replace(text=value))
    return found


def _number(token: Token, comma: bool, before: str) -> list[Token]:
    unit = _UNIT.fullmatch(token.text)
    digits = unit[1] if unit else token.text
    money = len(before) == 1 and unicodedata.category(before) == "Sc"
    found = [Token(_value(digits, comma, money), digits, token.first, "number")]
    if unit and unit[2].lower() in ("am", "pm") and _CLOCK.fullmatch(digits):
        return [found[0]._replace(text=_hour(digits, unit[2].lower()))]
    return [*found, _measured(Token(unit[2].lower(), unit[2]))] if unit else found


def _value(digits: str, comma: bool, money: bool) -> str:
    """The number without the marks between its groups, where they cannot be a decimal mark."""
    if _BOTH.fullmatch(digits):
        groups = "," if digits.find(",") < digits.find(".") else "."
        digits = digits.replace(groups, "").replace(",", ".")
    elif grouped := _GROUPED.fullmatch(digits):
        mark = grouped["mark"]
        once = digits.count(mark) == 1
        if not (mark == "," and comma and once) and not (mark == "." and not comma):
            digits = digits.replace(mark, "")
    return _ZEROS.sub(r"\1\2", digits) if money and _ZEROS.fullmatch(digits) else digits


_BOTH: Final = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+\.|(?:\.\d{3})+,)\d+")


def _hour(clock: str, half: str) -> str:
    """A time of the twelve hours' clock on that of twenty-four.

    >>> _hour("7", "pm"), _hour("12:05", "am")
    ('19:00', '00:05')
    """
    match = _CLOCK.fullmatch(clock)
    if match is None:
        return clock
    hour = int(match[1]) % 12 + 12 * (half == "pm")
    return f"{hour:02d}:{match[2] or '00'}"


_CASED: Final = words_of(
    """
    mw mb gb kb tb pb mm mg ml ms m k g b s a c f l w v t h j n p mv ma mj pa mpa mbps gbps kbps
    mbit gbit mhz ghz ps ns
    """
)
"""Units that say something else in another case, in lower case."""


def _measured(token: Token) -> Token:
    """The word after a number; where its case may matter it is compared as written."""
    text = token.written if token.text in _CASED else WORDS.get(token.text, token.text)
    return token._replace(text=text)
