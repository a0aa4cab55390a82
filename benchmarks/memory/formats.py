"""LongMemEval, ConvoMem and tau-bench, for whoever has the files: none of them is part of this.

Each reader says whether a parsed JSON document is its own, and makes conversations of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.memory.conversations import Conversation, Ids, Question
from benchmarks.messages import as_written
from resmem_core.importers import Imported, read
from resmem_core.types import MAX_TEXT, Message

_MACHINES: Final = frozenset({"assistant", "tool"})
_SHORTEST: Final = 3
"""Characters of an argument that a message can be found to hold; shorter ones are everywhere."""


class LongMemEval:
    """Questions, each with `haystack_sessions` whose turns say `has_answer` (Wu et al., 2025)."""

    @staticmethod
    def detects(document: Any) -> bool:
        """Every entry brings its own sessions."""
        return _entries_with(document, "haystack_sessions", "question")

    @staticmethod
    def conversations(path: Path, document: Any) -> list[Conversation]:
        """One conversation per question; questions that abstain are unanswerable."""
        talks: dict[str, list[Imported]] = {}
        for item in read(path, "longmemeval"):
            if isinstance(item, Imported):
                talks.setdefault(item.conversation, []).append(as_written(item))
        return [
            _long(entry, talks[name])
            for entry in document
            if (name := str(entry["question_id"])) in talks
        ]


def _long(entry: Mapping[str, Any], talk: list[Imported]) -> Conversation:
    name, text = str(entry["question_id"]), str(entry["question"])
    idents = entry.get("haystack_session_ids") or range(len(entry["haystack_sessions"]))
    evidence = frozenset(
        f"{name}:{ident}:{place}"
        for ident, turns in zip(idents, entry["haystack_sessions"], strict=False)
        for place, turn in enumerate(turns)
        if turn.get("has_answer")
    ) & {str(item.message.id) for item in talk}
    if name.endswith("_abs") or not evidence:
        return Conversation(name, tuple(talk), (), (text,))
    asked = Question(text, str(entry.get("question_type") or "question"), evidence)
    return Conversation(name, tuple(talk), (asked,))


class ConvoMem:
    """`evidence_items`: a question, its conversations, the messages that answer it."""

    @staticmethod
    def detects(document: Any) -> bool:
        """One object with the items, or a list of such, or of the items themselves."""
        return any(True for _ in _items(document))

    @staticmethod
    def conversations(path: Path, document: Any) -> list[Conversation]:
        """One conversation per item; one without evidence is unanswerable."""
        found = enumerate(_items(document))
        return [_convo(f"{path.stem}-{number}", item) for number, item in found]


def _items(document: Any) -> Iterator[Mapping[str, Any]]:
    for entry in document if isinstance(document, list) else [document]:
        if not isinstance(entry, Mapping):
            return
        if "message_evidences" in entry and "conversations" in entry:
            yield entry
        for item in entry.get("evidence_items") or entry.get("evidenceItems") or ():
            shared = {"conversations": entry.get("conversations", []), **item}
            if "message_evidences" in shared:
                yield shared


def _convo(name: str, item: Mapping[str, Any]) -> Conversation:
    talk = tuple(
        _message(name, f"{session}:{place}", _role(turn.get("speaker")), turn.get("text"), session)
        for session, said in enumerate(item["conversations"])
        for place, turn in enumerate(said["messages"])
        if str(turn.get("text") or "").strip()
    )
    wanted = {_plain(said["text"]) for said in item["message_evidences"]}
    evidence = frozenset(str(m.message.id) for m in talk if _plain(m.message.text) in wanted)
    asked = Question(str(item["question"]), str(item.get("category") or "question"), evidence)
    return Conversation(name, talk, (asked,)) if evidence else _never(name, talk, asked)


class TauBench:
    """Trajectories with the task's expected calls (Yao et al., 2024, MIT).

    Nobody asks there, so each argument of an expected call is asked for by its name, and what the
    user said that holds its value is the evidence: a memory that lost it would make a wrong call.
    """

    @staticmethod
    def detects(document: Any) -> bool:
        """A list of tasks, each with its trajectory."""
        return _entries_with(document, "traj", "info")

    @staticmethod
    def conversations(path: Path, document: Any) -> list[Conversation]:
        """One conversation per trajectory whose user says some of the arguments."""
        found = (_tau(f"{path.stem}-{n}", entry) for n, entry in enumerate(document))
        return [conversation for conversation in found if conversation.questions]


def _tau(name: str, entry: Mapping[str, Any]) -> Conversation:
    talk = tuple(
        _message(name, str(place), str(turn["role"]), turn.get("content"), 0)
        for place, turn in enumerate(entry["traj"])
        if turn.get("role") in ("user", *_MACHINES) and str(turn.get("content") or "").strip()
    )
    actions = (entry["info"].get("task") or {}).get("actions") or []
    questions = {
        text: Question(text, str(action["name"]), evidence)
        for action in actions
        for argument, value in (action.get("kwargs") or {}).items()
        if (evidence := _said(talk, value))
        for text in [f"Which {_words(argument)} to {_words(action['name'])}?"]
    }
    return Conversation(name, talk, tuple(questions.values()))


def _said(talk: Sequence[Imported], value: Any) -> Ids:
    """The user's messages that hold an argument, or one of several."""
    wanted = {_plain(v) for v in (value if isinstance(value, list) else [value])}
    wanted = {one for one in wanted if len(one) >= _SHORTEST}
    return frozenset(
        str(item.message.id)
        for item in talk
        if item.message.role == "user" and any(one in _plain(item.message.text) for one in wanted)
    )


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _never(name: str, talk: tuple[Imported, ...], asked: Question) -> Conversation:
    return Conversation(name, talk, (), (asked.text,))


def _message(name: str, ident: str, role: Any, text: Any, session: int) -> Imported:
    """A message without a time of its own; what is over the limit is cut, as an adapter does."""
    own = f"{name}:{ident}"
    return Imported(Message(role, str(text).strip()[:MAX_TEXT], id=own), f"{name}:{session}", name)


def _role(speaker: Any) -> str:
    return "assistant" if str(speaker).casefold() in _MACHINES else "user"


def _plain(text: Any) -> str:
    return " ".join(str(text).casefold().split())


def _entries_with(document: Any, *keys: str) -> bool:
    return isinstance(document, list) and bool(document) and _each_has(document, keys)


def _each_has(entries: Iterable[Any], keys: Sequence[str]) -> bool:
    return all(isinstance(e, Mapping) and all(key in e for key in keys) for e in entries)
