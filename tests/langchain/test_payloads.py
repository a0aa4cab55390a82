"""What arrives at each provider: real partner packages, a server on this machine."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.tools import tool

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_core.control.terms import Budget, Spent, Terms, terms
from resmem_core.types import Message, Outcome
from resmem_langchain import ResmemMiddleware, tuned
from resmem_langchain._model.parameters import Copies, fitted

pytestmark = pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")

CHANGE = Change(temperature=-0.2, top_p=-0.1, stretch=2)
SESSION = SimpleNamespace(change=CHANGE, spent=Spent(), begin_call=lambda: None)
ALL = Terms()


@tool
def lookup(word: str) -> str:
    """Look a word up."""
    return "found"


def openai(provider, model="gpt-4o-mini", **more):
    from langchain_openai import ChatOpenAI

    options = {"base_url": f"{provider.url}/v1", "api_key": "x", "max_retries": 0}
    return ChatOpenAI(model=model, **options, **more)


def anthropic(provider, model="claude-haiku-4-5", **more):
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(
        model_name=model, base_url=provider.url, api_key="x", max_retries=0, **more
    )


def ollama(provider, **more):
    from langchain_ollama import ChatOllama

    return ChatOllama(model="llama3", base_url=provider.url, **more)


def sent(provider):
    """The sampling settings of the last call, under whatever names the provider takes."""
    body = provider.bodies[-1]
    flat = {**body, **body.get("options", {})}
    names = (
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "max_output_tokens",
        "num_predict",
    )  # fmt: skip
    return {name: flat[name] for name in names if flat.get(name) is not None}


OWN = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 400}
THINKING = {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 2000}}
CASES = {
    "openai chat": (openai, OWN, {"temperature": 0.5, "top_p": 0.8, "max_completion_tokens": 800}),
    "openai chat, nothing set": (openai, {}, {}),
    "openai chat, zero": (openai, {"temperature": 0}, {"temperature": 0}),
    "openai chat, raw request": (
        openai, {"temperature": 1.0, "extra_body": {"temperature": 0.7}}, {"temperature": 0.7},
    ),
    "openai responses": (
        openai, {"use_responses_api": True, **OWN},
        {"temperature": 0.5, "top_p": 0.8, "max_output_tokens": 800},
    ),
    "openai responses, model_kwargs": (
        openai, {"use_responses_api": True, "model_kwargs": {"max_output_tokens": 400}},
        {"max_output_tokens": 800},
    ),
    "openai responses, nothing set": (openai, {"use_responses_api": True}, {}),
    "openai reasoning, chat": (
        openai, {"model": "o3", "max_tokens": 400}, {"max_completion_tokens": 800},
    ),
    "openai reasoning, responses": (
        openai, {"model": "gpt-5", "use_responses_api": True, "max_tokens": 400},
        {"max_output_tokens": 800},
    ),
    "anthropic": (
        anthropic, {"temperature": 0.7, "max_tokens": 64}, {"temperature": 0.5, "max_tokens": 128},
    ),
    "anthropic, thinking": (anthropic, THINKING, {"max_tokens": 8000}),
    "ollama": (
        ollama, {"temperature": 0.7, "top_p": 0.9, "num_predict": 400},
        {"temperature": 0.5, "top_p": 0.8, "num_predict": 800},
    ),
    "ollama, nothing set": (ollama, {}, {}),
    "ollama, no cap": (ollama, {"num_ctx": 2048, "num_predict": -1}, {"num_predict": -1}),
}  # fmt: skip
CALM = {
    "openai chat": (openai, OWN), "openai chat, nothing set": (openai, {}),
    "openai responses": (openai, {"use_responses_api": True, **OWN}),
    "openai reasoning": (openai, {"model": "o3"}),
    "anthropic": (anthropic, {"temperature": 0}), "anthropic, thinking": (anthropic, THINKING),
    "ollama": (ollama, {"temperature": 0, "num_predict": 400, "num_ctx": 2048}),
    "ollama, nothing set": (ollama, {}),
}  # fmt: skip
SPEEDS = [(0.3, 50), (1.5, 600), (10, 3000), (40, 3000)]


@pytest.mark.parametrize(("seconds", "tokens"), SPEEDS)
@pytest.mark.parametrize("case", CALM, ids=list(CALM))
def test_calm_turns_are_sent_as_without_us(
    provider, memory, run, monkeypatch, case, seconds, tokens
):
    """30 good turns at this speed: each request has the bytes it has without the middleware."""
    make, options = CALM[case]
    clock = count(step=seconds)
    monkeypatch.setattr("resmem_langchain._model.guard.perf_counter", lambda: next(clock))
    ours = ResmemMiddleware(
        memory,
        risks={"lookup": 0.9},
        remember=(),
        judge=lambda outcome, _: replace(outcome, tokens=tokens),
    )
    said = {"messages": [("user", "What is new?")]}
    create_agent(make(provider, **options), [lookup]).invoke(said)
    agent = create_agent(make(provider, **options), [lookup], middleware=[ours])

    for _ in range(30):
        agent.invoke(said, run())

    assert provider.raw == provider.raw[:1] * 31


@pytest.mark.parametrize(("seconds", "tokens"), SPEEDS)
@pytest.mark.parametrize("case", CALM, ids=list(CALM))
def test_calm_calls_of_a_tuned_model_are_sent_as_without_us(
    provider, memory, case, seconds, tokens
):
    """The same for `tuned`, with settings bound and passed as well."""
    make, options = CALM[case]
    session = memory.session("t1", namespace=("acme", "ada"))
    passed = {} if make is ollama else {"max_tokens": 77}  # Ollama's client refuses what it lacks
    bound = {"user": "ada"} if "responses" in case else {"stop": ["x"]}  # that API has no `stop`
    make(provider, **options).bind(**bound).invoke("Hi", **passed)
    model = tuned(make(provider, **options), session).bind(**bound)

    for _ in range(30):
        model.invoke("Hi", **passed)
        session.outcome(Outcome(success=True, latency=seconds, tokens=tokens))

    assert provider.raw == provider.raw[:1] * 31


def known(model, case):
    """The model; older partner packages do not know which models take no temperature."""
    if ("reasoning" in case or "without" in case) and "temperature" not in (model.profile or {}):
        pytest.skip("this version of the partner package has no profile of the model")
    return model


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
async def test_tuned_payloads(provider, case, call):
    """A change is made where the user's own setting stands, and nothing else is sent."""
    make, options, expected = CASES[case]
    model = tuned(known(make(provider, **options), case), SESSION)

    await call(model, "Hi")

    assert sent(provider) == expected


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
async def test_middleware_payloads(provider, memory, run, case, call, monkeypatch):
    """The middleware sends the same, beside the tools."""
    make, options, expected = CASES[case]
    monkeypatch.setattr(Session, "change", CHANGE)
    middleware = ResmemMiddleware(memory)
    model = known(make(provider, **options), case)
    agent = create_agent(model, [lookup], middleware=[middleware])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert sent(provider) == expected
    assert len(provider.bodies[-1]["tools"]) == 1


