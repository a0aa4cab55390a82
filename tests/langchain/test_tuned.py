"""`tuned(model, session)`: the knobs are read anew at each call, whatever the way in."""

from __future__ import annotations

import pytest
from langchain.agents import create_agent
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from pydantic import BaseModel

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_core.control.terms import Budget, Spent
from resmem_core.errors import ConfigError
from resmem_core.types import Signal
from resmem_langchain import ResmemCallbackHandler, TunedModel, tuned


class Dial:
    """A session that asks for one temperature per reading: 0.1, 0.2, 0.3, … below the user's."""

    spent = Spent()

    def __init__(self) -> None:
        self.read = 0

    def begin_call(self) -> None:
        self.read += 1

    @property
    def change(self) -> Change:
        return Change(temperature=-self.read / 10, top_p=-0.1)


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def recorder(recorder):
    """Models whose user has set a temperature of 1 and a top_p of 0.9."""

    def make(*script):
        return recorder(*script).model_copy(update={"temperature": 1.0, "top_p": 0.9})

    return make


@tool
def lookup(word: str = "") -> str:
    """Look a word up."""
    return "found"


class City(BaseModel):
    """Where."""

    name: str


async def drained(stream):
    return [chunk async for chunk in stream]


SYNC = {
    "invoke": lambda m: m.invoke("Hi"),
    "stream": lambda m: list(m.stream("Hi")),
    "batch": lambda m: m.batch(["Hi"]),
    "batch_as_completed": lambda m: list(m.batch_as_completed(["Hi"])),
    "batch, exceptions returned": lambda m: m.batch(["Hi"], return_exceptions=True),
    "transform": lambda m: list(m.transform(iter(["Hi"]))),
    "in a chain": lambda m: (ChatPromptTemplate.from_template("{x}") | m).invoke({"x": "Hi"}),
    "chain, streamed": lambda m: list((m | StrOutputParser()).stream("Hi")),
    "bind": lambda m: m.bind(stop=["x"]).invoke("Hi"),
    "bind_tools": lambda m: m.bind_tools([lookup]).invoke("Hi"),
    "with_config": lambda m: m.with_config(tags=["x"]).invoke("Hi"),
    "with_retry": lambda m: m.with_retry().invoke("Hi"),
    "with_fallbacks": lambda m: m.with_fallbacks([m]).invoke("Hi"),
    "with_listeners": lambda m: m.with_listeners(on_end=lambda run: None).invoke("Hi"),
    "with_types": lambda m: m.with_types(input_type=str).invoke("Hi"),
    "bind, tools, config": lambda m: m.bind(stop=["x"]).bind_tools([lookup]).with_config(tags=["x"])
    .invoke("Hi"),
    "agent": lambda m: create_agent(m, [lookup]).invoke({"messages": [("user", "Hi")]}),
}  # fmt: skip
ASYNC = {
    "ainvoke": lambda m: m.ainvoke("Hi"),
    "astream": lambda m: drained(m.astream("Hi")),
    "abatch": lambda m: m.abatch(["Hi"]),
    "abatch, exceptions returned": lambda m: m.abatch(["Hi"], return_exceptions=True),
    "abatch_as_completed": lambda m: drained(m.abatch_as_completed(["Hi"])),
    "astream_events": lambda m: drained(m.astream_events("Hi", version="v2")),
    "chain, astream": lambda m: drained((m | StrOutputParser()).astream("Hi")),
    "agent": lambda m: create_agent(m, [lookup]).ainvoke({"messages": [("user", "Hi")]}),
}


@pytest.mark.parametrize("way", SYNC, ids=list(SYNC))
def test_every_sync_way_reads_the_knobs_anew(dial, recorder, way):
    """The second call has the second reading; the model itself stays as it was."""
    model = recorder()
    wrapped = tuned(model, dial)

    SYNC[way](wrapped)
    SYNC[way](wrapped)

    assert [c["temperature"] for c in model.calls] == [0.9, 0.8]
    assert model.temperature == 1.0


@pytest.mark.parametrize("way", ASYNC, ids=list(ASYNC))
async def test_every_async_way_reads_the_knobs_anew(dial, recorder, way):
    """The same for the async forms."""
    model = recorder()
    wrapped = tuned(model, dial)

    await ASYNC[way](wrapped)
    await ASYNC[way](wrapped)

    assert [c["temperature"] for c in model.calls] == [0.9, 0.8]


def test_a_batch_is_one_reading(dial, recorder):
    """All calls of a batch have the same knobs."""
    model = recorder()

    tuned(model, dial).batch(["a", "b", "c"])

    assert [c["temperature"] for c in model.calls] == [0.9] * 3


def test_a_retry_reads_again(dial, recorder):
    """Each attempt of `with_retry` has the knobs of its own moment."""
    model = recorder(ConnectionError("down"), AIMessage("up"))

    tuned(model, dial).with_retry(wait_exponential_jitter=False).invoke("Hi")

    assert [c["temperature"] for c in model.calls] == [0.9, 0.8]


def test_fallbacks_take_over(dial, recorder):
    """A model that fails hands over; the fallback may be tuned as well."""
    broken, spare = recorder(ConnectionError("down")), recorder()

    tuned(broken, dial).with_fallbacks([tuned(spare, dial)]).invoke("Hi")

    assert spare.calls[0]["temperature"] == 0.8


