"""Asks every question in every way, and counts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from benchmarks.answers.corpus import KINDS, Corpus, Question, sample, thread
from benchmarks.answers.prompts import ways
from resmem_core.prompt import estimate_tokens

Verdict: TypeAlias = Literal["right", "wrong", "don't know"]

_DECLINED: Final = re.compile(
    r"\b(?:don['’]?t|do not|doesn['’]?t|does not|can['’]?t|cannot|can not|could not|couldn['’]?t)\b"
    r".{0,30}\b(?:know|say|tell|find|determine|provide|specify|mention|have|answer|contain)"
    r"|\bnot (?:mentioned|specified|stated|given|known|provided|sure|available)\b"
    r"|\b(?:no|any) (?:information|mention|record)\b|\bunknown\b",
    re.I | re.S,
)

_WORD: Final = re.compile(r"[^\W_]+")


class Seen(BaseCallbackHandler):
    """Keeps the last prompt that a model was given."""

    prompt: list[BaseMessage]

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.prompt = list(messages[0])


def verdict(question: Question, answered: str) -> Verdict:
    """How an answer counts. Where nothing can be known, declining is right.

    >>> verdict(Question("Where?", "fact", ("Graça",)), "In Graca.")
    'right'
    >>> verdict(Question("How tall?", "unanswerable"), "I don't know.")
    'right'
    >>> verdict(Question("Where?", "fact", ("Graça",)), "I do not know that.")
    "don't know"
    """
    if any(_plain(part) in _plain(answered) for part in question.right):
        return "right"
    if _DECLINED.search(answered):
        return "don't know" if question.right else "right"
    return "wrong"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return f" {' '.join(_WORD.findall(letters))} "


def measure(
    model: BaseChatModel, questions: int = 100, corpora: Sequence[Corpus] | None = None
) -> tuple[dict[str, Any], list[Any]]:
    """Right, wrong and declined answers by way, the share right by kind, and mean tokens read.

    Args:
        model: the reader.
        questions: how many, evenly spread over the conversations and their kinds.
        corpora: what was said and is asked; the sample and the thread when None.

    Returns:
        The figures, and one row per question and way with the whole prompt and the answer.
    """
    seen: list[dict[str, Any]] = []
    corpora = corpora or (sample(), thread())
    for corpus in corpora:
        asked = _spread(corpus.questions, questions // len(corpora))
        with ways(corpus) as by_name:
            for name, answering in by_name.items():
                for question in asked:
                    kept = Seen()
                    answered = answering(model, question, {"callbacks": [kept]}).text
                    prompt = [f"{m.type}: {m.text}" for m in kept.prompt]
                    seen.append({
                        "way": name, "corpus": corpus.name, "kind": question.kind,
                        "question": question.text, "right": question.right, "answer": answered,
                        "verdict": verdict(question, answered), "prompt": prompt,
                        "tokens": sum(map(estimate_tokens, prompt)),
                    })  # fmt: skip
    names = list(dict.fromkeys(row["way"] for row in seen))
    told = {name: _counted([row for row in seen if row["way"] == name]) for name in names}
    return {"questions": len(seen) // len(names), "ways": told}, seen


def _counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(row["verdict"] for row in rows)
    kinds = {}
    for kind in KINDS:
        of_kind = [row["verdict"] == "right" for row in rows if row["kind"] == kind]
        kinds[kind] = sum(of_kind) / len(of_kind) if of_kind else 0.0
    return {
        **{name: counts[name] for name in ("right", "wrong", "don't know")},
        "kinds": kinds, "tokens": sum(row["tokens"] for row in rows) / len(rows),
    }  # fmt: skip


def _spread(questions: tuple[Question, ...], count: int) -> list[Question]:
    """So many of them, evenly spread over the list and thereby over the kinds."""
    step = max(1.0, len(questions) / max(1, count))
    return [questions[int(at * step)] for at in range(min(count, len(questions)))]
