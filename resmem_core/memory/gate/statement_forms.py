"""What each form of a statement means: which attribute, whether of one value, and how sure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from resmem_core.memory.gate import statement_rules as rules
from resmem_core.memory.gate.statement_rewrites import TIME_TAIL
from resmem_core.memory.text import vocabulary as vocab
from resmem_core.memory.text.places import is_place
from resmem_core.memory.text.sentences import stems, words
from resmem_core.memory.text.tokens import stem


@dataclass(frozen=True, slots=True)
class Statement:
    """One value of one attribute.

    Attributes:
        who: "me", or another in lower case.
        attribute: what of them, such as "home", "attribute dentist", "like", "does".
        value: stems and numbers of the value.
        denied: said not to be so.
        single: there is one value at a time.
        sure: the value is of the kind that the attribute has; else the statement is a suspicion.
        was: stems of the value that it says was before.
        raw: the value as it stood.
    """

    who: str
    attribute: str
    value: frozenset[str]
    denied: bool = False
    single: bool = False
    sure: bool = True
    was: frozenset[str] = frozenset()
    raw: str = ""


def value_of(raw: str) -> frozenset[str]:
    """Stems and numbers of a value."""
    raw = _EMPTY.sub(" ", raw)
    content = [*stems(raw)] or [w for w in words(raw.lower()) if w not in vocab.GLUE]
    return frozenset((*content, *vocab.NUMBER.findall(raw)))


_EMPTY: Final = re.compile(
    r"\b(?:nicht|kein|keine|keinen|mehr|le|la|el|los|les|il|lo|o|a|the|an|der|die|das|den|più|plus|"
    r"mais|больше)\b", re.I
)  # fmt: skip


def _home(base: Statement, _: dict[str, str | None]) -> Statement | None:
    if not base.raw[:1].isupper() and base.raw.isascii() and not is_place(base.raw):
        return None
    return replace(base, attribute="home", single=True)


def _moved(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    if base.denied or not (base.raw[:1].isupper() or not base.raw.isascii() or is_place(base.raw)):
        return None
    was = value_of(groups.get("was") or "")
    sure = is_place(base.raw) or is_place(groups.get("was") or "")
    sure = sure or not base.raw.isascii()
    return replace(base, attribute="home", single=True, sure=sure, was=was)


def _work(base: Statement, _: dict[str, str | None]) -> Statement | None:
    if rules.NO_EMPLOYER.match(base.raw.lower()) or base.value <= vocab.TIMES:
        return None
    known = not rules.ORGANISATIONS.isdisjoint(base.raw.lower().split())
    if not known and base.raw.isascii() and not base.raw[:1].isupper():
        return None
    if base.attribute == "work" and base.raw.split()[0] in ("a", "an") and "gym" in base.raw:
        return None
    return replace(base, attribute="work", single=True)


def _joined(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    """One joins an employer, a club or a site: sure only where the work is named."""
    work = _work(base, groups)
    return None if work is None else replace(work, sure=" as " in f" {groups['value']} ")


def _unwork(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    work = _work(base, groups)
    return None if work is None else replace(work, denied=True)


def _count(base: Statement, groups: dict[str, str | None]) -> Statement:
    return replace(base, attribute=f"count {stem(groups['key'] or '')}", single=True)


_COLOURS: Final = frozenset({"color", "colour", "size", "mood"})


def _attribute(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    key = [w for w in (groups["key"] or "").lower().split() if w not in ("new", "current")]
    said = rules.STATE.match(base.raw.lower()) and not _COLOURS & set(key)
    if key[-2:] in (["email", "address"], ["mail", "address"]):
        key = ["email"]
    if not key or not rules.PAST.isdisjoint(key) or said:
        return None
    if groups["who"] == "the":
        if "'s" in key or key[-1] not in rules.COMMON:
            return None
        base = replace(base, who="me")
    owner = [word for word in (*base.who.split(), *key[:-1]) if word in rules.MANY]
    single = not rules.SINGLE.isdisjoint((key[-1], key[0]))
    foreign = groups.get("who") not in ("my", "our") and not re.search("'s$", groups["who"] or "")
    name = " ".join("favourite" if word == "favorite" else word for word in key)
    if not single and not (foreign and re.search("favorit|lieblings|preferi", name)):
        return replace(base, attribute=f"attribute {name}")
    if not _fits(key[-1] if key[-1] in rules.SINGLE else key[0], base.raw):
        return None
    return replace(base, attribute=f"attribute {name}", single=True, sure=not owner)


def _fits(head: str, raw: str) -> bool:
    """Whether the value is of the kind that the attribute has."""
    if head in rules.NUMERIC:
        return bool(re.search(r"\d", raw))
    return head not in rules.PEOPLE or bool(re.search(r"[A-Z]", raw))


def _reversed(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    if not base.raw[:1].isupper() or len(base.raw.split()) > 4:
        return None
    return _attribute(replace(base, raw=base.raw), groups)


def _changed(base: Statement, groups: dict[str, str | None]) -> Statement:
    return replace(
        base, who="me", attribute=f"attribute {(groups['key'] or '').lower()}", single=True
    )


def _switched(base: Statement, groups: dict[str, str | None]) -> Statement:
    return replace(base, attribute="switched", was=value_of(groups["was"] or ""))


def _prefer(base: Statement, groups: dict[str, str | None]) -> Statement:
    liked, other = value_of(groups["key"] or ""), base.value
    name = f"prefer {sorted(liked | other)}"
    return replace(base, attribute=name, value=liked, single=True, was=other)


def _called(base: Statement, groups: dict[str, str | None]) -> Statement | None:
    """One may have several that are called differently, unless it is a new name."""
    who = base.who.replace("our ", "my ", 1).replace("the ", "my ", 1)
    if who.split()[-1] in rules.SINGLE:
        return None
    return replace(base, who=who, attribute="called", single=True, sure=bool(groups.get("key")))


def _like(base: Statement, _: dict[str, str | None]) -> Statement:
    return replace(base, attribute="like")


def _dislike(base: Statement, _: dict[str, str | None]) -> Statement:
    return replace(base, attribute="like", denied=not base.denied)


_BESIDES: Final = vocab.words_of(
    "a an the ein eine kein keine nicht mehr un une una um uma plus più mais"
)


def _is(base: Statement, _: dict[str, str | None]) -> Statement:
    raw = TIME_TAIL.sub("", base.raw)
    base = replace(base, raw=raw, value=value_of(raw))
    state = [word for word in base.raw.lower().split() if word not in _BESIDES]
    if state and state[-1] in rules.OCCUPATIONS and len(state) < 4:
        return replace(base, attribute="job", single=True, sure=False)
    group = rules.GROUPS.get(state[0].rstrip("s"), "") if len(state) < 3 and state else ""
    return replace(base, attribute=group or "is", single=bool(group))


def _single(base: Statement, _: dict[str, str | None]) -> Statement:
    return replace(base, single=True)


def _name(base: Statement, _: dict[str, str | None]) -> Statement:
    return replace(base, attribute="attribute name", single=True)


FORMS: Final[Mapping[str, Callable[[Statement, dict[str, str | None]], Statement | None]]] = {
    "home": _home, "moved": _moved, "work": _work, "joined": _joined, "unwork": _unwork,
    "count": _count, "age": _single, "job": _single, "name": _name,
    "attribute": _attribute, "reversed": _reversed, "changed": _changed, "switched": _switched,
    "prefer": _prefer, "called": _called, "like": _like, "dislike": _dislike, "is": _is,
}  # fmt: skip
