"""Every shape is recognised by its structure, and says who said what, when."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from resmem_core.importers import BadLine, Imported, LeftOut, read

AT = datetime(2024, 3, 9, 12, 30, tzinfo=UTC)
EPOCH = int(AT.timestamp())
ISO = "2024-03-09T12:30:00Z"


def lc(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    path = ["langchain", "schema", "messages", kind]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"content": content, **more}}


CLAUDE = [{
    "uuid": "c1", "name": "n", "chat_messages": [
        {"uuid": "m1", "text": "Hello", "sender": "human", "created_at": ISO,
         "content": [{"type": "text", "text": "Hello"}], "attachments": [{"file_name": "a.txt"}]},
        {"uuid": "m2", "text": "Hmm Hi", "sender": "assistant", "created_at": ISO, "content": [
            {"type": "thinking", "thinking": "Hmm"}, {"type": "text", "text": "Hi"},
            {"type": "tool_use", "name": "search", "input": {}}]},
    ],
}]  # fmt: skip
GROK = {"conversations": [{
    "conversation": {"id": "c1", "title": "t"},
    "responses": [
        {"response": {"_id": "m1", "message": "Hello", "sender": "human",
                      "create_time": {"$date": {"$numberLong": str(EPOCH * 1000)}}}},
        {"response": {"_id": "m2", "message": "Hi", "sender": "ASSISTANT", "thinking_trace": "hm",
                      "create_time": {"$date": {"$numberLong": str(EPOCH * 1000)}}}},
    ],
}]}  # fmt: skip
AISTUDIO = {
    "runSettings": {"model": "m"}, "systemInstruction": {"text": "Be kind."},
    "chunkedPrompt": {"chunks": [
        {"text": "Hello", "role": "user", "createTime": ISO},
        {"text": "hm", "role": "model", "isThought": True},
        {"text": "Hi", "role": "model", "parts": [{"text": "H"}, {"text": "i"}], "createTime": ISO},
        {"driveImage": {"id": "x"}, "role": "user"},
    ]},
}  # fmt: skip
OPENWEBUI = [{
    "id": "c1", "title": "t", "chat": {"history": {"currentId": "b", "messages": {
        "a": {"id": "a", "parentId": None, "role": "user", "content": "Hello", "timestamp": EPOCH},
        "x": {"id": "x", "parentId": "a", "role": "assistant", "content": "No", "timestamp": EPOCH},
        "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "Hi",
              "timestamp": EPOCH},
    }}},
}]  # fmt: skip
SHAREGPT = [{"id": "c1", "conversations": [
    {"from": "system", "value": "Be kind."}, {"from": "human", "value": "Hello"},
    {"from": "function_call", "value": "{}"}, {"from": "gpt", "value": "Hi"},
]}]  # fmt: skip
OPENAI = {"messages": [
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "image_url"}]},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "t"}]},
    {"role": "tool", "content": "42", "tool_call_id": "t"},
    {"role": "assistant", "content": "Hi"},
]}  # fmt: skip
LANGCHAIN = [lc("SystemMessage", "Be kind."), lc("HumanMessage", "Hello", id="1"),
             lc("AIMessageChunk", [{"type": "text", "text": "Hi"}])]  # fmt: skip
LANGCHAIN_OLD = [{"type": "human", "data": {"content": "Hello", "additional_kwargs": {}}},
                 {"type": "ai", "data": {"content": "Hi"}}]  # fmt: skip
TELEGRAM = {"name": "Bo", "type": "personal_chat", "id": 9, "messages": [
    {"id": 1, "type": "service", "actor_id": "u1", "action": "create", "text": ""},
    {"id": 2, "type": "message", "date": "2024-03-09T13:30:00", "date_unixtime": str(EPOCH),
     "from": "Bo", "from_id": "u1", "text": ["See ", {"type": "bold", "text": "you"}, "!"]},
    {"id": 3, "type": "message", "date_unixtime": str(EPOCH), "from": "Ada", "from_id": "u2",
     "photo": "p.jpg", "text": ""},
]}  # fmt: skip
MEM0 = {"results": [
    {"id": "m1", "memory": "Likes tea", "user_id": "ada", "created_at": ISO, "updated_at": None},
    {"id": "m2", "memory": "Was helpful", "agent_id": "bot", "created_at": ISO},
]}  # fmt: skip
LONGMEMEVAL = [{
    "question_id": "q1", "question": "?", "haystack_session_ids": ["s1"],
    "haystack_dates": ["2024/03/09 (Sat) 12:30"],
    "haystack_sessions": [[{"role": "user", "content": "Hello", "has_answer": True},
                           {"role": "assistant", "content": "Hi"}]],
}]  # fmt: skip
TALK = [("user", "Hello"), ("assistant", "Hi")]
PROMPTED = [("system", "Be kind."), *TALK]

CASES = [
    ("claude", CLAUDE, TALK), ("grok", GROK, TALK), ("aistudio", AISTUDIO, TALK),
    ("openwebui", OPENWEBUI, TALK), ("sharegpt", SHAREGPT, PROMPTED),
    ("chat", OPENAI, [*PROMPTED[:2], ("tool", "42"), TALK[1]]), ("chat", [OPENAI], None),
    ("chat", OPENAI["messages"], None), ("langchain", LANGCHAIN, PROMPTED),
    ("langchain", LANGCHAIN_OLD, TALK), ("langchain", {"messages": LANGCHAIN}, PROMPTED),
    ("telegram", TELEGRAM, [("user", "See you!")]),
    ("telegram", {"chats": {"list": [TELEGRAM]}}, [("user", "See you!")]),
    ("mem0", MEM0, [("user", "Likes tea"), ("assistant", "Was helpful")]),
    ("mem0", MEM0["results"], None), ("longmemeval", LONGMEMEVAL, TALK),
    ("aistudio", {"contents": [{"role": "user", "parts": [{"text": "Hello"}]},
                               {"role": "model", "parts": [{"text": "hm", "thought": True},
                                                           {"text": "Hi"}]}]}, TALK),
]  # fmt: skip
DATED = ("claude", "grok", "aistudio", "openwebui", "telegram", "mem0")


def save(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path


def said(items: list[Any]) -> list[tuple[str, str]]:
    return [(i.message.role, i.message.text) for i in items if isinstance(i, Imported)]


@pytest.mark.parametrize(("shape", "document", "talk"), CASES)
def test_a_shape_is_recognised_and_read(
    tmp_path: Path, shape: str, document: Any, talk: list[tuple[str, str]] | None
) -> None:
    """Whatever the file is called: its structure names the shape, and nothing in it is bad."""
    items = list(read(save(tmp_path / "file.json", document)))

    assert not [item for item in items if isinstance(item, BadLine)]
    assert {item.shape for item in items} == {shape}
    assert talk is None or said(items) == talk


@pytest.mark.parametrize(("shape", "document", "talk"), CASES)
def test_a_line_of_jsonl_may_hold_any_shape(
    tmp_path: Path, shape: str, document: Any, talk: list[tuple[str, str]] | None
) -> None:
    """Conversations one per line, as fine-tuning files and dumps have them, read the same."""
    rows = document if isinstance(document, list) else [document]
    path = tmp_path / "file.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    whole = said(list(read(save(tmp_path / "file.json", document))))

    assert said(list(read(path))) == whole


@pytest.mark.parametrize(("shape", "document"), [c[:2] for c in CASES if c[0] in DATED])
def test_times_are_read(tmp_path: Path, shape: str, document: Any) -> None:
    """ISO times, epochs in seconds and milliseconds, and MongoDB's dates are one moment."""
    items = [i for i in read(save(tmp_path / "a.json", document)) if isinstance(i, Imported)]

    assert shape == "aistudio" or all(item.message.at == AT for item in items)
    assert {item.message.at for item in items} <= {AT, None}


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Thinking, calls to tools and files are no messages, and each is counted."""
    items = list(read(save(tmp_path / "a.json", CLAUDE)))
    left = sorted(item.what for item in items if isinstance(item, LeftOut))

    assert left == ["picture or file", "thinking", "tool call"]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([{"chat_messages": [{"sender": "king", "text": "x"}]}], "[0].chat_messages[0]"),
        (
            [{"chat_messages": [{"sender": "human", "text": "x", "created_at": "soon"}]}],
            "[0].chat_messages[0]",
        ),
        (
            [
                {
                    "id": "1",
                    "conversations": [
                        {"from": "human", "value": "x"},
                        {"from": "king", "value": "y"},
                    ],
                }
            ],
            "[0].conversations[1]",
        ),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "king", "content": "y"}]},
            "[0].messages[1]",
        ),
        ([lc("HumanMessage", "x"), lc("QueenMessage", "y")], "[1]"),
        (
            {"chunkedPrompt": {"chunks": [{"role": "king", "text": "x"}]}},
            ".chunkedPrompt.chunks[0]",
        ),
        ({"results": [{"memory": "x", "created_at": "soon"}]}, ".results[0]"),
    ],
)
def test_an_unknown_role_or_time_is_an_error_with_its_place(
    tmp_path: Path, document: Any, path: str
) -> None:
    """File and path are named; the entry is neither guessed nor stamped with the time of now."""
    [bad] = [i for i in read(save(tmp_path / "a.json", document)) if isinstance(i, BadLine)]

    assert bad.where == f"a.json:{path}"


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ({"type": "ai", "content": "x"}, "assistant"),
        ({"sender": "assistant", "text": "x"}, "assistant"),
        ({"role": "bot", "text": "x"}, "assistant"),
        ({"from": "model", "value": "x"}, "assistant"),
        ({"role": "developer", "text": "x"}, "system"),
        ({"author": {"role": "tool"}, "text": "x"}, "tool"),
        ({"author": "assistant", "text": "x"}, "assistant"),
        ({"text": "a note"}, "user"),
        ({"type": "user", "message": {"role": "user", "content": "x"}}, "user"),
        ({"role": "Human", "content": [{"type": "text", "text": "x"}]}, "user"),
    ],
)
def test_words_for_a_role(tmp_path: Path, line: Any, role: str) -> None:
    """Whatever the key and the word, nobody's words become somebody else's."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(line), "utf-8")
    [item] = read(path)

    assert isinstance(item, Imported)
    assert item.message.role == role


