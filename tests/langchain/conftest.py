"""A memory, a clock that stands still, and chat models that write down what reaches them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import pytest_socket
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from resmem_core import ResilientMemory
from resmem_core.engine.base.clock import ManualClock
from resmem_core.prompt import CLOSING

NAMESPACE = ("acme", "ada")


class Recorder(BaseChatModel):
    """Plays a script (the last line for ever) and records every call that reaches it.

    A line is a message, an exception to raise, or a function of the messages.
    """

    script: list[Any] = Field(default_factory=lambda: [AIMessage("Noted.")])
    calls: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "recorder"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        names = [t["name"] if isinstance(t, dict) else getattr(t, "name", str(t)) for t in tools]
        return self.bind(tools=names, **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages, kwargs))])

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next(messages, kwargs)
        words = str(message.content).split(" ") if message.content else [""]
        for n, word in enumerate(words):
            calls = message.tool_calls if n == 0 else []
            chunks = [
                {"name": c["name"], "args": "{}", "id": c["id"], "index": i}
                for i, c in enumerate(calls)
            ]
            text = word if n == 0 else f" {word}"
            yield ChatGenerationChunk(message=AIMessageChunk(text, tool_call_chunks=chunks))

    def _next(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        sampling = {k: getattr(self, k) for k in SAMPLING if k in type(self).model_fields}
        tools = kwargs.get("tools", [])
        self.calls.append({"messages": messages, "kwargs": kwargs, "tools": tools, **sampling})
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, BaseException):
            raise line
        answer: AIMessage = line(messages) if callable(line) else line
        return answer.model_copy(update={"id": None})

    def system(self, call: int = -1) -> str:
        """The system text of a call, and the notes at the head of the user's words; "" for none."""
        messages = self.calls[call]["messages"]
        notes = [m.text.rpartition(CLOSING)[:2] for m in messages if m.type == "human"]
        system = [m.text for m in messages if m.type == "system"]
        return "\n".join((*system, *("".join(note) for note in notes if note[1])))


SAMPLING = ("temperature", "top_p", "max_tokens")


class TunableRecorder(Recorder):
    """A recorder with a provider's usual fields."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1.7e9)


@pytest.fixture
def memory(clock: ManualClock) -> Iterator[ResilientMemory]:
    with ResilientMemory.open(":memory:", keep=1.0, clock=clock) as opened:
        yield opened


@pytest.fixture
def recorder() -> Callable[..., TunableRecorder]:
    """Makes a chat model that plays the given lines."""

    def make(*script: Any) -> TunableRecorder:
        return TunableRecorder(script=list(script) or [AIMessage("Noted.")])

    return make


@pytest.fixture
def bare_recorder() -> Callable[..., Recorder]:
    """Makes a chat model of unknown profile, without sampling fields."""

    def make(*script: Any) -> Recorder:
        return Recorder(script=list(script) or [AIMessage("Noted.")])

    return make


@pytest.fixture
def calls_tool() -> Callable[..., AIMessage]:
    """Makes a model's answer that calls tools, one call per name."""

    def make(*names: str, **args: Any) -> AIMessage:
        calls = [{"name": n, "args": args, "id": f"call-{i}"} for i, n in enumerate(names)]
        return AIMessage("", tool_calls=calls)

    return make


@pytest.fixture
def run() -> Callable[..., dict[str, Any]]:
    """Makes the config of a run."""

    def make(thread: str = "t1", namespace: Sequence[str] = NAMESPACE) -> dict[str, Any]:
        return {"configurable": {"thread_id": thread, "resmem_namespace": tuple(namespace)}}

    return make


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Runs an agent by `invoke` and by `ainvoke`: `await call(agent, input, config, **more)`."""

    async def sync(agent: Any, *args: Any, **kwargs: Any) -> Any:
        return agent.invoke(*args, **kwargs)

    async def non_blocking(agent: Any, *args: Any, **kwargs: Any) -> Any:
        return await agent.ainvoke(*args, **kwargs)

    return sync if request.param == "sync" else non_blocking


@pytest.fixture
def loopback() -> None:
    """Asked for by the tests that may reach this machine's own servers."""


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test opens a socket, but for those that ask for `loopback`."""
    if "loopback" in request.fixturenames:
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()


class ProviderServer(ThreadingHTTPServer):
    """Speaks just enough of three providers' APIs, and records what arrives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ProviderHandler)
        self.bodies: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.paths: list[str] = []
        self.failing: Callable[[], int] = lambda: 0
        self.answer: Callable[[dict[str, Any]], str] = lambda body: "Noted."

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class ProviderHandler(BaseHTTPRequestHandler):
    server: ProviderServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        self.server.raw.append(raw)
        self.server.bodies.append(body)
        self.server.paths.append(self.path)
        if status := self.server.failing():
            self.send_error(status)
            return
        reply, kind = REPLIES[self.path](self.server.answer(body), body)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _json(value: Any) -> tuple[bytes, str]:
    return json.dumps(value).encode(), "application/json"


def _chat(text: str, body: dict[str, Any]) -> tuple[bytes, str]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return _json({**head, "choices": [choice], "usage": usage})


def _responses(text: str, body: dict[str, Any]) -> tuple[bytes, str]:
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"id": "m", "type": "message", "role": "assistant", "status": "completed"}
    head = {"id": "1", "object": "response", "created_at": 1, "model": body["model"]}
    more = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "status": "completed"}
    return _json({**head, **more, "output": [{**message, "content": [part]}]})


def _anthropic(text: str, body: dict[str, Any]) -> tuple[bytes, str]:
    head = {"id": "1", "type": "message", "role": "assistant", "model": body["model"]}
    usage = {"input_tokens": 1, "output_tokens": 1}
    content = [{"type": "text", "text": text}]
    return _json({**head, "content": content, "stop_reason": "end_turn", "usage": usage})


def _ollama(text: str, body: dict[str, Any]) -> tuple[bytes, str]:
    head = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z"}
    message = {"role": "assistant", "content": text}
    lines = [
        {**head, "message": message, "done": False},
        {**head, "message": {**message, "content": ""}, "done": True, "done_reason": "stop"},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode(), "application/x-ndjson"


REPLIES: dict[str, Callable[[str, dict[str, Any]], tuple[bytes, str]]] = {
    "/v1/chat/completions": _chat,
    "/v1/responses": _responses,
    "/v1/messages": _anthropic,
    "/api/chat": _ollama,
}


@pytest.fixture
def provider(loopback: None) -> Iterator[ProviderServer]:
    """A server on this machine that answers like OpenAI, Anthropic and Ollama."""
    server = ProviderServer()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
