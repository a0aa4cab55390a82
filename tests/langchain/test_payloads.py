"""The knobs as they arrive at each provider: real partner packages, a server on this machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from langchain.agents import create_agent
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.tools import tool

from resmem_core.types import Knobs
from resmem_langchain import ResmemMiddleware, tuned
from resmem_langchain._knobs import Copies, fitted

pytestmark = pytest.mark.filterwarnings("ignore:The model .* is deprecated:DeprecationWarning")

KNOBS = Knobs(0.61, 0.83, 321, 8, 1.0, 0.3, 1)
WANTED = {"temperature": 0.61, "top_p": 0.83, "max_tokens": 321}
SESSION = SimpleNamespace(knobs=KNOBS, begin_call=lambda: KNOBS)


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


CASES = {
    "openai chat": (
        openai, {}, {"temperature": 0.61, "top_p": 0.83, "max_completion_tokens": 321},
    ),
    "openai responses": (
        openai, {"use_responses_api": True},
        {"temperature": 0.61, "top_p": 0.83, "max_output_tokens": 321},
    ),
    "openai responses, own cap": (
        openai, {"use_responses_api": True, "max_tokens": 100},
        {"temperature": 0.61, "top_p": 0.83, "max_output_tokens": 100},
    ),
    "openai reasoning, chat": (openai, {"model": "o3"}, {"max_completion_tokens": 321 + 4096}),
    "openai reasoning, responses": (
        openai, {"model": "gpt-5", "use_responses_api": True}, {"max_output_tokens": 321 + 4096},
    ),
    "anthropic": (anthropic, {}, {"temperature": 0.61, "max_tokens": 321}),
    "anthropic, own cap": (
        anthropic, {"max_tokens": 64}, {"temperature": 0.61, "max_tokens": 64},
    ),
    "anthropic, thinking": (
        anthropic,
        {"model": "claude-haiku-4-5", "max_tokens": 4000,
         "thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"max_tokens": 2321},
    ),
    "anthropic without sampling": (
        anthropic, {"model": "claude-fable-5"}, {"max_tokens": 321 + 4096},
    ),
    "ollama": (ollama, {}, {"temperature": 0.61, "top_p": 0.83, "num_predict": 321}),
    "ollama, own options": (
        ollama, {"num_ctx": 2048, "num_predict": -1},
        {"temperature": 0.61, "top_p": 0.83, "num_predict": 321},
    ),
}  # fmt: skip


def known(model, case):
    """The model; older partner packages do not know which models take no temperature."""
    if ("reasoning" in case or "without" in case) and "temperature" not in (model.profile or {}):
        pytest.skip("this version of the partner package has no profile of the model")
    return model


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
async def test_tuned_payloads(provider, case, call):
    """`tuned` sends each knob under the provider's own name, or not at all."""
    make, options, expected = CASES[case]
    model = tuned(known(make(provider, **options), case), SESSION)

    await call(model, "Hi")

    assert sent(provider) == expected


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
async def test_middleware_payloads(provider, memory, run, case, call):
    """The middleware sends the same, beside the tools, and keeps the user's own settings."""
    make, options, expected = CASES[case]
    session = memory.session("t1", namespace=("acme", "ada"))
    session.begin_call = lambda: KNOBS
    middleware = ResmemMiddleware(memory)
    model = known(make(provider, **options), case)
    agent = create_agent(model, [lookup], middleware=[middleware])

    await call(agent, {"messages": [("user", "Hi")]}, run())

    assert sent(provider) == expected
    assert len(provider.bodies[-1]["tools"]) == 1


def test_ollama_keeps_constructor_options(provider):
    """Knobs go into the options beside those that the user set."""
    tuned(ollama(provider, num_ctx=2048, seed=7), SESSION).invoke("Hi")

    options = provider.bodies[-1]["options"]
    assert (options["num_ctx"], options["seed"]) == (2048, 7)


def test_explicit_arguments_reach_the_provider(provider):
    """What the caller passes wins, under either of the provider's names."""
    tuned(openai(provider), SESSION).invoke("Hi", temperature=0.0, max_tokens=5)

    assert sent(provider) == {"temperature": 0.0, "top_p": 0.83, "max_completion_tokens": 5}