@pytest.mark.parametrize("include_raw", [False, True])
def test_structured_output_keeps_the_knobs(dial, recorder, include_raw):
    """The provider's own structured output is used, with our knobs inside."""
    answer = AIMessage("", tool_calls=[{"name": "City", "args": {"name": "Lisbon"}, "id": "1"}])
    model = recorder(answer)
    chain = tuned(model, dial).with_structured_output(City, include_raw=include_raw)

    found = [chain.invoke("Where?"), chain.invoke("Where?")]

    parsed = [f["parsed"] if include_raw else f for f in found]
    assert parsed == [City(name="Lisbon")] * 2
    assert [c["temperature"] for c in model.calls] == [0.9, 0.8]
    assert model.calls[0]["tools"]


def test_what_is_passed_or_bound_is_the_base(dial, recorder):
    """A change is made around what the user set last, wherever that was."""
    model = recorder()
    wrapped = tuned(model, dial)

    wrapped.invoke("Hi", temperature=1.5)
    wrapped.bind(temperature=1.6).invoke("Hi")

    assert [c["kwargs"]["temperature"] for c in model.calls] == [1.4, 1.4]
    assert [c["temperature"] for c in model.calls] == [1.0, 1.0]


def test_what_is_left_to_the_provider_stays_absent(dial, bare_recorder):
    """No setting is invented, whatever the session asks for."""
    model = bare_recorder()

    tuned(model, dial).invoke("Hi")

    assert set(model.calls[0]["kwargs"]).isdisjoint({"temperature", "top_p", "max_tokens"})


def test_without_ticks_it_only_reads(dial, recorder):
    """`tick=False` leaves the session's time to somebody else."""
    model = recorder()

    tuned(model, dial, tick=False).invoke("Hi")

    assert (dial.read, model.calls[0]["temperature"]) == (0, 1.0)


def test_tune_and_ranges_hold(dial, recorder):
    """Only what the user opened moves, and only as far; a name that does not exist is refused."""
    model = recorder()

    tuned(model, dial, tune=["top_p"]).invoke("Hi")
    tuned(model, dial, ranges={"temperature": (0.95, 1.5)}).invoke("Hi")
    tuned(model, dial, tune=()).invoke("Hi")

    got = [(c["temperature"], c["top_p"]) for c in model.calls]
    assert got == [(1.0, 0.8), (0.95, 0.8), (1.0, 0.9)]
    with pytest.raises(ConfigError, match="temprature"):
        tuned(model, dial, tune=["temprature"])


def test_a_budget_caps_what_is_left(memory, recorder):
    """An answer is asked for no more tokens than the conversation has left."""
    usage = {"input_tokens": 500, "output_tokens": 400, "total_tokens": 900}
    session, model = (
        memory.session("t", namespace=("a", "b")),
        recorder(AIMessage("Yes.", usage_metadata=usage)),
    )
    wrapped = tuned(model, session, budget=Budget(tokens=5000))
    config = {"callbacks": [ResmemCallbackHandler(session)]}

    for _ in range(3):
        wrapped.invoke("Hi", config)

    assert [c["max_tokens"] for c in model.calls] == [None, None, 3200]


def test_traces_name_the_real_settings(dial, recorder):
    """What a tracer sees is what the model got."""
    from langchain_core.callbacks import BaseCallbackHandler

    seen = []

    class Tracer(BaseCallbackHandler):
        def on_chat_model_start(self, *args, invocation_params=None, **kwargs):
            seen.append(args[1][0][0].content)

    config = RunnableConfig(callbacks=[Tracer()])
    tuned(recorder(), dial).with_config(config).invoke("Hi")

    assert seen == ["Hi"]


def test_it_cannot_be_serialized(dial, recorder):
    """A live session is no JSON: the object says "not implemented" and holds no session."""
    wrapped = tuned(recorder(), dial)

    assert isinstance(wrapped, TunedModel)
    assert not wrapped.is_lc_serializable()
    assert dumpd(wrapped)["type"] == "not_implemented"


def test_with_a_live_session(memory, recorder):
    """Cut answers raise the user's limit, and calm brings it back."""
    session = memory.session("t", namespace=("acme", "ada"))
    model = recorder().model_copy(update={"max_tokens": 100})
    wrapped = tuned(model, session, ranges={"max_tokens": (1, 1000)})
    wrapped.invoke("Hi")
    session.signal(Signal("truncation", 1.0))
    for _ in range(10):
        wrapped.invoke("Hi")

    assert [c["max_tokens"] for c in model.calls] == [100, *[200] * 8, 100, 100]


def test_what_a_tuned_model_sends_is_explained(memory, recorder, monkeypatch):
    """Neither is "calm" said of a changed request, nor a change of a calm one."""
    session, script = memory.session("t1", namespace=("acme", "ada")), recorder(AIMessage("Done."))
    own = script.model_copy(update={"max_tokens": 200})
    model = tuned(own, session, ranges={"max_tokens": (1, 1000)})

    monkeypatch.setattr(Session, "change", Change(temperature=-0.3, stretch=2))
    model.invoke("hi")
    changed = str(session.explain())
    monkeypatch.setattr(Session, "change", Change())
    model.invoke("hi")

    assert script.calls[0]["max_tokens"] == 400
    assert "temperature 0.7 (yours 1): -0.3" in changed
    assert "max_tokens 400 (yours 200): times 2" in changed
    assert not changed.startswith("calm")
    assert str(session.explain()).startswith("calm")
