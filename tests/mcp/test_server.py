"""The MCP server, spoken to by the SDK's own client: in memory, and as a process over stdio."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from resmem_core import Message, ResilientMemory
from resmem_core.errors import NamespaceError
from resmem_core.mcp.canary import command
from resmem_core.mcp.server import server

ADA, BOB = ("acme", "ada"), ("acme", "bob")
TOOLS = {"remember", "recall", "forget", "list", "edit", "history"}


@pytest.fixture
def memory() -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0) as opened:
        yield opened


@pytest.fixture(params=["legacy", "auto"])
def client(memory: ResilientMemory, request: pytest.FixtureRequest) -> Client:
    """The SDK's client, by the handshake of today's harnesses and by the newest protocol."""
    return Client(server(memory, ADA), mode=request.param)


async def told(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


async def test_the_tools_say_what_they_do_to_a_memory(client: Client) -> None:
    """Reading is marked as reading, forgetting as destructive, and no tool takes a namespace."""
    async with client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}

    assert set(tools) == TOOLS
    hints = {name: tool.annotations for name, tool in tools.items() if tool.annotations}
    assert {n for n, a in hints.items() if a.read_only_hint} == {"recall", "list", "history"}
    assert {n for n, a in hints.items() if a.destructive_hint} == {"forget"}
    assert all(tool.description and tool.title for tool in tools.values())
    assert not any("namespace" in tool.input_schema["properties"] for tool in tools.values())
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools.values())


async def test_what_is_remembered_is_recalled_corrected_and_forgotten(client: Client) -> None:
    """One fact through all six tools."""
    async with client:
        assert client.instructions
        kept = await told(client, "remember", text="The kiln fires at 1240 degrees.")
        hits = (await told(client, "recall", question="How hot is the kiln?"))["memories"]
        await told(client, "edit", id=kept["id"], text="The kiln fires at 1260 degrees.", version=1)
        versions = (await told(client, "history", id=kept["id"]))["versions"]
        meant = await told(client, "forget", ids=[kept["id"], "nobody"], preview=True)
        listed = (await told(client, "list"))["memories"]
        gone = await told(client, "forget", ids=[kept["id"]])
        left = (await told(client, "list"))["memories"]

    assert kept["verdict"] == "keep"
    assert hits[0]["id"] == kept["id"]
    assert sum(hits[0]["why"].values()) == pytest.approx(hits[0]["score"], abs=1e-4)
    assert [v["how"] for v in versions] == ["said", "edited"]
    assert [m["id"] for m in meant["meant"]] == [m["id"] for m in listed] == [kept["id"]]
    assert meant["missing"] == ["nobody"]
    assert (gone["erased"], left) == (1, [])


async def test_an_edit_of_a_stale_version_is_refused(client: Client) -> None:
    """The second editor is told, and the first one's words stand."""
    async with client:
        kept = await told(client, "remember", text="The oboe lesson is on Monday.")
        await told(client, "edit", id=kept["id"], text="The oboe lesson is on Tuesday.", version=1)
        why = await refused(client, "edit", id=kept["id"], text="It is on Friday.", version=1)
        (now,) = (await told(client, "list"))["memories"]

    assert "Conflict" in why
    assert (now["text"], now["version"]) == ("The oboe lesson is on Tuesday.", 2)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("remember", {"text": "x" * 16_001}, "16,000"),
        ("remember", {"text": "x" * 10_000_000}, "16,000"),
        ("remember", {}, "text"),
        ("remember", {"text": ["a", "list"]}, "text"),
        ("remember", {"text": "A fact.", "namespace": "acme/bob"}, "namespace"),
        ("recall", {"question": ""}, "empty"),
        ("recall", {"question": "kiln", "k": 0}, "k"),
        ("recall", {"question": "kiln", "k": 10**9}, "k"),
        ("list", {"cursor": "no cursor"}, "cursor"),
        ("list", {"limit": -1}, "limit"),
        ("forget", {"ids": []}, "ids"),
        ("forget", {"ids": None}, "ids"),
        ("edit", {"id": "nobody", "text": "A fact."}, "nobody"),
        ("history", {"id": "nobody"}, "nobody"),
        ("history", {"id": "x" * 2000}, "1,024"),
        ("drop_table", {}, "drop_table"),
    ],
)
async def test_bad_input_is_a_clear_word(
    memory: ResilientMemory, tool: str, arguments: dict[str, Any], words: str
) -> None:
    """The model reads what was wrong, and nothing was changed."""
    memory.session("s", namespace=ADA).observe(Message("user", "The kiln is blue.", id="m1"))
    async with Client(server(memory, ADA)) as client:
        assert words in await refused(client, tool, **arguments)

    assert [item.text for item in memory.scan(ADA)] == ["The kiln is blue."]


