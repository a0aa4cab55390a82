"""What really arrives at Ollama and OpenAI, from LlamaIndex's own classes, on a loopback server."""

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.ollama import Ollama
from llama_index.llms.openai import OpenAI
from pydantic import BaseModel

from resmem_llamaindex import TunedLLM

from .fakes import Ticking, knobs

HELLO = [ChatMessage(role="user", content="hi")]
FIRST = knobs(temperature=0.31, top_p=0.72, max_tokens=77)
SECOND = knobs(temperature=0.93, top_p=0.55, max_tokens=33)


class City(BaseModel):
    """A city."""

    name: str


def ollama(server, **kwargs):
    return Ollama(model="qwen3:4b", base_url=server.url, **kwargs)


def openai(server, model="gpt-4o", **kwargs):
    return OpenAI(model=model, api_key="k", api_base=f"{server.url}/v1", max_retries=0, **kwargs)


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
def test_every_sync_call_sends_the_knobs_of_its_own_tick(server, provider, name):
    """Two calls in a row carry the knobs of two ticks, on each sync way to call a model."""
    make, read = PROVIDERS[provider]
    session = Ticking(FIRST, SECOND)
    llm = TunedLLM(make(server), session)

    sync_call(llm, name)
    sync_call(llm, name)

    assert [read(r) for r in server.recorder.requests] == [(0.31, 0.72, 77), (0.93, 0.55, 33)]
    assert session.ticks == 2


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_async_call_sends_the_knobs_of_its_own_tick(server, provider, name):
    """Two calls in a row carry the knobs of two ticks, on each async way to call a model."""
    make, read = PROVIDERS[provider]
    llm = TunedLLM(make(server), Ticking(FIRST, SECOND))

    await async_call(llm, name)
    await async_call(llm, name)

    assert [read(r) for r in server.recorder.requests] == [(0.31, 0.72, 77), (0.93, 0.55, 33)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_structured_predict_carries_the_knobs(server, provider):
    """Structured output takes the provider's own way and still carries the knobs."""
    make, read = PROVIDERS[provider]
    server.recorder.reply = '{"name": "Lisbon"}'
    llm = TunedLLM(make(server), Ticking(FIRST))

    city = llm.structured_predict(City, PromptTemplate("Where?"))

    assert (city.name, read(server.recorder.last)) == ("Lisbon", (0.31, 0.72, 77))


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_structured_llm_carries_the_knobs(server, provider):
    """`as_structured_llm` works on the tuned model, async too."""
    make, read = PROVIDERS[provider]
    server.recorder.reply = '{"name": "Lisbon"}'
    llm = TunedLLM(make(server), Ticking(FIRST)).as_structured_llm(City)

    response = await llm.achat(HELLO)

    assert (response.raw.name, read(server.recorder.last)) == ("Lisbon", (0.31, 0.72, 77))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_call_s_own_temperature_wins(server, provider):
    """What the caller names in the call wins, also where the provider ignores call arguments."""
    make, read = PROVIDERS[provider]
    llm = TunedLLM(make(server), Ticking(FIRST))

    llm.chat(HELLO, temperature=0.05, max_tokens=9)

    assert read(server.recorder.last) == (0.05, 0.72, 9)


@pytest.mark.parametrize(
    ("make", "kwargs"),
    [(ollama, {"additional_kwargs": {"num_predict": 20}}), (openai, {"max_tokens": 20})],
)
def test_a_limit_that_the_user_set_is_never_exceeded(server, make, kwargs):
    """`max_tokens` is the smaller of the user's limit and the knob."""
    read = of_ollama if make is ollama else of_openai

    TunedLLM(make(server, **kwargs), Ticking(FIRST)).chat(HELLO)

    assert read(server.recorder.last)[2] == 20


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
    """Reasoning models refuse other temperatures than their own: only the length is tuned."""
    TunedLLM(openai(server, model="o3-mini"), Ticking(FIRST)).chat(HELLO)

    request = server.recorder.last
    assert (request["temperature"], request["max_completion_tokens"]) == (1.0, 77)
    assert "top_p" not in request


def test_places_can_be_overridden(server):
    """A knob can be switched off for one model."""
    TunedLLM(openai(server), Ticking(FIRST), places={"top_p": None}).chat(HELLO)

    assert "top_p" not in server.recorder.last
    assert server.recorder.last["temperature"] == 0.31


def test_lazy_state_is_made_once(server):
    """Copies share the model's clients: one look-up of the context window for five chats."""
    llm = ollama(server)
    tuned = TunedLLM(llm, Ticking(FIRST))

    for _ in range(5):
        tuned.chat(HELLO)

    assert server.recorder.paths.count("/api/show") == 1
    assert tuned._live({})[0]._client is llm._client is not None


def test_openai_clients_are_shared(server):
    """Copies of an OpenAI model share its connection pool."""
    llm = openai(server)
    tuned = TunedLLM(llm, Ticking(FIRST))

    tuned.chat(HELLO)
    first = llm._client
    tuned.chat(HELLO)

    assert tuned._live({})[0]._client is first is not None
