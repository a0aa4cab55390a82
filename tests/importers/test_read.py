"""Conversations from files: JSONL, LoCoMo, ChatGPT; bad entries; limits."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from resmem_core.errors import InputError, StoreUnavailable
from resmem_core.importers import BadLine, Imported, LeftOut, lines, read
from resmem_core.memory.privacy.redact import PatternRedactor
from resmem_core.memory.privacy.screen import clean


def write(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), "utf-8")
    return path


def good(items: Iterator[Any]) -> list[Imported]:
    found = list(items)
    assert not [item for item in found if isinstance(item, BadLine)]
    return [item for item in found if isinstance(item, Imported)]


def test_jsonl_keeps_every_field(tmp_path: Path) -> None:
    """role, text, author, at, id and session arrive as they were."""
    line = {"role": "assistant", "text": "Hi", "author": "Bo", "at": "2024-05-02T10:00:00",
            "id": "x1", "session": "s1"}  # fmt: skip
    [item] = good(read(write(tmp_path / "a.jsonl", line)))

    said = item.message
    assert (said.role, said.text, said.author, item.own) == ("assistant", "Hi", "Bo", "x1")
    assert (said.at, item.session) == (datetime(2024, 5, 2, 10), "s1")


def test_jsonl_takes_other_programs_words(tmp_path: Path) -> None:
    """content for text, human and ai for roles, epoch seconds for times, numbers for ids."""
    line = {"role": "human", "content": "Hi", "timestamp": 86400, "id": 7}
    [item] = good(read(write(tmp_path / "a.jsonl", line)))

    assert item.message.role == "user"
    assert item.own == "7"
    assert item.message.at == datetime(1970, 1, 2, tzinfo=UTC)


def test_bad_lines_are_reported_by_number_and_the_rest_is_kept(tmp_path: Path) -> None:
    """Broken JSON, wrong types, unknown roles, bad times: each its line number; no text quoted."""
    path = write(
        tmp_path / "a.jsonl",
        {"text": "fine"}, "{not json secret", "[1]", {"text": 5}, {"text": "x", "role": "king"},
        {"text": "x", "at": "soon"}, "", {"text": "x", "at": "31/31/2024"}, {"text": "fine too"},
        {"text": "x", "author": {"a": 1}}, "[" * 30_000,
    )  # fmt: skip
    with path.open("ab") as file:
        file.write(b'\n{"text": "\xff"}\n')
    found = list(read(path))
    bad = [item for item in found if isinstance(item, BadLine)]

    assert [item.line for item in bad] == [2, 3, 4, 5, 6, 8, 10, 11, 12]
    assert len(found) - len(bad) == 2
    assert not any("secret" in item.reason for item in bad)


def test_an_endless_line_is_passed_over_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 5 MB is one bad line, and never held."""
    monkeypatch.setattr(lines, "MAX_LINE", 100_000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 5_000_000 + b'\n{"text": "after"}\n')
    tracemalloc.start()
    found = list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert isinstance(found[0], BadLine)
    assert isinstance(found[1], Imported)
    assert peak < 1_000_000


