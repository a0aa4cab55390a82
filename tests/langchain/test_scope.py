"""Whose memory a run uses: filled from the run, and never chosen by a client."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_core.errors import NamespaceError
from resmem_langchain import ResmemMiddleware
from resmem_langchain._turn.scope import find_namespace

FIELD = ("memories", "{user_id}")
AUTH: dict[str, Any] = {"langgraph_auth_user": {"identity": "ada", "org": "acme"}}


@pytest.mark.parametrize(
    ("source", "context", "configurable", "expected"),
    [
        (None, None, {"user_id": "ada"}, ("ada",)),
        (None, {"user_id": "ada"}, {}, ("ada",)),
        (None, SimpleNamespace(user_id="ada"), None, ("ada",)),
        (None, {"user_id": 7}, {}, ("7",)),
        (None, {"user_id": UUID(int=1)}, {}, (str(UUID(int=1)),)),
        (None, {"user_id": "ada"}, {"tenant": "acme"}, ("acme", "ada")),
        (None, None, {"tenant": "acme", "user_id": "ada"}, ("acme", "ada")),
        (None, {"user_id": "ada"}, {"user_id": "ben"}, ("ada",)),
        (None, None, {"resmem_namespace": ("a", "b")}, ("a", "b")),
        (None, {"resmem_namespace": ("a", "{user_id}")}, {"user_id": "ada"}, ("a", "ada")),
        (None, None, AUTH, ("ada",)),
        (None, None, {"langgraph_auth_user_id": "ada"}, ("ada",)),
        (None, None, {"langgraph_auth_user": SimpleNamespace(identity="ada")}, ("ada",)),
        (FIELD, None, {"user_id": "ada"}, ("memories", "ada")),
        (FIELD, {"user_id": "ada"}, {}, ("memories", "ada")),
        (FIELD, None, AUTH, ("memories", "ada")),
        (("{org}", "{langgraph_user_id}"), None, AUTH, ("acme", "ada")),
        (("{org}", "u-{user_id}-{thread_id}"), None, {**AUTH, "thread_id": "t"},
         ("acme", "u-ada-t")),
        (["fixed", "one"], {"user_id": "ada"}, {}, ("fixed", "one")),
        (lambda context, run: ("x", run["user_id"]), None, {"user_id": "ada"}, ("x", "ada")),
        # what a client sets does not choose whose memory it is
        (None, None, {**AUTH, "user_id": "ben"}, ("ada",)),
        (None, {"user_id": "ben"}, AUTH, ("ada",)),
        (FIELD, {"user_id": "ben"}, {**AUTH, "user_id": "ben"}, ("memories", "ada")),
        (("{org}", "{user_id}"), {"org": "evil"}, {**AUTH, "org": "evil"}, ("acme", "ada")),
        (None, None, {**AUTH, "resmem_namespace": ("acme", "ada")}, ("acme", "ada")),
        # a value is never read as a field
        (FIELD, None, {"user_id": "{tenant}", "tenant": "acme"}, ("memories", "{tenant}")),
    ],
)  # fmt: skip
def test_a_run_says_whose_memory_it_is(source, context, configurable, expected):
    """From config, context, or the authenticated user, who comes first."""
    assert find_namespace(source, context, configurable or {"user_id": "x"}) == expected


@pytest.mark.parametrize(
    ("source", "context", "configurable"),
    [
        (None, None, {}),
        (None, None, {"tenant": "acme"}),
        (FIELD, None, {}),
        (FIELD, None, {"user_id": ""}),
        (FIELD, None, {"user_id": "  "}),
        (("{user_id}",), None, {"user_id": None}),
        (FIELD, None, {"user_id": ["ada"]}),
        (FIELD, None, {"user_id": True}),
        (FIELD, None, {"user_id": 1.5}),
        (FIELD, None, {"user_id": "a\x1fb"}),
        (("memories", "{user id}"), None, {"user id": "ada"}),
        (("memories", "{user_id"), None, {"user_id": "ada"}),
        (("memories", "{}"), None, {"user_id": "ada"}),
        (("memories", "{{user_id}}"), None, {"user_id": "ada"}),
        ("memories", None, {"user_id": "ada"}),
        (None, None, {"langgraph_auth_user": {"identity": ""}, "user_id": "ben"}),
        (None, None, {**AUTH, "resmem_namespace": ("acme", "ben")}),
        (None, {"resmem_namespace": ("acme", "ben")}, AUTH),
    ],
)
def test_a_run_that_does_not_say_it_is_refused(source, context, configurable):
    """Nothing is guessed, and no two users share what nobody filled in."""
    with pytest.raises(NamespaceError):
        find_namespace(source, context, configurable)


def test_no_session_is_opened_in_a_namespace_that_nobody_filled():
    """The words `{user_id}` are no user."""
    with ResilientMemory.open(":memory:") as memory, pytest.raises(NamespaceError, match="user_id"):
        memory.session("t", namespace=FIELD)


async def test_users_of_one_agent_have_each_their_own_memory(memory, recorder, call):
    """A field in the constructor's namespace, filled for each run."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory, namespace=FIELD)],
        checkpointer=InMemorySaver(),
    )  # fmt: skip
    for user, fact in {"ada": "I live in Lisbon.", "ben": "I live in Oslo."}.items():
        run = {"configurable": {"thread_id": user, "user_id": user}}
        await call(agent, {"messages": [("user", fact)]}, run)
    with pytest.raises(NamespaceError):
        await call(agent, {"messages": [("user", "Hi")]}, {"configurable": {"thread_id": "x"}})

    assert [m.text for m in memory.scan(("memories", "ada")) if m.role == "user"] == [
        "I live in Lisbon."
    ]
    assert memory.store.namespaces() == [("memories", "ada"), ("memories", "ben")]
