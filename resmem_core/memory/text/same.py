"""Whether two texts say the same: the one test that a merge rests on, in the gate and in sleep.

It is a proof, not a likeness: after what adds nothing is gone (`wording`), every word and sign of
one text must be in the other, in the same order. When it cannot tell, two texts are two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from resmem_core.memory.text import marks, numerals, wording
from resmem_core.memory.text.negations import NEGATIONS
from resmem_core.memory.text.spelling import Token
from resmem_core.memory.text.vocabulary import RELATIVE, words_of
from resmem_core.types import Memory

ALSO: Final = "\n(also: "
"""Comes before what a merged item said in other words."""

DAY: Final = 43_200.0
"""Seconds after which "today" is another day."""

WEEK: Final = 7 * DAY
"""Seconds after which "Saturday" is another one: three and a half days."""

_WEEKDAYS: Final = words_of(
    """
    monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag
    freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes
    miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato
    domenica maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    """
)
_DAYS: Final = RELATIVE | words_of(
    """
    heute gestern morgen vorgestern jetzt aujourd'hui hier demain maintenant hoy ayer mañana ahora
    oggi ieri domani adesso ora hoje ontem amanhã agora сегодня вчера завтра сейчас вчора
    今 昨 明 天 오늘 어제 내일 지금 اليوم أمس غدا غداً الآن आज कल अभी bugün dün yarın şimdi
    vandaag gisteren nu dzisiaj dziś wczoraj jutro idag igår
    """
)
"""Words that mean another time when they are said on another day."""

_ACRONYMS: Final = words_of("us it who aids am or me in pin sim it's is as at be so no on he to")
"""Words that mean something else in capitals."""

_NAMES: Final = words_of(
    """
    apple amazon windows word excel swift rust go ruby python java basic slack zoom teams meta
    oracle square stripe notion target visa shell gap orange opera safari edge chrome signal
    telegram discord sentry spark flask express react angular electron docker puppet chef salt
    bill mark rose will may march august april june polish turkey china hope grace faith joy art
    frank jack rob pat sue drew dean dick gene grant guy hunter jean josh lance miles norm penny
    ray rusty skip summer autumn sunny victor wade ward amber cliff dale dawn glen holly ivy jasmine
    lily olive pearl ruth sandy violet iris daisy bishop baker cook king mason page smith stone
    young brown black white green gray reading mobile nice cork bath lima cologne split hamburger
    mercury mars venus saturn earth sun bush ford tesla jaguar sie ihr ihnen ihre ihren ihrem ihrer
    """
)
"""Words that mean something else with a capital."""

_MODALS: Final = words_of("will may sie ihr ihnen ihre ihren ihrem ihrer")


@dataclass(frozen=True, slots=True)
class Content:
    """What a text says.

    Attributes:
        key: its words and signs; texts of different keys say different things.
        tokens: the same with how they were written.
    """

    key: tuple[str, ...]
    tokens: tuple[Token, ...]


@lru_cache(maxsize=4096)
def said(text: str) -> Content:
    """What the text says; O(length)."""
    tokens: Sequence[Token] = numerals.plain(wording.read(text, proof=True))
    if not any(token.kind == "code" and " " in token.text for token in tokens):
        for rule in (_fronted, _named, _turned, _in_mine, _without_stress):
            tokens = rule(tokens)
    return Content(tuple(token.text for token in tokens), tuple(tokens))


def same(one: str, other: str) -> bool:
    """Whether the texts say the same, for all that can be told.

    >>> same("I'm allergic to nuts!", "i am allergic to nuts"), same("I write C", "I write C++")
    (True, False)
    """
    if one == other:
        return not wording.answers(said(one).tokens)
    mine, theirs = said(one), said(other)
    return (
        mine.key == theirs.key
        and bool(mine.key)
        and not wording.answers(mine.tokens)
        and _cases_agree(mine.tokens, theirs.tokens)
    )


def repeats(one: Memory, other: Memory) -> bool:
    """Whether two memories of one speaker say the same of the same day."""
    texts, between = (core(one.text), core(other.text)), abs(one.at - other.at)
    if marks.apart(*texts):
        return False
    words = {token.text for token in said(texts[0]).tokens}
    if (between > DAY and words & _DAYS) or (between > WEEK and words & _WEEKDAYS):
        return False
    return same(*texts) and not apart(one, other)


def core(text: str) -> str:
    """The item's own text, without what was merged into it.

    >>> core("I moved to Lisbon." + ALSO + "We relocated to Lisbon.)")
    'I moved to Lisbon.'
    """
    return text.partition(ALSO)[0]


def apart(one: Memory, other: Memory) -> bool:
    """Whether somebody split the two: they are not merged again."""
    return not _split(one).isdisjoint(_split(other))


def _split(memory: Memory) -> set[str]:
    """What the memory was split from, and itself where something was."""
    from_ = {link.target for link in memory.links if link.kind == "apart"}
    return from_ | ({memory.id} if from_ else set())


# -- case


def _cases_agree(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Capitals differ as a whole style does: all one way, and in no word that they change."""
    ways = set()
    shouted = _shouted(one) or _shouted(other)
    exact = not _EXACT.isdisjoint(token.text for token in one)
    nouns = len(_GERMAN & {token.text for token in one}) > 1 and not shouted
    careful = nouns and all(_opens_high(tokens) for tokens in (one, other))
    for a, b in zip(one, other, strict=True):
        if a.written == b.written or (a.first and b.first and not exact):
            if not _agree(a, b, shouted):
                return False
            continue
        if exact and not (a.first or b.first):
            return False
        if a.written.lower() != b.written.lower():
            continue
        if careful or not _agree(a, b, shouted):
            return False
        if not (a.first or b.first):
            ways.add(_height(a.written) > _height(b.written))
    return len(ways) < 2


