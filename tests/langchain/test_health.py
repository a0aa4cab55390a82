"""What the middleware does about failing models and tools, and what it leaves to others."""

from __future__ import annotations

import contextlib
import json
import re
from itertools import count

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolRetryMiddleware,
)
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import ToolException, tool
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory, Session
from resmem_core.audit import records, verify
from resmem_core.config.profile import Profile
from resmem_core.control.authority import Change
from resmem_core.engine.base.clock import ManualClock
from resmem_core.errors import CircuitOpen, ConfigError, GivenUp
from resmem_core.health.baseline import WARM
from resmem_core.health.failures import Failure, Kind
from resmem_core.health.overflow import CLEARED
from resmem_core.types import Signal
from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")
OUTAGE = 60.0


class Refused(Exception):
    """Shaped as a provider's status error."""

    def __init__(self, status, retry_after=None):
        super().__init__(f"status {status}")
        self.status_code = status
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


DEAD = [ConnectionError("refused"), Refused(503, 2), RuntimeError("odd")]
FAILING = [TimeoutError(), Refused(429), Refused(401)]


def script(clock, error, until=OUTAGE):
    """A model that raises until then, by the clock, and answers after."""
    start = clock.at

    def line(messages):
        if clock.at - start < until:
            raise error
        return AIMessage("Here I am.")

    return line


def said(result):
    return result["messages"][-1].text


THREADS = count()


async def outage(call, agent, clock, run):
    """Eleven requests in a minute, each in a thread of its own: answers and errors."""
    found, start = [], clock.at
    for n in range(11):
        clock.wait(max(start + n * OUTAGE / 11 - clock.at, 0.0))
        try:
            config = run(f"t{next(THREADS)}")
            found.append(said(await call(agent, {"messages": [("user", f"Q{n}")]}, config)))
        except Exception as error:
            found.append(type(error))
    clock.wait(max(start + OUTAGE - clock.at, 0.0))
    return found


@pytest.mark.parametrize("error", DEAD, ids=repr)
async def test_a_dead_primary_is_left_alone(memory, clock, recorder, run, call, error):
    """At most four attempts in a minute; then a typed refusal; the first probe after it heals."""
    model = recorder(script(clock, error))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    found = await outage(call, agent, clock, run)
    attempts = len(model.calls)
    for _ in range(12):
        clock.wait(8.0)
        try:
            found.append(said(await call(agent, {"messages": [("user", "Still?")]}, run("new"))))
        except CircuitOpen:
            found.append(CircuitOpen)

    healed = found[11:]
    assert attempts <= 4
    assert set(found[1:11]) <= {CircuitOpen, type(error)}
    assert "Here I am." in healed
    assert healed[healed.index("Here I am.") :] == ["Here I am."] * (
        12 - healed.index("Here I am.")
    )
    assert len(model.calls) == attempts + healed.count("Here I am.")


@pytest.mark.parametrize("error", FAILING, ids=repr)
async def test_a_fallback_answers_every_time(memory, clock, recorder, run, call, error):
    """No user sees the outage where another model was given; the primary is asked four times."""
    primary, other = recorder(script(clock, error)), recorder(AIMessage("From the other."))
    ours = ResmemMiddleware(memory, fallback=other)
    agent = create_agent(primary, [], middleware=[ours])

    found = await outage(call, agent, clock, run)

    assert found == ["From the other."] * 11
    assert len(primary.calls) <= (11 if getattr(error, "status_code", 0) in (400, 401) else 4)
    assert len(other.calls) == 11


async def test_what_no_retry_cures_is_not_retried(memory, recorder, run, call):
    """A wrong key, a bad request: one attempt, and the provider's own error."""
    for status in (400, 401, 403, 404, 422):
        model = recorder(Refused(status))
        agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
        with pytest.raises(Refused):
            await call(agent, {"messages": [("user", "Hi")]}, run())
        assert len(model.calls) == 1