@pytest.mark.parametrize(
    "line",
    [{"kind": "bot", "text": "x"}, {"role": None, "is_user": False, "text": "x"},
     {"type": "message", "text": "x"}, {"sender": "Ada", "text": "x"}, {"role": 5, "text": "x"}],
)  # fmt: skip
def test_an_unknown_role_is_never_the_user(tmp_path: Path, line: Any) -> None:
    """A line that does not tell whose words it holds is an error with its number."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(line), "utf-8")
    [item] = read(path)

    assert isinstance(item, BadLine)
    assert item.where == "a.jsonl:1"


@pytest.mark.parametrize("key", ["at", "timestamp", "created_at", "ts", "date", "create_time"])
@pytest.mark.parametrize(
    "value",
    [EPOCH, float(EPOCH), EPOCH * 1000, EPOCH * 10**6, EPOCH * 10**9, str(EPOCH), f"{EPOCH}.000",
     ISO, "2024-03-09 12:30:00 UTC", "2024-03-09T13:30:00+01:00", "20240309T123000Z",
     "Sat, 09 Mar 2024 12:30:00 +0000", {"$date": ISO}],
)  # fmt: skip
def test_ways_to_write_a_time(tmp_path: Path, key: str, value: Any) -> None:
    """Names and forms of one moment."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"role": "user", "text": "x", key: value}), "utf-8")
    [item] = read(path)

    assert isinstance(item, Imported)
    assert item.message.at == AT


