"""What a text states: of whom, which attribute, which value, asserted or denied.

Only what is told as the speaker's own present fact is a statement. Quotes, what others said,
wishes, plans, doubts, conditions, questions and what was are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

from resmem_core.memory.gate import statement_rules as rules
from resmem_core.memory.gate.statement_forms import FORMS, Statement, value_of
from resmem_core.memory.gate.statement_rewrites import TIME_TAIL, plainly
from resmem_core.memory.text import numerals, spelling, wording
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.analysis import asks
from resmem_core.memory.text.sentence_ends import parts
from resmem_core.memory.text.sentences import words
from resmem_core.memory.text.spelling import Token
from resmem_core.memory.text.tokens import stem

_QUOTE: Final = re.compile(r'(?:\w+:\s*)?"[^"\n]*"')
_CLAUSE: Final = re.compile(
    r"\b(?:and|but|so|because|although|und|aber|et|mais|y|pero|e|ma|mas) "
    r"(?=(?:i|we|my|our|ich|wir|je|j'|mein|mon|ma|mi|yo|io|eu|meu|minha)\b)"
)
_COMMA: Final = re.compile(
    r"[,;]\s+(?=(?:(?:so|and|but|now|then)\s+)?(?:I|I'm|I've|We|we|We're|we're|my|our|My|i|i'm|"
    r"ich|wir|mein|meine|je|j'|mon|ma|nous|yo|mi|vivo|io|mio|mia|eu|meu|minha|я|мы|мой|моя)\b)"
    r"|,(?=我|现在|住)|[,;]\s+(?=[A-Z]\w+ is (?:now )?(?:my|our)\b)"
    r"|[,;]\s+(?=(?:that was|that's|my mistake|sorry|my bad|started at|joined|moved to)\b)"
)
"""Before it a clause ends whose speaker speaks on."""
_SPEAKS_ON: Final = re.compile(r"\S \S.* (?:i|we|my|our|started|joined|moved) ")
_ALSO_DID: Final = re.compile(
    r" und (?=(?:wohne|lebe|arbeite|heiße|habe|bin)\b)| y (?=(?:vivo|trabajo|soy|tengo)\b)|"
    r" and (?=(?:no longer|stopped|quit|gave up|started|joined|moved|switched|got|became|work|live|"
    r"am|bought|took|left)\b)"
)
_AS: Final = {" and ": "i ", " und ": "ich ", " y ": "yo "}
_NEGATED: Final = re.compile(
    r"\b(?:do not|does not|not|no longer|never)\b|\b(?:any ?more|any longer)\b"
)
_STOPPED: Final = re.compile(r"\b(?:stopped|quit|gave up|given up|have stopped|has stopped)\b")
_END: Final = re.compile(
    r" (?:\||because|since|with|but|so|for|last|this|next|now|yesterday|today|when|where|which|"
    r"who|after|before|instead|anymore|any more|again|from|ago|as|not|and|in (?:\d{4}|january|"
    r"february|march|april|may|june|july|august|september|october|november|december)|mehr|mit|"
    r"seit|desde|depuis|avec|con|com|plus|più|mais)\b.*", re.I
)  # fmt: skip
_ME: Final = vocab.words_of(
    """
    i we my our ich wir mein meine je j' mon ma vivo vivimos trabajo me nos odio detesto soy estoy
    mi abito mio mia sono lavoro moro eu gosto odeio sou estou meu minha trabalho mudei adoro amo
    я мы мне 我 私は
    """
)
_RATHER: Final = re.compile(r"( is (?!not )[^|]+?) \|? ?(?:and )?not [^|]+$")
"""... is John, not Jon"""

_PAST: Final = re.compile(r"\b(?:did|was|were|had|have been|has been|used to|lived|worked)\b")


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Statement, ...]:
    """What the text states, clause by clause.

    >>> [(s.attribute, sorted(s.value)) for s in read("I moved to Porto last week.")]
    [('home', ['porto']), ('does', ['last', 'move', 'porto', 'week'])]
    >>> read('She said: "I live in Rome".'), read("I want to live in Rome")
    ((), ())
    """
    told = (part for clause in clauses(text) for part in plainly(clause))
    return tuple(found for clause in told for found in _stated(clause))


Held: TypeAlias = Mapping[tuple[str, bool], Sequence[Statement]]
"""Statements of one person, by attribute and whether they are denied."""


@lru_cache(maxsize=256)
def by_person(text: str) -> Mapping[str, Held]:
    """What the text states, each once, by whom it is of."""
    held: dict[str, dict[tuple[str, bool], list[Statement]]] = {}
    for one in dict.fromkeys(read(text)):
        held.setdefault(one.who, {}).setdefault((one.attribute, one.denied), []).append(one)
    return held


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[str, ...]:
    """The text's told clauses, made plain; without what is unsure or somebody else's."""
    told = _QUOTE.sub(" | ", spelling.plain(text))
    found = []
    for sentence in parts(told, "clause"):
        if asks(sentence) or "|" in sentence:
            continue
        found += [clause for part in _spoken_on(sentence) for clause in _told(part)]
    return tuple(_fronted(part) for part in found if not rules.UNSURE.search(part.lower()))


def _spoken_on(sentence: str) -> list[str]:
    """The sentence as lines made plain, at the commas after which the speaker speaks on."""
    whole = _plain(sentence)
    said = plainly(whole)
    if rules.UNSURE.search(sentence) or (said != (whole,) and not _SPEAKS_ON.search(said[0])):
        return [whole]
    said_on = _COMMA.split(sentence)
    return [_plain(part) for part in said_on] if len(said_on) > 1 else [whole]


def _told(line: str) -> Iterator[str]:
    """The clauses of a line; "I quit and joined Acme" has two of one speaker."""
    said = plainly(line)
    if len(said) > 1 and not rules.UNSURE.search(" ".join(said)):
        return iter(said)
    line = said[0] if len(said) == 1 else line
    if line.startswith(("i ", "we ", "ich ", "wir ", "yo ", "me ")):
        line = _ALSO_DID.sub(lambda found: f"{found.group()}{_AS[found.group()]}", line)
    return (clause.strip() for clause in _CLAUSE.split(line) if clause.strip())


def _plain(sentence: str) -> str:
    tokens = numerals.plain(wording.read(sentence))
    line = "".join(_spaced(token, at) for at, token in enumerate(tokens))
    line = re.sub(r"\s+", " ", rules.NOW.sub("", line)).strip()
    for _ in range(3):
        line = rules.PREFIX.sub("", line).strip(" |")
    return line


def _spaced(token: Token, at: int) -> str:
    """The token with its capital where it is a name, and the blank before it."""
    name = (
        token.kind == "word"
        and not token.written.islower()
        and any(map(str.isupper, token.written))
        and token.text not in ("i", "a")
    )
    common = token.first and (token.text in _STARTS or "'" in token.text)
    text = token.text[:1].upper() + token.text[1:] if name and not common else token.text
    return text if token.kind == "wide" or at == 0 else f" {text}"


_STARTS: Final = (
    _ME
    | vocab.COMMON
    | vocab.GLUE
    | vocab.words_of(
        """
    my our your his her their the this that i we you he she they it ich wir mein meine je mon ma mi
    me yo vivo trabajo soy abito lavoro sono mio mia il la o a eu moro gosto sou meu minha odio
    não eu j я мы мне теперь сейчас больше scratch correction sorry wait no not it's its mudei
    odeio non já ya agora ora
    """
    )
)
_FRONT: Final = re.compile(
    r"^(?:since|in|on|last|this|from|as of|as from|starting|beginning|effective) (?:\w+ )?\w+ "
    r"(?=(?:i|we|my|[A-Z]\w+ (?:lives|moved))\b)"
)


def _fronted(line: str) -> str:
    return _FRONT.sub("", line)


def _stated(clause: str) -> Iterator[Statement]:
    clause = _RATHER.sub(r"\1", clause)
    bare = _NEGATED.sub(" ", clause)
    denied = len(_NEGATED.findall(clause)) > 0 and "not only" not in clause
    bare = re.sub(r"\s+", " ", bare).strip()
    ended = _STOPPED.search(bare)
    form = _form(bare, denied)
    if form is not None and (not ended or form.attribute == "work"):
        yield form
        if form.attribute == "home" and form.was:  # or a tool: "we moved from Slack to Teams"
            yield replace(form, attribute="switched", single=False)
    if bare.isascii() and not (denied and _PAST.search(clause)):
        yield from _does(bare, denied, ended is not None)


def _does(bare: str, denied: bool, ended: bool) -> Iterator[Statement]:
    """The clause as a whole: all its words, asserted or denied."""
    subject = re.match(r"(i|we|my [a-z]+|our [a-z]+|[A-Z]\S*|[a-z]+) ", bare)
    if subject is None:
        return
    who = _who(subject[1])
    rest = _STOPPED.sub(" ", bare[subject.end() :])
    rest = TIME_TAIL.sub("", rest) if ended else rest
    said = [word for word in words(rest.lower()) if word not in _LITTLE]
    value = frozenset(stem(vocab.SYNONYMS.get(word, word)) for word in said)
    value |= frozenset(vocab.NUMBER.findall(rest))
    if ended:
        value -= _AUXILIARY
    if value:
        yield Statement(who, "gave up" if ended else "does", value, denied or ended)


_AUXILIARY: Final = frozenset({"have", "has", "had"})
_LITTLE: Final = vocab.words_of(
    "a an the am is are be do does of to at it that so very really been in on and"
)


def _form(bare: str, denied: bool) -> Statement | None:
    for at in rules.CHOICE.possible(bare):
        name, pattern = rules.RULES[at]
        match = pattern.match(bare)
        if match is None:
            continue
        found = _made(name, match, denied)
        if found is not None:
            return found
    return None


def _made(name: str, match: re.Match[str], denied: bool) -> Statement | None:
    groups = match.groupdict()
    who = _who((groups.get("who") or "i").strip())
    denied = denied or bool(groups.get("neg")) or _foreign_denial(match.group())
    raw = _END.sub("", " " + groups["value"].strip()).strip()
    value = value_of(raw)
    if not value:
        return None
    base = Statement(who, name, value, denied, raw=raw)
    make = FORMS.get(name)
    return base if make is None else make(base, groups)


def _foreign_denial(said: str) -> bool:
    return bool(re.search(r"\b(?:nicht|kein|keine|keinen)\b", said))


_OURS: Final = re.compile(r"our (?:team|company|group|firm|startup|department|family|household)$")


def _who(subject: str) -> str:
    lower = subject.lower().removesuffix(" 's")
    return "me" if lower in _ME or _OURS.match(lower) else lower
