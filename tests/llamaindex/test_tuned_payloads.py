"""What really arrives at Ollama and OpenAI, from LlamaIndex's own classes, on a loopback server."""

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.ollama import Ollama
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel

from resmem_core.control.authority import Change
from resmem_core.control.terms import Budget, Spent
from resmem_core.errors import ConfigError
from resmem_core.types import Outcome
from resmem_llamaindex import TunedLLM

from .fakes import Ticking

HELLO = [ChatMessage(role="user", content="hi")]
FIRST = Change(temperature=-0.2, top_p=-0.1)
SECOND = Change(temperature=-0.5, top_p=-0.3, stretch=2)
WIDE = {"max_tokens": (1, 100)}


class City(BaseModel):
    """A city."""

    name: str


def ollama(server, **kwargs):
    """An Ollama model whose user has set all three."""
    extra = {"top_p": 0.9, "num_predict": 77, **kwargs.pop("additional_kwargs", {})}
    own = {"temperature": 0.7, "additional_kwargs": extra, **kwargs}
    return Ollama(model="qwen3:4b", base_url=server.url, **own)


def openai(server, model="gpt-4o", **kwargs):
    """An OpenAI model whose user has set all three."""
    own = {"temperature": 0.7, "max_tokens": 77, "additional_kwargs": {"top_p": 0.9}, **kwargs}
    return plain_openai(server, model, **own)


def plain_openai(server, model="gpt-4o", **kwargs):
    return OpenAI(model=model, api_key="k", api_base=f"{server.url}/v1", max_retries=0, **kwargs)


def plain_ollama(server, **kwargs):
    return Ollama(model="qwen3:4b", base_url=server.url, **kwargs)


CALLS = ("chat", "stream_chat", "complete", "stream_complete")


def sync_call(llm, name):
    """Run one of the four sync variants to its end."""
    result = getattr(llm, name)(HELLO if "chat" in name else "hi")
    if "stream" in name:
        list(result)


async def async_call(llm, name):
    """Run one of the four async variants to its end."""
    result = await getattr(llm, f"a{name}")(HELLO if "chat" in name else "hi")
    if "stream" in name:
        async for _ in result:
            pass


def of_ollama(request):
    options = request["options"]
    return options["temperature"], options["top_p"], options["num_predict"]


def of_openai(request):
    return request["temperature"], request["top_p"], request["max_tokens"]