def test_ollama_keeps_constructor_options(provider):
    """Settings that we do not know stay beside those that change."""
    tuned(ollama(provider, num_ctx=2048, seed=7, temperature=0.7), SESSION).invoke("Hi")

    assert provider.bodies[-1]["options"] == {"num_ctx": 2048, "seed": 7, "temperature": 0.5}


def test_ollama_options_of_the_call_are_the_base(provider):
    """A table of options replaces the model's fields, and so it is what a change is made in."""
    model = ollama(provider, temperature=1.0, num_ctx=2048)

    tuned(model, SESSION).invoke("Hi", options={"temperature": 0.7, "seed": 7})

    assert provider.bodies[-1]["options"] == {"temperature": 0.5, "seed": 7}


def test_arguments_of_the_call_are_the_base(provider):
    """What the caller passes counts more than the model's field, under any of its names."""
    model = openai(provider, temperature=1.0)

    tuned(model, SESSION).invoke("Hi", temperature=0.7, max_completion_tokens=5)

    assert sent(provider) == {"temperature": 0.5, "max_completion_tokens": 10}


def test_thinking_that_the_call_asks_for_fixes_the_temperature(provider):
    """Anthropic refuses another temperature than 1 beside extended thinking, wherever it is set."""
    model = tuned(anthropic(provider, temperature=1.0, max_tokens=4000), SESSION)

    model.invoke("Hi", thinking=THINKING["thinking"])

    assert sent(provider) == {"temperature": 1.0, "max_tokens": 8000}


def test_a_model_that_is_chosen_at_run_time_is_left_as_it_is(provider):
    """`init_chat_model` with configurable fields: what is passed changes, the rest is its own."""
    from langchain.chat_models import init_chat_model

    options = {"base_url": f"{provider.url}/v1", "api_key": "x", "temperature": 0.9}
    model = init_chat_model("openai:gpt-4o-mini", configurable_fields=("temperature",), **options)

    same, settings = fitted(model, {"top_p": 0.7}, CHANGE, ALL)
    same.invoke("Hi", **settings)

    assert same is model
    assert sent(provider) == {"temperature": 0.9, "top_p": 0.6}


def test_model_settings_are_the_base(provider, memory, run, monkeypatch):
    """What another middleware sets for the call is the user's, too."""
    from langchain.agents.middleware import wrap_model_call

    @wrap_model_call
    def sets(request, handler):
        return handler(request.override(model_settings={"temperature": 0.7}))

    monkeypatch.setattr(Session, "change", CHANGE)
    agent = create_agent(openai(provider), [], middleware=[sets, ResmemMiddleware(memory)])

    agent.invoke({"messages": [("user", "Hi")]}, run())

    assert sent(provider) == {"temperature": 0.5}