@pytest.mark.parametrize("value", ["soon", "03/06/2025", True, [], {"a": 1}, 1e30, "2024-13-01"])
def test_what_is_no_time(tmp_path: Path, value: Any) -> None:
    """A date that can be read in two ways is refused like one that cannot be read."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"role": "user", "text": "x", "created_at": value}), "utf-8")

    assert isinstance(next(iter(read(path))), BadLine)


def slack(root: Path) -> Path:
    (root / "general").mkdir(parents=True)
    save(root / "users.json", [{"id": "U1", "real_name": "Ada"}, {"id": "U2", "name": "bo"}])
    save(root / "channels.json", [{"id": "C1", "name": "general"}])
    save(root / "general" / "2024-03-09.json", [
        {"type": "message", "user": "U1", "text": "Hi <@U2> &amp; all", "ts": f"{EPOCH}.000100"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "text": "x",
         "ts": f"{EPOCH}.0002"},
        {"type": "message", "subtype": "bot_message", "username": "ci", "bot_id": "B1",
         "text": "See <https://a.example|the log>", "ts": f"{EPOCH}.000300"},
    ])  # fmt: skip
    return root


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for file in folder.rglob("*"):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return target


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_slack_export_has_channels_people_and_apps(tmp_path: Path, as_zip: bool) -> None:
    """Channels are conversations, ids become names, an app's words are no user's."""
    root = slack(tmp_path / "export")
    items = list(read(zipped(root, tmp_path / "e.zip") if as_zip else root))
    found = [i for i in items if isinstance(i, Imported)]

    assert [(i.message.role, i.message.author, i.message.text) for i in found] == [
        ("user", "Ada", "Hi @bo & all"),
        ("tool", "ci", "See the log (https://a.example)"),
    ]
    assert {i.session for i in found} == {"general"}
    assert sorted(i.what for i in items if isinstance(i, LeftOut)) == [
        "file of another kind", "file of another kind", "system line",
    ]  # fmt: skip


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_folder_of_pieces_is_one_export(tmp_path: Path, as_zip: bool) -> None:
    """conversations-000.json and its like are all read; what else lies there is told."""
    root = tmp_path / "export"
    root.mkdir()
    for i in range(3):
        talk = [{"uuid": f"c{i}", "chat_messages": CLAUDE[0]["chat_messages"]}]
        save(root / f"conversations-{i:03}.json", talk)
    save(root / "users.json", [{"uuid": "u"}])
    (root / "picture.png").write_bytes(b"x")
    (root / "broken.json").write_text("{")
    items = list(read(zipped(root, tmp_path / "e.zip") if as_zip else root))

    assert len({i.message.id for i in items if isinstance(i, Imported)}) == 6
    assert [i.file for i in items if isinstance(i, BadLine)] == ["broken.json"]
    others = [i.file for i in items if isinstance(i, LeftOut) and not i.shape]
    assert others == ["picture.png", "users.json"]
