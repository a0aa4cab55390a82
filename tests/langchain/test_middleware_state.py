"""The control state: per thread, in the checkpointer, restored by time travel; numbers only."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from resmem_core import ResilientMemory
from resmem_langchain import ResmemMiddleware

NAMESPACE = ("acme", "ada")


def numbers_only(doc) -> bool:
    if isinstance(doc, dict):
        return all(map(numbers_only, doc.values()))
    if isinstance(doc, list | tuple):
        return all(map(numbers_only, doc))
    return isinstance(doc, int | float)


async def test_state_is_private_and_holds_no_text(memory, recorder, run, call):
    """It is in the checkpoint as numbers, and in no output."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )

    result = await call(agent, {"messages": [("user", "I moved to Lisbon.")]}, run())

    kept = agent.get_state(run()).values["resmem"]
    assert set(result) == {"messages"}
    assert kept["tail"]["ticks"] > 0
    assert numbers_only(kept)
    assert len(json.dumps(kept)) <= 300


async def test_the_state_stays_small_in_trouble(memory, recorder, run, call):
    """Evidence of every kind and a million ticks fit in 300 bytes, and are gone on from."""
    session = memory.session("t1", namespace=NAMESPACE)
    session.restore({**session.digest(), "tail": {"ticks": 123_456}, "seen": [8, 8, 8, 0.99, 9]})
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )

    await call(agent, {"messages": [("user", "Hi")]}, run())

    kept = agent.get_state(run()).values["resmem"]
    assert len(json.dumps(kept)) <= 300
    assert kept["seen"][:3] == [7, 7, 7]


async def test_a_forged_state_is_ignored(memory, recorder, run, call):
    """The caller cannot hand a control state in."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )

    forged = {"messages": [("user", "Hi")], "resmem": {"level": {"cortisol": 1.0}}}
    await call(agent, forged, run())

    assert agent.get_state(run()).values["resmem"]["level"]["cortisol"] < 0.5


async def test_time_travel_restores_the_state(memory, recorder, run, call):
    """Going back to an earlier checkpoint goes on from the state that it holds."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    await call(agent, {"messages": [("user", "One")]}, run())
    first = agent.get_state(run())
    calm = first.values["resmem"]["tail"]["ticks"]
    for _ in range(3):
        await call(agent, {"messages": [("user", "More")]}, run())
    late = memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]

    back = {"configurable": {**run()["configurable"], **first.config["configurable"]}}
    await call(agent, {"messages": [("user", "Two, again")]}, back)

    now = memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]
    assert now == calm + (late - calm) / 3


async def test_another_worker_goes_on_from_the_checkpoint(recorder, run, call, tmp_path):
    """A second process with the same checkpointer has the first one's state."""
    saver = InMemorySaver()

    async def turn(location, text):
        with ResilientMemory.open(str(location)) as memory:
            agent = create_agent(
                recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=saver
            )
            await call(agent, {"messages": [("user", text)]}, run())
            return memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]

    one = await turn(tmp_path / "a.db", "One")
    two = await turn(tmp_path / "b.db", "Two")

    assert two == 2 * one


async def test_without_a_checkpointer_the_store_carries_it(recorder, run, call, tmp_path):
    """A restart without a checkpointer goes on from the state in the memory's own file."""

    async def turn(text):
        with ResilientMemory.open(str(tmp_path / "a.db")) as memory:
            agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(memory)])
            await call(agent, {"messages": [("user", text)]}, run())
            return memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]

    one = await turn("One")
    two = await turn("Two")

    assert two == 2 * one


async def test_a_retry_keeps_what_it_felt(memory, recorder, run, call):
    """Attempts of one step do not fall back to the state that the step began with."""
    from langchain.agents.middleware import ModelRetryMiddleware

    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    good, bad = AIMessage("Fine."), ConnectionError("down")
    model = recorder(good, bad, bad, good)
    agent = create_agent(
        model, [], middleware=[retry, ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    await call(agent, {"messages": [("user", "One")]}, run())
    before = memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]

    await call(agent, {"messages": [("user", "Two")]}, run())

    after = memory.session("t1", namespace=NAMESPACE).snapshot()["tail"]["ticks"]
    assert after - before == 3  # three attempts, the last of them closed by the outcome


async def test_nonsense_in_the_checkpoint_is_passed_over(memory, recorder, run, call, caplog):
    """A checkpoint that another profile or version wrote does not stop the agent."""
    agent = create_agent(
        recorder(), [], middleware=[ResmemMiddleware(memory)], checkpointer=InMemorySaver()
    )
    await call(agent, {"messages": [("user", "One")]}, run())
    agent.update_state(run(), {"resmem": {"level": "nonsense"}})

    result = await call(agent, {"messages": [("user", "Two")]}, run())

    assert result["messages"][-1].text == "Noted."
    assert "not used" in caplog.text


def say_where(messages):
    """Answers with how many lines were recalled."""
    return AIMessage(f"seen:{messages[-1].text.count('- [')}")


def test_one_instance_serves_many_threads(memory, recorder, run):
    """Threads and users at once, on one agent: nobody's words reach anybody else."""
    model = recorder(say_where)
    agent = create_agent(model, [], middleware=[ResmemMiddleware(memory)])

    def talk(n):
        for turn in range(3):
            said = {"messages": [HumanMessage(f"I am person{n} and like number {turn}.")]}
            agent.invoke(said, run(f"thread{n}-{turn}", ("acme", f"person{n}")))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk, range(8)))
    memory.outbox.flush()  # on a busy machine a turn does not wait for the others' writes

    for recorded in model.calls:
        everything = "\n".join(m.text for m in recorded["messages"])
        assert len({w for w in everything.replace(".", " ").split() if "person" in w}) == 1
    for n in range(8):
        said = [m.text for m in memory.scan(("acme", f"person{n}")) if m.role == "user"]
        assert len(said) == 3


async def test_one_instance_serves_many_tasks(memory, recorder, run):
    """The same, on one event loop."""
    agent = create_agent(recorder(say_where), [], middleware=[ResmemMiddleware(memory)])

    async def talk(n):
        said = {"messages": [HumanMessage(f"I am person{n}.")]}
        await agent.ainvoke(said, run(f"thread{n}", ("acme", f"person{n}")))

    await asyncio.gather(*map(talk, range(16)))
    memory.outbox.flush()  # on a busy machine a turn does not wait for the others' writes

    for n in range(16):
        said = [m.text for m in memory.scan(("acme", f"person{n}")) if m.role == "user"]
        assert said == [f"I am person{n}."]


@pytest.mark.parametrize("mode", ["values", "updates"])
def test_what_streams_show_is_numbers(memory, recorder, run, mode):
    """LangGraph shows private state in these stream modes; ours has nothing to hide."""
    agent = create_agent(recorder(), [], middleware=[ResmemMiddleware(memory)])

    said = {"messages": [("user", "I moved to Lisbon in May.")]}
    for event in agent.stream(said, run(), stream_mode=mode):
        nodes = [event] if mode == "values" else list(event.values())
        for update in nodes:
            assert numbers_only((update or {}).get("resmem", {}))