def test_a_budget_caps_at_the_provider(provider, memory, run):
    """What is left of a declared budget reaches the provider as its own cap."""
    ours = ResmemMiddleware(memory, budget=Budget(tokens=500))
    for make, name in ((openai, "max_completion_tokens"), (ollama, "num_predict")):
        agent = create_agent(make(provider), [], middleware=[ours])
        agent.invoke({"messages": [("user", "Hi")]}, run(make.__name__))

        assert sent(provider) == {name: 500}


def test_structured_output_reaches_the_provider(provider):
    """A schema and the change arrive together."""
    schema = {"title": "City", "type": "object", "properties": {"name": {"type": "string"}}}
    provider.answer = lambda body: '{"name": "Lisbon"}'
    chain = tuned(openai(provider, **OWN), SESSION).with_structured_output(
        schema, method="json_schema"
    )

    found = chain.invoke("Where?")

    assert found == {"name": "Lisbon"}
    assert provider.bodies[-1]["response_format"]["type"] == "json_schema"
    assert sent(provider)["temperature"] == 0.5


def test_memories_reach_the_provider(provider, memory, run):
    """The block arrives, in the provider's system field where it is placed there."""
    memory.session("old", namespace=("acme", "ada")).observe(Message("user", "Miso is my cat."))
    for make in (openai, anthropic, ollama):
        for place in ("system", "tail"):
            ours = ResmemMiddleware(memory, placement=place)
            agent = create_agent(make(provider), [], system_prompt="Be brief.", middleware=[ours])
            agent.invoke({"messages": [("user", "Who is Miso?")]}, run(f"{make.__name__} {place}"))
            body = provider.bodies[-1]
            system = str(body.get("system") or body["messages"][0]["content"])
            said = str(body["messages"][-1]["content"])

            assert "Be brief." in system
            assert "Miso is my cat." in (system if place == "system" else said)
            assert ("Miso is my cat." in said) == (place == "tail")


def test_the_model_is_not_changed(provider):
    """The change goes to a copy that shares the HTTP client; without one there is no copy."""
    model = openai(provider, **OWN)

    copy, settings = fitted(model, {}, CHANGE, ALL)

    assert (model.temperature, model.max_tokens) == (0.7, 400)
    assert (copy.temperature, copy.max_tokens) == (0.5, 800)
    assert copy.client is model.client
    assert settings == {}
    assert fitted(model, {}, Change(), ALL) == (model, {})
    assert fitted(model, {}, Change(), ALL)[0] is model


def test_the_llm_cache_tells_copies_apart(provider):
    """A cached answer is never one that other settings gave, also when the model was used."""
    model = openai(provider, cache=InMemoryCache(), **OWN)
    model.invoke("Hi")

    copy, _ = fitted(model, {}, CHANGE, ALL)
    for one in (copy, model, copy):
        one.invoke("Hi")

    assert [body.get("temperature") for body in provider.bodies] == [0.7, 0.5]


def test_a_cache_that_is_set_later_counts(provider):
    """Copies that were made without an LLM cache are not used with one."""
    model, copies = openai(provider, **OWN), Copies()
    fitted(model, {}, CHANGE, ALL, copies=copies)
    set_llm_cache(InMemoryCache())
    try:
        fitted(model, {}, CHANGE, ALL, copies=copies)[0].invoke("Hi")
        fitted(model, {}, Change(temperature=-0.6), ALL, copies=copies)[0].invoke("Hi")
    finally:
        set_llm_cache(None)

    assert [body["temperature"] for body in provider.bodies] == [0.5, 0.1]


def test_copies_are_used_again(provider):
    """The same change gives the same copy; a changed model or another change gives another."""
    model, copies = openai(provider, **OWN), Copies()

    first, _ = fitted(model, {}, CHANGE, ALL, copies=copies)
    again, _ = fitted(model, {}, CHANGE, ALL, copies=copies)
    other, _ = fitted(model, {}, Change(temperature=-0.6), ALL, copies=copies)
    model.stop = ["x"]
    changed, _ = fitted(model, {}, CHANGE, ALL, copies=copies)

    assert first is again
    assert other is not first
    assert (changed.stop, first.stop) == (["x"], None)


def test_a_model_without_fields_changes_in_its_keywords(bare_recorder):
    """Where a model has no field, what the user passed changes in the call."""
    model = bare_recorder()
    wide = terms(ranges={"max_tokens": (1, 1000)})

    same, settings = fitted(model, {"top_p": 0.7, "max_tokens": 900}, CHANGE, wide)

    assert same is model
    assert settings == {"top_p": 0.6, "max_tokens": 1000}


def test_a_bound_model_is_fitted_inside(recorder):
    """A binding around a model keeps what is bound; both are the base."""
    model = recorder().model_copy(update={"temperature": 0.7})

    tuned(model.bind(stop=["x"], top_p=0.7), SESSION).invoke("Hi")

    call = model.calls[0]
    assert call["temperature"] == 0.5
    assert call["kwargs"]["top_p"] == 0.6
    assert call["kwargs"]["stop"] == ["x"]