async def test_a_passing_fault_is_cured(memory, clock, recorder, run, call):
    """One error is tried again, after the wait that the provider asked for."""
    model = recorder(Refused(429, 3), AIMessage("Here."))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
    before = clock.at

    result = await call(agent, {"messages": [("user", "Hi")]}, run())

    assert said(result) == "Here."
    assert 3.0 <= clock.at - before <= 3.5


@pytest.mark.parametrize("wait", ["31536000", "-5", "nan", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_odd_waits(memory, clock, recorder, run, call, wait):
    """A Retry-After of a year is not waited for, one in the past is our own short wait."""
    model = recorder(Refused(429, wait), AIMessage("Here."))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
    before = clock.at

    try:
        found = said(await call(agent, {"messages": [("user", "Hi")]}, run()))
    except Refused:
        found = ""

    assert found == ("" if wait == "31536000" else "Here.")
    assert clock.at - before < 2


async def test_a_fallback_that_fails_too(memory, recorder, run, call):
    """The user gets the first model's own error, which names what else failed."""
    ours = ResmemMiddleware(memory, fallback=[recorder(KeyError("x")), recorder(Refused(500))])
    agent = create_agent(recorder(Refused(503)), [], middleware=[ours])

    with pytest.raises(Refused) as caught:
        await call(agent, {"messages": [("user", "Hi")]}, run())

    assert caught.value.status_code == 503
    assert caught.value.__notes__[:2] == [
        "what stands in for it failed too: KeyError", "what stands in for it failed too: Refused",
    ]  # fmt: skip


async def test_switched_off_nothing_is_done(memory, recorder, run, call):
    """`retry=False`, `breaker=False`, `suspend=False`: every call is made, once."""
    model = recorder(ConnectionError("down"))
    ours = ResmemMiddleware(memory, retry=False, breaker=False, suspend=False, timeout=False)
    agent = create_agent(model, [], middleware=[ours])

    for _ in range(9):
        with pytest.raises(ConnectionError):
            await call(agent, {"messages": [("user", "Hi")]}, run())

    assert len(model.calls) == 9


def test_a_retry_that_is_none(memory):
    """A number of retries out of range is refused where it is given."""
    for wrong in (-1, 11, 2.5, float("nan"), "two"):
        with pytest.raises(ConfigError):
            ResmemMiddleware(memory, retry=wrong)


async def test_model_retry_in_the_list_retries_alone(memory, recorder, run, call):
    """LangChain's own retry makes its attempts, ours makes none of its own."""
    model = recorder(ConnectionError("down"), ConnectionError("down"), AIMessage("Here."))
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    for middleware in ([retry, ResmemMiddleware(memory)], [ResmemMiddleware(memory), retry]):
        model.script[:] = [ConnectionError("down"), ConnectionError("down"), AIMessage("Here.")]
        model.calls.clear()
        agent = create_agent(model, [], middleware=middleware)
        result = await call(agent, {"messages": [("user", "Hi")]}, run())

        assert said(result) == "Here."
        assert len(model.calls) == 3


async def test_model_fallback_in_the_list_falls_back_alone(memory, clock, recorder, run, call):
    """Their fallback answers; ours is not asked; the dead one is left alone all the same."""
    primary, theirs, ours = recorder(script(clock, ConnectionError("x"))), recorder(), recorder()
    middleware = [ModelFallbackMiddleware(theirs), ResmemMiddleware(memory, fallback=ours)]
    agent = create_agent(primary, [], middleware=middleware)

    found = await outage(call, agent, clock, run)

    assert found == ["Noted."] * 11
    assert len(primary.calls) <= 4
    assert (len(theirs.calls), len(ours.calls)) == (11, 0)


async def test_tool_retry_in_the_list_retries_alone(memory, recorder, calls_tool, run, call):
    """Two attempts of one call, both theirs."""
    tries = []

    @tool
    def calendar() -> str:
        """Read the calendar."""
        tries.append(1)
        raise ConnectionError("refused")

    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0, on_failure="continue")
    model = recorder(calls_tool("calendar"), AIMessage("It fails."))
    agent = create_agent(model, [calendar], middleware=[retry, ResmemMiddleware(memory)])

    await call(agent, {"messages": [("user", "Today?")]}, run())

    assert len(tries) == 2


# -- the providers' own clients


def openai_model(provider, **more):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o-mini", base_url=f"{provider.url}/v1", api_key="x", **more)


def anthropic_model(provider, **more):
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(model_name="claude-haiku-4-5", base_url=provider.url, api_key="x", **more)


@pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")
@pytest.mark.parametrize("make", [openai_model, anthropic_model])
async def test_requests_of_the_real_clients(memory, clock, provider, run, call, make, monkeypatch):
    """Counted where they arrive: the client's own retries and ours are not multiplied."""
    start = clock.at
    provider.failing = lambda: 503 if clock.at - start < OUTAGE else 0
    agent = create_agent(make(provider), [], middleware=[ResmemMiddleware(memory)])

    found = await outage(call, agent, clock, run)
    arrived = len(provider.bodies)
    clock.wait(60.0)
    after = said(await call(agent, {"messages": [("user", "Again")]}, run("later")))

    assert arrived <= 4
    assert "Noted." not in found
    assert after == "Noted."


@pytest.mark.parametrize("theirs", [0, 1])
async def test_retries_that_the_user_set_are_theirs(memory, provider, run, theirs, monkeypatch):
    """`max_retries` on the model: the client makes as many, and we make none, also for 0."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_: 0.0)
    provider.failing = lambda: 503
    model = openai_model(provider, max_retries=theirs)
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory, breaker=False)])

    with pytest.raises(Exception, match="503"):
        agent.invoke({"messages": [("user", "Hi")]}, run())

    assert len(provider.bodies) == 1 + theirs


# -- tools


@pytest.fixture
def office(clock):
    """Five tools, of which the calendar is down while `down` says so."""
    down = {"calendar": False}

    def made(name):
        def work(word: str = "") -> str:
            if down.get(name):
                raise ConnectionError("refused")
            return f"{name} did it"

        return tool(name, description=f"Use the {name}.")(work)

    return [made(n) for n in ("calendar", "mail", "notes", "search", "weather")], down


async def test_one_tool_is_suspended_alone(memory, clock, recorder, calls_tool, run, call, office):
    """Of five, one is down: it alone is left out, the model is told, and told when it is back."""
    tools, down = office

    def asks(messages):
        return (
            calls_tool("calendar", "mail") if messages[-1].type == "human" else AIMessage("Done.")
        )

    model = recorder(asks)
    gives_up = ToolRetryMiddleware(max_retries=0, on_failure="continue")
    ours = ResmemMiddleware(memory, risks={"calendar": 0.6, "mail": 0.6})
    agent = create_agent(model, tools, middleware=[gives_up, ours])

    async def turn(thread="t1"):
        clock.wait(2.0)
        result = await call(agent, {"messages": [("user", "Today?")]}, run(thread))
        return [m for m in result["messages"] if isinstance(m, ToolMessage)]

    await turn()
    down["calendar"] = True
    for _ in range(3):
        await turn()
    answers = await turn()
    other = await turn("another thread")
    hidden = model.calls[-1]["tools"]
    told = model.system()
    down["calendar"] = False
    clock.wait(30.0)
    await turn()
    again = await turn()

    assert re.search(r"calendar is down since \d\d:\d\d; do not call it; say so\.", told)
    assert hidden == ["mail", "notes", "search", "weather"]
    assert [(m.name, m.status) for m in answers] == [("calendar", "error"), ("mail", "success")]
    assert [(m.name, m.status) for m in other] == [("calendar", "error"), ("mail", "success")]
    assert "down since" in answers[0].text
    assert [m.status for m in again] == ["success", "success"]
    assert any("calendar is back since" in model.system(n) for n in range(len(model.calls)))
    assert "calendar" not in model.system()


async def test_a_call_that_fails_alike_is_stopped(memory, recorder, calls_tool, run, call):
    """Three times the same arguments and the same failure; the fourth call is not made."""
    tries = []

    @tool
    def lookup(word: str = "") -> str:
        """Look a word up."""
        tries.append(word)
        raise ToolException("the word has 3 spellings")

    lookup.handle_tool_error = True
    model = recorder(*[calls_tool("lookup", word="x") for _ in range(6)], AIMessage("I give up."))
    for n, line in enumerate(model.script[:-1]):
        line.tool_calls[0]["id"] = f"call-{n}"
    agent = create_agent(model, [lookup], middleware=[ResmemMiddleware(memory)])

    result = await call(agent, {"messages": [("user", "Look x up.")]}, run())

    stops = [m.text for m in result["messages"] if m.type == "tool" and "Not run" in m.text]
    assert tries == ["x"] * 3
    assert len(stops) == 3
    assert "failed 3 times" in stops[0]


async def test_the_probe_may_be_the_call_that_failed(
    memory, clock, recorder, calls_tool, run, call, office
):
    """An agent that always asks the same finds out that the tool is back, at the first probe."""
    tools, down = office
    number = count()

    def asks(messages):
        if messages[-1].type != "human":
            return AIMessage("Done.")
        made = calls_tool("calendar", word="today")
        made.tool_calls[0]["id"] = f"call-{next(number)}"
        return made

    agent = create_agent(recorder(asks), tools, middleware=[ResmemMiddleware(memory)])
    down["calendar"] = True
    for _ in range(4):
        await call(agent, {"messages": [("user", "Today?")]}, run())
    down["calendar"] = False
    clock.wait(30.0)

    result = await call(agent, {"messages": [("user", "Today?")]}, run())

    assert result["messages"][-2].text == "calendar did it"


async def test_a_tool_that_is_given_wrong_values_is_not_sick(
    memory, recorder, calls_tool, run, call
):
    """However often the model is wrong, the tool stays."""

    @tool
    def lookup(word: str = "") -> str:
        """Look a word up."""
        raise ToolException(f"no page {word}")

    lookup.handle_tool_error = True
    model = recorder(*[calls_tool("lookup", word=str(n)) for n in range(8)], AIMessage("No."))
    agent = create_agent(model, [lookup], middleware=[ResmemMiddleware(memory)])

    await call(agent, {"messages": [("user", "Look.")]}, run())

    assert model.calls[-1]["tools"] == ["lookup"]


async def test_a_risky_tool_is_never_called_twice(memory, recorder, calls_tool, run, call):
    """A tool of risk .5 and more is tried once; a harmless one that was not reached, again."""
    tries = []

    def failing(name):
        def work() -> str:
            tries.append(name)
            raise ConnectionError("refused")

        return tool(name, description="Work.")(work)

    for name, expected in (("pay", 1), ("look", 3)):
        model = recorder(calls_tool(name), AIMessage("It does not answer."))
        ours = ResmemMiddleware(memory, risks={"pay": 0.9})
        agent = create_agent(model, [failing(name)], middleware=[ours])
        result = await call(agent, {"messages": [("user", "Go.")]}, run(name))

        assert tries.count(name) == expected
        assert result["messages"][-2].text.startswith(f"{name} failed (connection error)")


class Outdated(Exception):
    """An error of a tool's own library."""


@pytest.mark.parametrize("error", [Outdated("v1"), RuntimeError("odd"), Refused(401), OSError(5)])
async def test_a_failing_tool_does_not_end_the_run(memory, recorder, calls_tool, run, call, error):
    """Whatever it raised that is no bug and no wrong call: the model is told, the user answered;
    where another middleware wraps tool calls, it is left to that one."""

    @tool
    def work() -> str:
        """Work."""
        raise error

    class Wraps(AgentMiddleware):
        def wrap_tool_call(self, request, handler):
            return handler(request)

        async def awrap_tool_call(self, request, handler):
            return await handler(request)

    model = recorder(calls_tool("work"), AIMessage("It failed."))
    agent = create_agent(model, [work], middleware=[ResmemMiddleware(memory)])
    result = await call(agent, {"messages": [("user", "Go.")]}, run("a"))
    others = create_agent(
        recorder(calls_tool("work")), [work], middleware=[Wraps(), ResmemMiddleware(memory)]
    )

    assert said(result) == "It failed."
    assert result["messages"][-2].text.startswith("work ended in an error (")
    with pytest.raises(type(error)):
        await call(others, {"messages": [("user", "Go.")]}, run("b"))


async def test_a_conversation_that_is_too_long_goes_on(memory, recorder, calls_tool, run, call):
    """Older results are left out and the call made again; the latest stay, later turns know."""

    @tool
    def page(word: str = "") -> str:
        """Read a page."""
        return f"words {word} " * 50

    def answer(messages):
        if sum(len(m.text) for m in messages) > 3000:
            raise Refused(413)
        asked = [m for m in messages if m.type == "human"][-1].text
        done = messages[-1].type == "tool"
        return AIMessage("Read.") if done else calls_tool("page", word=asked)

    model = recorder(answer)
    agent = create_agent(
        model, [page], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    for n in range(12):
        result = await call(agent, {"messages": [("user", f"Page {n}")]}, run())
        assert said(result) == "Read."

    session = memory.session("t1", namespace=NAMESPACE)
    last = [m.text for m in model.calls[-1]["messages"] if m.type == "tool"]
    assert "words Page 11" in last[-1]
    assert any(text == CLEARED for text in last)
    assert {act.what for act in session.acts} == {"shorten"}
    assert len(session.acts) <= 2
    kept = [m.text for m in result["messages"] if m.type == "tool"]
    assert not any(text == CLEARED for text in kept)


@pytest.mark.parametrize(
    ("options", "window", "left_out"),
    [
        ({}, 1000, True), ({}, 2000, False), ({}, None, False), ({"retry": False}, 1000, False),
        ({"without": "medication"}, 1000, False), ({"without": "rest"}, 1000, True),
    ],
)  # fmt: skip
async def test_a_conversation_is_relieved_before_it_is_too_long(
    clock, recorder, calls_tool, run, call, options, window, left_out
):
    """Where the last prompt filled four fifths of what the model is known to read; the layer
    medication. The latest six results stay, and the user's own state is whole."""

    @tool
    def page(word: str) -> str:
        """Read a page."""
        return f"words {word}"

    def answer(messages):
        asked = [m for m in messages if m.type == "human"][-1].text
        used = {"input_tokens": 100 * len(messages), "output_tokens": 1, "total_tokens": 1}
        made = AIMessage("Read.") if messages[-1].type == "tool" else calls_tool("page", word=asked)
        return made.model_copy(update={"usage_metadata": used})

    given = dict(options)
    layer = given.pop("without", None)
    profile = Profile.default().without(*([layer] if layer else []))
    model = recorder(answer).model_copy(
        update={"profile": {"max_input_tokens": window} if window else {}}
    )
    with ResilientMemory.open(":memory:", clock=clock, profile=profile) as memory:
        ours = ResmemMiddleware(memory, **given)
        agent = create_agent(model, [page], middleware=[ours], checkpointer=InMemorySaver())
        for n in range(4 if window == 2000 else 9):
            result = await call(agent, {"messages": [("user", f"Page {n}")]}, run())
        acts = [str(act) for act in memory.session("t1", namespace=NAMESPACE).acts]

    last = [m.text for m in model.calls[-1]["messages"] if m.type == "tool"]
    assert (CLEARED in last) == left_out
    assert CLEARED not in last[-6:]
    assert [("nearly fills" in act) for act in acts] == [True] * left_out
    assert not any(m.text == CLEARED for m in result["messages"])


async def test_what_stays_too_long_is_said(memory, recorder, run, call):
    """Nothing to leave out: the provider's own error, with a note on what helps."""
    model = recorder(Refused(413))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    with pytest.raises(Refused) as caught:
        await call(agent, {"messages": [("user", "Hi")]}, run())

    assert any("too long" in note for note in caught.value.__notes__)
    assert len(model.calls) == 1


async def test_a_bug_in_a_tool_is_raised(memory, recorder, calls_tool, run, call):
    """What comes from the tool's own code goes to whoever handles it without us."""

    @tool
    def broken() -> str:
        """Break."""
        return {}["name"]

    agent = create_agent(
        recorder(calls_tool("broken")), [broken], middleware=[ResmemMiddleware(memory)]
    )
    with pytest.raises(KeyError):
        await call(agent, {"messages": [("user", "Go.")]}, run())


async def test_what_is_too_long_goes_only_to_a_larger_model(memory, recorder, run, call):
    """A context overflow is not sent again to a model that is not known to hold more."""
    for limits, expected in (((None, None), 0), ((8000, 8000), 0), ((8000, 200_000), 1)):
        small, other = recorder(RuntimeError("maximum context length is 8000")), recorder()
        small.profile, other.profile = ({"max_input_tokens": n} if n else None for n in limits)
        agent = create_agent(small, [], middleware=[ResmemMiddleware(memory, fallback=other)])
        with contextlib.suppress(RuntimeError):
            await call(agent, {"messages": [("user", "Hi")]}, run(str(limits)))

        assert (len(small.calls), len(other.calls)) == (1, expected)


# -- what hangs


async def test_a_call_that_hangs_is_given_up(recorder, run, monkeypatch):
    """Far beyond what is usual it is cut, in async runs; before a baseline is known it is not."""
    import asyncio

    class Hangs(type(recorder())):
        async def _agenerate(self, messages, *args, **kwargs):
            await asyncio.sleep(30)

    with ResilientMemory.open(":memory:") as memory:
        model = Hangs()
        agent = create_agent(model, [], middleware=[ResmemMiddleware(memory, retry=False)])
        monkeypatch.setattr("resmem_core.health.baseline.LEAST", 0.05)
        name = "model:recorder"
        for _ in range(WARM):
            memory.health.succeeded(name, seconds=0.001)
        with pytest.raises(GivenUp):
            await agent.ainvoke({"messages": [("user", "Hi")]}, run())
        acts = [act.what for act in memory.session("t1", namespace=NAMESPACE).acts]

    assert acts == ["cut"]


async def test_a_tool_that_never_returns_is_given_up(
    memory, recorder, calls_tool, run, monkeypatch
):
    """In async runs, far beyond what is usual for it; the model is told, and the user answered."""
    import asyncio

    @tool
    async def calendar(word: str = "") -> str:
        """Look at the calendar."""
        await asyncio.sleep(30)
        return "free"

    monkeypatch.setattr("resmem_core.health.baseline.LEAST", 0.05)
    for _ in range(WARM):
        memory.health.succeeded("tool:calendar", seconds=0.001)
    model = recorder(calls_tool("calendar"), AIMessage("It hangs."))
    agent = create_agent(model, [calendar], middleware=[ResmemMiddleware(memory)])
    result = await agent.ainvoke({"messages": [("user", "Hi")]}, run())

    assert said(result) == "It hangs."
    assert "calendar is down since" in result["messages"][-2].text
    assert [act.what for act in memory.session("t1", namespace=NAMESPACE).acts][:1] == ["cut"]


# -- what is told


class Heard(BaseCallbackHandler):
    def __init__(self):
        self.acts = []

    def on_custom_event(self, name, data, **kwargs):
        if name == "resmem_act":
            self.acts.append(data)


async def test_every_act_is_explained_traced_and_audited(
    memory, clock, recorder, calls_tool, run, call, office
):
    """One line for a person, one event in LangChain's callbacks, one record, no text."""
    tools, down = office
    down["calendar"] = True
    heard = Heard()
    primary = recorder(calls_tool("calendar", word="SECRET"))
    gives_up = ToolRetryMiddleware(max_retries=0, on_failure="continue")
    ours = ResmemMiddleware(memory, fallback=recorder(AIMessage("From the other.")))
    agent = create_agent(primary, tools, middleware=[gives_up, ours])
    config = {**run(), "callbacks": [heard]}
    for n in range(4):
        primary.script[:] = [calls_tool("calendar", word=f"SECRET{n}"), AIMessage("Done.")]
        await call(agent, {"messages": [("user", "Is SECRET free?")]}, config)
    for _ in range(4):
        primary.script[:] = [ConnectionError("SECRET refused")]
        await call(agent, {"messages": [("user", "And now?")]}, config)

    session = memory.session("t1", namespace=NAMESPACE)
    story = session.explain()
    kinds = {act.what for act in session.acts}
    log = [r for r in records(memory.store) if r["event"] == "health"]
    assert {"open", "suspension", "refusal", "retry", "fallback"} <= kinds
    assert (
        [r["act"] for r in log] == [a["act"] for a in heard.acts] == [a.what for a in session.acts]
    )
    assert all(str(act) in story.lines for act in session.acts)
    assert re.search(
        r"calendar is down since \d\d:\d\d \(connection\); next try in \d+ s", str(story)
    )
    assert "SECRET" not in json.dumps([log, heard.acts]) + str(story)
    assert story.raw is not None
    verify(records(memory.store))


async def test_a_blip_closes_nothing(memory, clock, recorder, run, call):
    """What lasted a second and failed one request, however often tried, refuses no other."""
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, on_failure="error")
    for middleware in ([], [retry]):
        model = recorder(script(clock, ConnectionError("refused"), until=1.1))
        agent = create_agent(model, [], middleware=[*middleware, ResmemMiddleware(memory)])
        with contextlib.suppress(ConnectionError):
            await call(agent, {"messages": [("user", "Hi")]}, run(f"a{len(middleware)}"))
        clock.wait(1.2)
        found = await call(agent, {"messages": [("user", "Hi")]}, run(f"b{len(middleware)}"))

        assert said(found) == "Here I am."


@pytest.mark.parametrize("lasts", [3.0, 12.0, 24.0])
async def test_an_answer_comes_late_instead_of_never(memory, clock, recorder, run, call, lasts):
    """Where nobody stands in, a request waits for the probe of a model that is well again."""
    model = recorder(script(clock, ConnectionError("refused"), until=lasts))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
    for n in range(2):
        with pytest.raises(ConnectionError):
            await call(agent, {"messages": [("user", "Hi")]}, run(f"first{n}"))
    clock.wait(11.0)
    before = clock.at

    assert said(await call(agent, {"messages": [("user", "Hi")]}, run("later"))) == "Here I am."
    assert 10.0 < clock.at - before <= 22.0


@pytest.mark.parametrize(("layer", "waits"), [("rest", True), ("coping", False)])
async def test_the_layer_coping_is_what_waits(clock, recorder, run, call, layer, waits):
    """A profile without it refuses at once; one without another layer waits as ever."""
    profile = Profile.default().without(layer)
    model = recorder(script(clock, ConnectionError("refused"), until=12.0))
    with ResilientMemory.open(":memory:", clock=clock, profile=profile) as memory:
        agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
        for n in range(2):
            with pytest.raises(ConnectionError):
                await call(agent, {"messages": [("user", "Hi")]}, run(f"first{n}"))
        clock.wait(11.0)
        with contextlib.nullcontext() if waits else pytest.raises(CircuitOpen):
            await call(agent, {"messages": [("user", "Hi")]}, run("later"))


@pytest.mark.parametrize(("layer", "tries"), [("coping", 1), ("rest", 2)])
async def test_the_layer_rest_spares_who_was_just_down(clock, recorder, run, call, layer, tries):
    """A second burst costs the primary one call where another stands in; without it, a retry too.
    Nobody sees either."""
    profile = Profile.default().without(layer)
    start = clock.at
    bursts = ((0.0, 5.0), (60.0, 65.0))

    def primary(messages):
        if any(begin <= clock.at - start < end for begin, end in bursts):
            raise ConnectionError("refused")
        return AIMessage("Here I am.")

    model, other = recorder(primary), recorder(AIMessage("From the other."))
    with ResilientMemory.open(":memory:", clock=clock, profile=profile) as memory:
        agent = create_agent(model, [], middleware=[ResmemMiddleware(memory, fallback=other)])
        found = []
        for at in (0.0, 30.0, 60.0):
            clock.wait(start + at - clock.at)
            before = len(model.calls)
            asked = await call(agent, {"messages": [("user", "Hi")]}, run(f"t{at}"))
            found.append((said(asked), len(model.calls) - before))

    assert found == [("From the other.", 2), ("Here I am.", 1), ("From the other.", tries)]


async def test_who_wants_no_retries_is_refused_at_once(memory, clock, recorder, run, call):
    """With `retry=False` nobody waits for a probe."""
    model = recorder(script(clock, ConnectionError("refused"), until=9.0))
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory, retry=False)])
    for n in range(3):
        with pytest.raises(ConnectionError):
            await call(agent, {"messages": [("user", "Hi")]}, run(f"first{n}"))
    clock.wait(11.0)
    before = clock.at

    with pytest.raises(CircuitOpen):
        await call(agent, {"messages": [("user", "Hi")]}, run("later"))
    assert clock.at == before