def test_structured_output_reaches_the_provider(provider):
    """A schema and the knobs arrive together."""
    schema = {"title": "City", "type": "object", "properties": {"name": {"type": "string"}}}
    provider.answer = lambda body: '{"name": "Lisbon"}'
    chain = tuned(openai(provider), SESSION).with_structured_output(schema, method="json_schema")

    found = chain.invoke("Where?")

    assert found == {"name": "Lisbon"}
    assert provider.bodies[-1]["response_format"]["type"] == "json_schema"
    assert sent(provider)["temperature"] == 0.61


def test_memories_reach_the_provider(provider, memory, run):
    """The block arrives in the provider's system field, whatever its shape."""
    from resmem_core.types import Message

    memory.session("old", namespace=("acme", "ada")).observe(Message("user", "Miso is my cat."))
    for make in (openai, anthropic, ollama):
        agent = create_agent(
            make(provider), [], system_prompt="Be brief.", middleware=[ResmemMiddleware(memory)]
        )
        agent.invoke({"messages": [("user", "Who is Miso?")]}, run(make.__name__))
        body = provider.bodies[-1]
        system = str(body.get("system") or body["messages"][0]["content"])

        assert "Be brief." in system
        assert "Miso is my cat." in system


def test_the_model_is_not_changed(provider):
    """The knobs go to a copy that shares the HTTP client."""
    model = openai(provider)

    copy, settings = fitted(model, {}, WANTED)

    assert (model.temperature, model.max_tokens) == (None, None)
    assert (copy.temperature, copy.max_tokens) == (0.61, 321)
    assert copy.client is model.client
    assert settings == {}


def test_the_llm_cache_tells_copies_apart(provider):
    """A cached answer is never one that other knobs gave, also when the model was used before."""
    model = openai(provider, cache=InMemoryCache())
    model.invoke("Hi")

    copy, _ = fitted(model, {}, WANTED)
    for one in (copy, model, copy):
        one.invoke("Hi")

    assert [body.get("temperature") for body in provider.bodies] == [None, 0.61]


def test_a_cache_that_is_set_later_counts(provider):
    """Copies that were made without an LLM cache are not used with one."""
    model, copies = openai(provider), Copies()
    fitted(model, {}, WANTED, copies)
    set_llm_cache(InMemoryCache())
    try:
        fitted(model, {}, WANTED, copies)[0].invoke("Hi")
        fitted(model, {}, {**WANTED, "temperature": 0.1}, copies)[0].invoke("Hi")
    finally:
        set_llm_cache(None)

    assert [body["temperature"] for body in provider.bodies] == [0.61, 0.1]


def test_copies_are_used_again(provider):
    """The same knobs give the same copy; a changed model or other knobs give another."""
    model, copies = openai(provider), Copies()

    first, _ = fitted(model, {}, WANTED, copies)
    again, _ = fitted(model, {}, WANTED, copies)
    other, _ = fitted(model, {}, {**WANTED, "temperature": 0.1}, copies)
    model.stop = ["x"]
    changed, _ = fitted(model, {}, WANTED, copies)

    assert first is again
    assert other is not first
    assert (changed.stop, first.stop) == (["x"], None)


def test_a_model_of_unknown_profile_gets_keywords(bare_recorder):
    """Where a model has no field, the knob is a keyword of the call; the user's own win."""
    model = bare_recorder()

    same, settings = fitted(model, {"top_p": 0.1}, WANTED)

    assert same is model
    assert settings == {"temperature": 0.61, "top_p": 0.1, "max_tokens": 321}


def test_a_bound_model_is_fitted_inside(recorder):
    """A binding around a model keeps what is bound, and the model inside takes the knobs."""
    model = recorder()

    tuned(model.bind(stop=["x"], top_p=0.2), SESSION).invoke("Hi")

    call = model.calls[0]
    assert call["temperature"] == 0.61
    assert (call["top_p"], call["kwargs"]["top_p"]) == (None, 0.2)