async def test_safe_mode_refuses_writes_and_answers_reads(memory: ResilientMemory) -> None:
    """An agent is told why, and can still recall."""
    memory.session("s", namespace=ADA).observe(Message("user", "The kiln is blue.", id="m1"))
    memory.safe_mode(True)
    async with Client(server(memory, ADA)) as client:
        why = await refused(client, "remember", text="The kiln is red.")
        found = await told(client, "recall", question="kiln")

    assert "safe mode" in why
    assert len(found["memories"]) == 1


async def test_nothing_of_another_namespace_is_reached(memory: ResilientMemory) -> None:
    """No tool and no resource shows, changes or erases what another namespace holds."""
    memory.session("s", namespace=BOB).observe(Message("user", "Bob's safe is 4711.", id="b1"))
    async with Client(server(memory, ADA)) as client:
        found = await told(client, "recall", question="Bob's safe")
        listed = await told(client, "list")
        gone = await told(client, "forget", ids=["b1"])
        await refused(client, "edit", id="b1", text="Mine.")
        await refused(client, "history", id="b1")
        with pytest.raises(MCPError):
            await client.read_resource("resmem://memory/b1")

    assert (found["memories"], listed["memories"], gone["erased"]) == ([], [], 0)
    assert [item.text for item in memory.scan(BOB)] == ["Bob's safe is 4711."]


async def test_resources_show_memories(memory: ResilientMemory) -> None:
    """The list and one memory are there to be attached to a conversation."""
    memory.session("s", namespace=ADA).observe(Message("user", "The kiln is blue.", id="m1"))
    async with Client(server(memory, ADA)) as client:
        (resource,) = (await client.list_resources()).resources
        listed = json.loads((await client.read_resource(resource.uri)).contents[0].text)  # type: ignore[union-attr]
        one = json.loads((await client.read_resource("resmem://memory/m1")).contents[0].text)  # type: ignore[union-attr]

    assert [m["id"] for m in listed["memories"]] == ["m1"]
    assert one["text"] == "The kiln is blue."


async def test_a_client_that_cancels_is_free_at_once(
    memory: ResilientMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call that it gave up holds nothing back: the next one is answered."""
    entered, released = threading.Event(), threading.Event()
    search = ResilientMemory.search

    def slow(self: ResilientMemory, *arguments: Any, **options: Any) -> Any:
        if not entered.is_set():
            entered.set()
            assert released.wait(30)
        return search(self, *arguments, **options)

    monkeypatch.setattr(ResilientMemory, "search", slow)
    async with Client(server(memory, ADA)) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: client.call_tool("recall", {"question": "kiln"}))
        await anyio.to_thread.run_sync(entered.wait)
        tasks.cancel_scope.cancel()
    async with Client(server(memory, ADA)) as client:
        kept = await told(client, "remember", text="The kiln is blue.")
    released.set()

    assert kept["verdict"] == "keep"


def test_a_server_without_a_namespace_is_refused(memory: ResilientMemory) -> None:
    """There is no default."""
    with pytest.raises(NamespaceError):
        server(memory, ())


async def test_over_stdio_what_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    """Two processes, one after the other, as a harness starts them; the first begins the file."""
    program, *args = command(str(tmp_path / "new.db"), "acme/ada")
    started = StdioServerParameters(command=program, args=args, env=dict(os.environ))
    async with Client(stdio_client(started)) as client:
        await told(client, "remember", text="The kiln fires at 1240 degrees.")
    async with Client(stdio_client(started)) as client:
        found = await told(client, "recall", question="How hot is the kiln?")

    assert [one["text"] for one in found["memories"]] == ["The kiln fires at 1240 degrees."]