async def test_another_worker_knows(recorder, run, call, tmp_path):
    """A worker that opens the same store, or had it open, does not try a dead model again."""
    clock, path = ManualClock(1.7e9), str(tmp_path / "agent.db")
    with (
        ResilientMemory.open(path, clock=clock) as one,
        ResilientMemory.open(path, clock=clock) as two,
    ):
        first, second, third = (recorder(ConnectionError("down")) for _ in range(3))
        agents = [
            create_agent(model, [], middleware=[ResmemMiddleware(memory)])
            for memory, model in ((one, first), (two, second))
        ]
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await call(agents[0], {"messages": [("user", "Hi")]}, run("a"))
        clock.wait(3.0)
        with pytest.raises(CircuitOpen):
            await call(agents[1], {"messages": [("user", "Hi")]}, run("b"))
        with ResilientMemory.open(path, clock=clock) as late:
            agent = create_agent(third, [], middleware=[ResmemMiddleware(late)])
            with pytest.raises(CircuitOpen):
                await call(agent, {"messages": [("user", "Hi")]}, run("c"))

    assert (len(first.calls), len(second.calls), len(third.calls)) == (3, 0, 0)


async def test_in_calm_nothing_is_told_or_written(memory, recorder, calls_tool, run, call, office):
    """No act, no record, no line, no document, and the story says so."""
    tools, _ = office
    model = recorder(calls_tool("mail"), AIMessage("Done."))
    agent = create_agent(model, tools, middleware=[ResmemMiddleware(memory)])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    story = memory.session("t1", namespace=NAMESPACE).explain()
    assert story.acts == ()
    assert story.lines == ("calm: every request is sent as you set it, and every call is made",)
    assert memory.store.version("health", "") == 0
    assert not [r for r in records(memory.store) if r["event"] == "health"]


def test_the_checkpointer_is_not_needed(memory, recorder, run):
    """An interrupt of the graph is no failure of the model."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    agent.invoke({"messages": [("user", "Hi")]}, run())

    assert not memory.health["model:recorder"].down


async def test_a_changed_setting_is_explained(memory, recorder, run, call, monkeypatch):
    """What is sent, what is yours, by which hormone, after what, and when it is yours again."""
    model = recorder(AIMessage("Here.")).model_copy(update={"temperature": 0.7, "max_tokens": 100})
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])
    session = memory.session("t1", namespace=NAMESPACE)
    monkeypatch.setattr(Session, "change", Change(temperature=-0.3, stretch=2))
    session.signal(Signal("tool_error", 1.0), Signal("truncation", 1.0))
    session.loop.step()
    memory.health.failed("tool:calendar", Failure(Kind.TIMEOUT, True))

    await call(agent, {"messages": [("user", "Hi")]}, run())

    lines = session.explain().lines
    assert re.fullmatch(
        r"temperature 0\.4 \(yours 0\.7\): -0\.3, (\w+ 0\.\d\d )?after 1 failure of calendar "
        r"\(timeout\) and 1 answer cut at the limit; back at yours in about \d calm turns?",
        lines[1],
    )