PROVIDERS = {"ollama": (ollama, of_ollama), "openai": (openai, of_openai)}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_sync_call_follows_its_own_tick(server, provider, name):
    """Two calls in a row carry the changes of two ticks, on each sync way to call a model."""
    make, read = PROVIDERS[provider]
    session = Ticking(FIRST, SECOND)
    llm = TunedLLM(make(server), session, ranges=WIDE)

    sync_call(llm, name)
    sync_call(llm, name)

    assert [read(r) for r in server.recorder.requests] == [(0.5, 0.8, 77), (0.2, 0.6, 100)]
    assert session.ticks == 2


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_async_call_follows_its_own_tick(server, provider, name):
    """Two calls in a row carry the changes of two ticks, on each async way to call a model."""
    make, read = PROVIDERS[provider]
    llm = TunedLLM(make(server), Ticking(FIRST, SECOND), ranges=WIDE)

    await async_call(llm, name)
    await async_call(llm, name)

    assert [read(r) for r in server.recorder.requests] == [(0.5, 0.8, 77), (0.2, 0.6, 100)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_structured_predict_carries_the_change(server, provider):
    """Structured output takes the provider's own way and still carries the change."""
    make, read = PROVIDERS[provider]
    server.recorder.reply = '{"name": "Lisbon"}'
    llm = TunedLLM(make(server), Ticking(FIRST))

    city = llm.structured_predict(City, PromptTemplate("Where?"))

    assert (city.name, read(server.recorder.last)) == ("Lisbon", (0.5, 0.8, 77))


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_structured_llm_carries_the_change(server, provider):
    """`as_structured_llm` works on the tuned model, async too."""
    make, read = PROVIDERS[provider]
    server.recorder.reply = '{"name": "Lisbon"}'
    llm = TunedLLM(make(server), Ticking(FIRST)).as_structured_llm(City)

    response = await llm.achat(HELLO)

    assert (response.raw.name, read(server.recorder.last)) == ("Lisbon", (0.5, 0.8, 77))


BARE = {
    "openai": (plain_openai, {}),
    "openai, all set": (openai, {}),
    "openai, zero": (plain_openai, {"temperature": 0}),
    "openai, reasoning": (plain_openai, {"model": "o3-mini"}),
    "openai, extra": (plain_openai, {"additional_kwargs": {"max_completion_tokens": 300}}),
    "ollama": (plain_ollama, {}),
    "ollama, all set": (ollama, {}),
    "ollama, zero": (plain_ollama, {"temperature": 0, "context_window": 1024}),
}


@pytest.mark.parametrize(("seconds", "tokens"), [(0.3, 50), (1.5, 600), (10, 3000), (40, 3000)])
@pytest.mark.parametrize("case", BARE)
def test_calm_calls_are_sent_as_without_us(server, memory, case, seconds, tokens):
    """30 good calls at this speed: each request has the bytes it has without the wrapper."""
    make, kwargs = BARE[case]
    session = memory.session("t1", namespace=("acme", "ada"))
    make(server, **kwargs).chat(HELLO)
    llm = TunedLLM(make(server, **kwargs), session)

    for _ in range(30):
        llm.chat(HELLO)
        session.outcome(Outcome(success=True, latency=seconds, tokens=tokens))

    assert server.recorder.raw == server.recorder.raw[:1] * 31


@pytest.mark.parametrize("make", [plain_openai, plain_ollama])
def test_arguments_of_a_call_are_sent_as_without_us(server, make):
    """In calm a call's own settings have the effect that they have without us, or none."""
    make(server).chat(HELLO, temperature=0.05, max_tokens=9)

    TunedLLM(make(server), Ticking(Change())).chat(HELLO, temperature=0.05, max_tokens=9)

    assert server.recorder.raw[0] == server.recorder.raw[1]


def test_arguments_of_a_call_are_the_base(server):
    """A change is made around what the caller names in the call, where the provider reads it."""
    llm = TunedLLM(plain_openai(server), Ticking(SECOND), ranges=WIDE)

    llm.chat(HELLO, temperature=0.9, top_p=0.8, max_tokens=9)

    assert of_openai(server.recorder.last) == (0.4, 0.5, 18)


@pytest.mark.parametrize("make", [ollama, openai])
def test_tune_and_ranges_hold(server, make):
    """Only what the user opened moves, and only as far."""
    read = of_ollama if make is ollama else of_openai

    TunedLLM(make(server), Ticking(FIRST), tune=("top_p",)).chat(HELLO)
    TunedLLM(make(server), Ticking(SECOND), ranges={"temperature": (0.6, 1)}).chat(HELLO)
    TunedLLM(make(server), Ticking(SECOND), tune=()).chat(HELLO)

    longer = 154 if make is ollama else 77
    found = [read(request) for request in server.recorder.requests]
    assert found == [(0.7, 0.8, 77), (0.6, 0.6, longer), (0.7, 0.9, 77)]


def test_bad_terms_are_refused(server):
    """A setting that does not exist is one clear error, at once."""
    with pytest.raises(ConfigError, match="temprature"):
        TunedLLM(openai(server), Ticking(FIRST), tune=("temprature",))


@pytest.mark.parametrize("make", [plain_ollama, plain_openai])
def test_a_budget_caps_what_is_left(server, make):
    """Only a declared budget sets a cap that the user has not set."""
    session = Ticking(Change())
    session.spent = Spent(tokens=900)

    TunedLLM(make(server), session, budget=Budget(tokens=1000)).chat(HELLO)

    request = server.recorder.last
    assert request.get("max_tokens", request.get("options", {}).get("num_predict")) == 100


def test_other_settings_of_the_user_reach_the_provider(server):
    """What the knobs do not own stays as configured."""
    llm = ollama(server, additional_kwargs={"seed": 7}, context_window=1024)

    TunedLLM(llm, Ticking(FIRST)).chat(HELLO)

    assert server.recorder.last["options"]["seed"] == 7
    assert server.recorder.last["options"]["num_ctx"] == 1024


def test_the_wrapped_model_is_not_changed(server):
    """The user's model object is the same before and after."""
    llm = ollama(server, context_window=1024)
    before = llm.model_dump()

    TunedLLM(llm, Ticking(FIRST)).chat(HELLO)

    assert llm.model_dump() == before


def test_models_with_fixed_sampling_get_no_temperature_of_ours(server):
    """Reasoning models refuse other temperatures than their own: only the length may change."""
    llm = plain_openai(server, model="o3-mini", max_tokens=40)

    TunedLLM(llm, Ticking(SECOND), ranges=WIDE).chat(HELLO)

    request = server.recorder.last
    assert (request["temperature"], request["max_completion_tokens"]) == (1.0, 80)
    assert "top_p" not in request


def test_places_can_be_overridden(server):
    """A setting can be left alone for one model."""
    TunedLLM(openai(server), Ticking(FIRST), places={"top_p": None}).chat(HELLO)

    assert of_openai(server.recorder.last) == (0.5, 0.9, 77)


def test_lazy_state_is_made_once(server):
    """Copies share the model's clients: one look-up of the context window for five chats."""
    llm = ollama(server)
    tuned = TunedLLM(llm, Ticking(FIRST))

    for _ in range(5):
        tuned.chat(HELLO)

    assert server.recorder.paths.count("/api/show") == 1
    assert tuned._live({}, llm)[0]._client is llm._client is not None


def test_openai_clients_are_shared(server):
    """Copies of an OpenAI model share its connection pool."""
    llm = openai(server)
    tuned = TunedLLM(llm, Ticking(FIRST))

    tuned.chat(HELLO)
    first = llm._client
    tuned.chat(HELLO)

    assert tuned._live({}, llm)[0]._client is first is not None
