"""The scripted reader: it answers with the line of its prompt that says most of what is asked.

It knows nothing of any format but what every line tells: its words, a date, and "until" of what
holds no more. A line answers where it has half of the question's words, a word of the line before
or of the question behind it counting half ("He works there", "(asked: …)"), and something of the
kind that is asked for: a number for "how many", a day or an hour for "when", a name for "who" and
"where". Else it says "I don't know". What a system prompt orders in its first paragraph is no
answer.
"""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import Stemmer
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

UNKNOWN: Final = "I don't know."
ENOUGH: Final = 0.5
"""Share of the question's words that a line must have to be its answer."""
BEFORE: Final = 0.5
"""What a word counts that stands in the line before."""

_ENGLISH: Final = Stemmer.Stemmer("english")
_WORD: Final = re.compile(r"[^\W_]+(?:[.,:][^\W_]+)*")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_PAST: Final = re.compile(r"\[until |\[no longer true")
_ASKED: Final = re.compile(r"\(asked: .*\)$")
_LABEL: Final = re.compile(rf"^\W*(?:<[^>]*>|\[[^\]]*\]\s*(?:\w+:)?)\s*|{_ASKED.pattern}|</\w+>$")
_COMMON: Final = frozenset(
    _WORD.findall(
        "a an the of for to in on at by from with and or am is are was were be been being do does "
        "did have has had what which who whom whose when where why how much many my i me you your "
        "we our us it its his her he she they their them this that there should may can could "
        "would will not no as s so name called call sort kind number time year now get"
    )
)
_NUMBER: Final = (
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:twen|thir|for|fif|six|"
    r"seven|eigh|nine)ty|hundred|thousand)\b"
)
_TIME: Final = (
    r"\d|\b(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December|\w+days?|noon|midnight|half past|daily|weekly|monthly|yesterday|tomorrow)\b"
)
_AMOUNT: Final = (
    r"\bhow (?:much|many|old|tall|heavy|thick|long|early|late)\b|\bcost\b|\bnumber\b|\bweigh"
    r"|\bcode\b|\bbudget\b|\brent\b|\bsize\b"
)
_WHEN: Final = r"\bwhen\b|\bwhat time\b|\bwhich year\b|\bhow often\b|\bexpire"
_WHO: Final = r"^who\b|\bwhere does\b|\bname of\b|\bcalled\b"
_KINDS: Final = (
    (re.compile(_AMOUNT, re.I), re.compile(_NUMBER, re.I)),
    (re.compile(_WHEN, re.I), re.compile(_TIME, re.I)),
    (
        re.compile(_WHO, re.I),
        re.compile(r"(?<=[\w,;:“\"'’] )[“\"'’]?[A-ZÀ-Þ]\w\w|^[A-ZÀ-Þ]\w+[.!]"),
    ),
)
"""What is asked for, and what a line must hold to say it."""


class ScriptedReader(BaseChatModel):
    """Reads its whole prompt, and quotes one line of it."""

    @property
    def _llm_type(self) -> str:
        return "scripted-reader"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        asked, lines = split(messages)
        made = answer(asked, lines)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(made))])


def split(messages: Sequence[BaseMessage]) -> tuple[str, list[str]]:
    """The newest question, without what stands at its head, and all other lines of the prompt but
    its orders."""
    at = max(i for i, message in enumerate(messages) if message.type == "human")
    *notes, asked = messages[at].text.split("\n\n")
    texts = [_told(message) for i, message in enumerate(messages) if i != at]
    return asked, [line for text in (*texts, *notes) for line in text.split("\n")]


def _told(message: BaseMessage) -> str:
    return message.text.partition("\n\n")[2] if message.type == "system" else message.text


def answer(question: str, lines: Sequence[str]) -> str:
    """The best line by the rarity of the words that it shares with the question.

    Of equals the one of the latest date, then the last; what held once only without any other.

    >>> answer("Where does Ada live?", ["[2026-01-01] Ada: I live in Porto.", "Hello!"])
    '[2026-01-01] Ada: I live in Porto.'
    >>> answer("What is Ada's shoe size?", ["[2026-01-01] Ada: I live in Porto."])
    "I don't know."
    """
    wanted = _words(question)
    held = [_words(_ASKED.sub("", line)) for line in lines]
    around = [
        _words("".join(_ASKED.findall(line))) | before
        for line, before in zip(lines, [frozenset(), *held], strict=False)
    ]
    rare = _rarity(wanted, held)
    ranked = []
    for at, line in enumerate(lines):
        shares = {word: 1.0 for word in wanted & held[at]}
        if shares or _ASKED.search(line):
            shares = {word: BEFORE for word in wanted & around[at]} | shares
        enough = sum(shares.values()) >= ENOUGH * len(wanted) > 0
        if enough and shares and not _asks(line) and _says_such(question, line):
            score = round(sum(rare[word] * share for word, share in shares.items()), 6)
            ranked.append((not _PAST.search(line), score, _day(line), at))
    return html.unescape(lines[max(ranked)[-1]].strip()) if ranked else UNKNOWN


def _says_such(question: str, line: str) -> bool:
    """Whether the line holds something of the kind that is asked for, besides what is asked by."""
    body = html.unescape(_LABEL.sub("", line))
    for asks, such in _KINDS:
        if asks.search(question):
            known = _words(question)
            return any(
                not _words(found) or not _words(found) <= known for found in _found(such, body)
            )
    return True


def _found(such: re.Pattern[str], body: str) -> list[str]:
    """What of that kind the line holds, each as the whole word that it begins."""
    return [
        re.split(r"[\s,;.!?]", body[m.start() :].lstrip(), maxsplit=1)[0]
        for m in such.finditer(body)
    ]


def _rarity(wanted: Iterable[str], held: Sequence[frozenset[str]]) -> dict[str, float]:
    found = Counter(word for words in held for word in words)
    return {word: math.log1p(len(held) / (1 + found[word])) for word in wanted}


def _words(text: str) -> frozenset[str]:
    words = (word.lower() for word in _WORD.findall(html.unescape(text)))
    return frozenset(_ENGLISH.stemWord(word) for word in words if word not in _COMMON)


def _day(line: str) -> str:
    return max(_DATE.findall(line), default="")


def _asks(line: str) -> bool:
    """A question answers none; one that stands behind its answer does not make it a question."""
    return _LABEL.sub("", html.unescape(line)).rstrip().endswith("?")