def _agree(a: Token, b: Token, shouted: bool) -> bool:
    """Whether the word may be written in both ways and is the same one."""
    if a.written == b.written or a.written.lower() != b.written.lower():
        return True
    if a.text in (_SHOUTED if shouted else _CASE_MATTERS) and not _same_word(a, b):
        return False
    if not shouted and (_inner(a.written) or _inner(b.written)):
        return False
    return len(a.text) > 1 or a.text not in _LETTERS or shouted or (a.first and b.first)


def _inner(written: str) -> bool:
    """A capital within, as names in code have it: "fooBar"."""
    return written[:1].islower() and not written.islower()


def _opens_high(tokens: Sequence[Token]) -> bool:
    return tokens[0].written[:1].isupper()


_EXACT: Final = words_of(
    """
    password passwords passphrase passcode pin code username login userid key token secret serial
    variable function method class table column branch hashtag handle version combination wifi ssid
    passwort kennwort zugangscode schlüssel benutzername benutzer mot passe identifiant contraseña
    clave usuario código codice senha usuário utente пароль логин код ключ 密 码 碼 パ 暗 비밀번호
    암호 şifre parola hasło wachtwoord lösenord سر كلمة पासवर्ड
    """
)
"""Of these, every letter and digit is what is told."""
_GERMAN: Final = words_of(
    "ich wir der die das den dem ein eine einen mein meine und ist habe haben bin mag gern gerne"
)
"""Two of them tell a language whose nouns have capitals."""
_LETTERS: Final = frozenset("abcdefghjklmnopqrstuvwxyz")  # not "i", which is "I"
_CASE_MATTERS: Final = _ACRONYMS | _NAMES
_SHOUTED: Final = words_of("us aids c r") | (_NAMES - _MODALS)


def _shouted(tokens: Sequence[Token]) -> bool:
    """A text in capitals, where a capital says little."""
    words = [token.written for token in tokens if token.kind == "word" and len(token.written) > 1]
    return (
        len(words) > 1
        and all(word.isupper() for word in words if word != word.lower())
        and any(word.isupper() for word in words)
    )


def _same_word(a: Token, b: Token) -> bool:
    """Whether a word that capitals may change is the same word in both cases."""
    if a.text in _ACRONYMS:
        return a.written.isupper() == b.written.isupper()
    return a.text in _MODALS and a.first and b.first


def _height(written: str) -> int:
    return sum(char.isupper() for char in written)


# -- orders and words that are one fact


def _fronted(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "In May I moved" as "I moved in May", where there is one sentence for the time to be of."""
    tokens = tokens[1:] if [t.text for t in tokens[:2]] == ["back", "in"] else tokens
    texts = [token.text for token in tokens]
    end = next((at for at in (2, 3) if texts[at : at + 1] in (["i"], ["we"])), 0)
    dated = bool(end) and texts[0] in ("in", "since") and all(map(_is_date, texts[1:end]))
    if not dated or not _NESTED.isdisjoint(texts[end + 1 :]):
        return tokens
    return [*tokens[end:], *tokens[:end]]


def _is_date(text: str) -> bool:
    return text in _MONTHS or (len(text) == 4 and text.isdigit())


_MONTHS: Final = words_of(
    "january february march april may june july august september october november december"
)
_NESTED: Final = NEGATIONS | words_of(
    """
    i we he she they it you that if when because and but or who which whom whose while than as
    said say told promised thought knew heard was were had ? | "
    """
)


def _in_mine(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "I prefer the dark mode in my editor" as "I prefer dark mode in the editor"."""
    texts = [token.text for token in tokens]
    if texts[:2] != ["i", "prefer"]:
        return tokens
    told = [t for at, t in enumerate(tokens) if at != 2 or t.text != "the" or len(tokens) < 5]
    return [
        t._replace(text="the") if t.text == "my" and told[at - 1].text in ("in", "on") else t
        for at, t in enumerate(told)
    ]


def _named(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "My dog is called Rex" as "my dog's name is Rex"."""
    texts = [token.text for token in tokens]
    for at in range(2, len(texts) - 2):
        if texts[at] == "is" and texts[at + 1] in ("called", "named") and texts[0] in ("my", "our"):
            name = [Token(word, word) for word in ("'s", "name", "is")]
            return [*tokens[:at], *name, *tokens[at + 2 :]]
    return tokens


def _turned(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "Rex is my dog's name" as "my dog's name is Rex"."""
    texts = [token.text for token in tokens]
    if texts.count("is") != 1 or not NEGATIONS.isdisjoint(texts) or "?" in texts:
        return tokens
    at = texts.index("is")
    mine = ("my", "our")
    if at and texts[at + 1 : at + 2] and texts[at + 1] in mine and not set(mine) & set(texts[:at]):
        return [*tokens[at + 1 :], tokens[at], *tokens[:at]]
    return tokens


def _without_stress(tokens: Sequence[Token]) -> Sequence[Token]:
    """ "I really love" as "I love", "I just moved" as "I moved"."""
    texts = ["", *(token.text for token in tokens), ""]
    return [
        token
        for at, token in enumerate(tokens)
        if not (texts[at] in ("i", "we") and texts[at + 2] in _STRESSED.get(token.text, ()))
    ]


_STRESSED: Final = {
    "really": words_of("love like adore hate enjoy"),
    "just": words_of("moved bought found came got started finished sold arrived"),
}
"""Words that say nothing more, and before which."""