def test_jsonl_is_read_lazily(tmp_path: Path) -> None:
    """A file of 20 MB is never held: only what tells an undated message from its repeats is."""
    path = write(tmp_path / "a.jsonl", *({"text": f"{i} " + "x" * 1000} for i in range(20_000)))
    tracemalloc.start()
    count = sum(1 for _ in read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 4_000_000


LOCOMO = [
    {
        "sample_id": name,
        "conversation": {
            "speaker_a": "Ana", "speaker_b": "Ben",
            "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "Later."}],
            "session_2_date_time": "12:05 am on 1 June, 2024",
            "session_1": [
                {"speaker": "Ana", "dia_id": "D1:1", "text": "Look!", "blip_caption": "a red kite"},
                {"speaker": "Ben", "dia_id": "D1:2", "text": "Nice."},
                {"speaker": "Ben", "text": "no id"},
            ],
            "session_1_date_time": "1:56 pm on 8 May, 2023",
        },
        "qa": [],
    }
    for name in ("talk-1", "talk-2")
]  # fmt: skip


@pytest.mark.parametrize(
    ("speaker", "role"),
    [("Assistant", "assistant"), ("AI", "assistant"), ("bot", "assistant"), ("User", "user"),
     ("Aida", "user"), ("Agent Smith", "user")],
)  # fmt: skip
def test_in_locomo_only_who_is_called_a_machine_is_one(
    tmp_path: Path, speaker: str, role: str
) -> None:
    """Two people are two users; the second of them is nobody's assistant."""
    turns = [{"speaker": "Ada", "dia_id": "D1:1", "text": "Hi"},
             {"speaker": speaker, "dia_id": "D1:2", "text": "Hi"}]  # fmt: skip
    talk = {"speaker_a": "Ada", "speaker_b": speaker, "session_1": turns}
    found = read(write(tmp_path / "l.json", [{"sample_id": "t", "conversation": talk}]))

    assert [t.message.role for t in found if isinstance(t, Imported)] == ["user", role]


def test_locomo_gives_turns_in_order_with_unique_ids(tmp_path: Path) -> None:
    """Sessions by number, ids prefixed by the conversation, captions in the text, naive times."""
    found = list(read(write(tmp_path / "l.json", LOCOMO)))
    turns = [item for item in found if isinstance(item, Imported)]

    assert [t.own for t in turns[:3]] == ["talk-1:D1:1", "talk-1:D1:2", "talk-1:D2:1"]
    assert [t.message.role for t in turns[:2]] == ["user", "user"]
    assert turns[0].message.text == "Look! [shared a picture: a red kite]"
    assert [t.message.at for t in turns[:3]] == [
        datetime(2023, 5, 8, 13, 56), datetime(2023, 5, 8, 13, 56, 1), datetime(2024, 6, 1, 0, 5),
    ]  # fmt: skip
    assert len({t.message.id for t in turns}) == len(turns) == 6
    assert [t.session for t in turns[1:3]] == ["talk-1:session_1", "talk-1:session_2"]
    assert {t.conversation for t in turns} == {"talk-1", "talk-2"}
    assert sum(isinstance(item, BadLine) for item in found) == 2


def node(
    parent: str | None, role: str, text: str, made: float | None = 1.0, **more: Any
) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    message = {"id": text, "author": {"role": role}, "content": content, "create_time": made}
    return {"parent": parent, "message": {**message, **more}}


def test_chatgpt_export_gives_the_current_branch(tmp_path: Path) -> None:
    """Abandoned edits, system prompts, tool calls and hidden context are left out."""
    hidden = {"is_visually_hidden_from_conversation": True}
    voice = {"content_type": "multimodal_text",
             "parts": [{"content_type": "audio_transcription", "text": "spoken"},
                       {"content_type": "image_asset_pointer"}]}  # fmt: skip
    talk = {
        "conversation_id": "c1", "title": "t", "current_node": "g",
        "mapping": {
            "root": {"parent": None, "message": None},
            "s": node("root", "system", "prompt"),
            "h": node("s", "user", "about me", metadata=hidden),
            "old": node("h", "user", "first try"),
            "new": node("h", "user", "second try", 1_700_000_000.5),
            "c": node("new", "assistant", "search()", recipient="browser"),
            "t": node("c", "tool", "results"),
            "f": node("t", "assistant", "answer", None),
            "g": node("f", "user", "voice", content=voice),
        },
    }  # fmt: skip
    found = list(read(write(tmp_path / "conversations.json", [talk])))
    items = good(item for item in found if not isinstance(item, LeftOut))

    assert [i.message.text for i in items] == ["second try", "answer", "spoken"]
    assert [i.message.role for i in items] == ["user", "assistant", "user"]
    assert items[0].message.at == datetime.fromtimestamp(1_700_000_000.5, UTC)
    assert {i.session for i in items} == {"c1"}
    assert sorted(item.what for item in found if isinstance(item, LeftOut)) == [
        "hidden context", "picture or file", "system prompt", "tool call", "tool result",
    ]  # fmt: skip


def test_a_broken_export_ends(tmp_path: Path) -> None:
    """Cycles, missing nodes and foreign items are skipped, not followed for ever."""
    loop = {"a": node("b", "user", "one"), "b": node("a", "user", "two")}
    talks = [{"mapping": loop, "current_node": "a"}, {"mapping": 5}, {"mapping": {"x": 3}}, 9]
    found = list(read(write(tmp_path / "c.json", talks)))

    assert [i.message.text for i in found if isinstance(i, Imported)] == ["two", "one"]
    assert [i.line for i in found if isinstance(i, BadLine)] == [2, 4]


def test_what_is_no_conversation_is_refused(tmp_path: Path) -> None:
    """One typed error for foreign JSON, broken JSON, an unknown format, a missing file."""
    with pytest.raises(InputError, match="none of"):
        list(read(write(tmp_path / "a.json", {"x": 1})))
    with pytest.raises(InputError, match="jsonl"):
        list(read(write(tmp_path / "b.json", "{}", "{}")))
    with pytest.raises(InputError, match="format"):
        list(read(tmp_path / "a.json", "xml"))
    with pytest.raises(StoreUnavailable, match="cannot read"):
        list(read(tmp_path / "missing.json"))


def test_a_jsonl_in_a_json_file_is_read_when_it_is_named(tmp_path: Path) -> None:
    """The format argument wins over the name."""
    assert len(good(read(write(tmp_path / "a.json", {"text": "x"}, {"text": "y"}), "jsonl"))) == 2


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON document, itself included."""
    yield at
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, one in value.items() if isinstance(value, dict) else ():
        yield from places(one, (*at, key))


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """The document with another value at one place."""
    if not at:
        return new
    out = value.copy()
    out[at[0]] = put(value[at[0]], at[1:], new)
    return out


TALK = {
    "conversation_id": "c1", "current_node": "g",
    "mapping": {"s": node(None, "system", "p"), "f": node("s", "user", "hi"),
                "g": node("f", "assistant", "ho", None, metadata={}, recipient="all", weight=1)},
}  # fmt: skip
LINE = {"role": "user", "text": "Hi", "author": "Bo", "at": "2024-05-02", "id": "x", "session": "s"}
ODD = [
    None, True, 0, -1, 3.5, 1e400, 10**400, "", "x", "a" * 300, "\ud800", [], {}, [1, [2]],
    {"a": 1},     [{}], {"role": {}}, "99:99 pm on 99 May, 99999", "2024-13-40",
]  # fmt: skip


@pytest.mark.parametrize(
    ("format", "document"), [("chatgpt", [TALK]), ("locomo", LOCOMO[:1]), ("jsonl", LINE)]
)
def test_one_odd_value_anywhere_is_read_or_reported(
    tmp_path: Path, format: str, document: Any
) -> None:
    """A value of any other kind at any place gives messages and bad lines, never a crash."""
    path = tmp_path / "x.json"
    for at in places(document):
        for odd in ODD:
            path.write_text(json.dumps(put(document, at, odd)), "utf-8")
            for item in read(path, format):
                assert isinstance(item, Imported | BadLine | LeftOut)


EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def test_the_shipped_sample_is_what_its_readme_says() -> None:
    """At least 220 turns over at least five weeks and several sessions, errors among them."""
    items = good(read(EXAMPLES / "sample.jsonl"))
    times = [item.message.at for item in items if item.message.at]

    assert len({item.message.id for item in items}) == len(items) >= 220
    assert times == sorted(times)
    assert len(times) == len(items)
    assert (times[-1] - times[0]).days >= 35
    assert len({item.session for item in items}) >= 10
    assert sum(item.message.role == "tool" for item in items) >= 5


def test_the_sample_questions_point_at_turns() -> None:
    """At least 15 questions; every id in their evidence is a turn of the sample."""
    ids = {item.own for item in good(read(EXAMPLES / "sample.jsonl"))}
    lines = (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]

    assert len(questions) >= 15
    assert all(q["question"] and q["answer"] and set(q["evidence"]) <= ids for q in questions)


def test_the_sample_holds_nothing_to_redact_or_clean() -> None:
    """The conversation reads the same after hygiene and redaction."""
    redactor = PatternRedactor()
    for item in good(read(EXAMPLES / "sample.jsonl")):
        assert redactor.redact(clean(item.message.text).text).text == item.message.text
