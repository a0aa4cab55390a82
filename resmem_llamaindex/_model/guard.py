"""What is done about failing models and tools: the core's plan, in LlamaIndex's terms.

Deciding is the core's (`resmem_core.health`, `resmem_core.engine.calling`). Here a stream counts as
answered with its first chunk.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from llama_index.core.base.llms.types import MessageRole, TextBlock
from llama_index.core.llms.llm import LLM

from resmem_core import Session
from resmem_core.engine.calling.acting import Acting
from resmem_core.engine.calling.board import Board
from resmem_core.engine.calling.calls import Call
from resmem_core.engine.calling.driving import adrive, drive
from resmem_core.health.acts import Act
from resmem_core.health.failures import classify
from resmem_core.health.overflow import CLEARED, cleared, next_step
from resmem_core.providers import apart, route
from resmem_llamaindex._turn.acts import note, tell
from resmem_llamaindex._turn.readings import tokens_of

T = TypeVar("T")

Again: TypeAlias = Callable[[Any, LLM, Any], bool]
_UNNAMED: Final = ("", "unknown")


def _never(session: Any, llm: LLM, answer: Any) -> bool:
    return False


class LLMGuard:
    """Makes the calls of one tuned model.

    Args:
        acting: what may be done.
        fallback: models that stand in, in order.
    """

    def __init__(self, acting: Acting, fallback: LLM | Sequence[LLM] | None = None) -> None:
        given = [] if fallback is None else fallback
        self.acting = acting
        self.fallbacks = tuple(given) if isinstance(given, list | tuple) else (given,)

    def call(
        self, session: Session | None, llm: LLM, make: Callable[[LLM], T],
        acts: Sequence[Act] = (), said: Any = (), again: Again = _never,
    ) -> T:  # fmt: skip
        """One call; outside a session it is made as it is.

        Args:
            make: calls a model. acts: what was done before. said: the messages.
            again: whether a model's answer is of no use and is to be asked for once more.
        """
        board = getattr(session, "health", None)
        if session is None or board is None:
            return make(llm)
        if board.stale():
            board.read()
        models = [llm, *self.fallbacks]
        call = self._planned(board, session, models, acts, said, again)
        told = partial(tell, session)
        return drive(board, call, lambda at: make(models[at]), told, session.namespace)

    async def acall(
        self, session: Session | None, llm: LLM, make: Callable[[LLM], Awaitable[T]],
        acts: Sequence[Act] = (), said: Any = (), again: Again = _never,
    ) -> T:  # fmt: skip
        """`call`, on an event loop."""
        board = getattr(session, "health", None)
        if session is None or board is None:
            return await make(llm)
        if board.stale():
            await board.aread()
        models = [llm, *self.fallbacks]
        call = self._planned(board, session, models, acts, said, again)

        async def told(act: Act) -> None:
            tell(session, act)

        return await adrive(board, call, lambda at: make(models[at]), told, session.namespace)

    def _planned(
        self, board: Board, session: Session, models: Sequence[LLM], acts: Sequence[Act], said: Any,
        again: Again,
    ) -> Call[Any]:  # fmt: skip
        retries = 0 if self.keeps_its_retries(models[0]) else self.acting.retries
        return Call(
            names_of(models, board), retries, self.acting.breaker,
            self.acting.cut, tokens=_answer_tokens, passing=_is_pause, acts=tuple(acts),
            wanted=lambda: session.knobs.retries,
            larger=lambda place: _window(models[place]) > _window(models[place - 1]),
            sparing=self.acting.sparing, patient=True,
            again_for=lambda place, answer: self.acting.retries > 0
            and again(session, models[place], answer),
            shorten=lambda: self._shorten(session, said), layers=session.layers,
        )  # fmt: skip

    def _shorten(self, session: Session, said: Any) -> bool:
        """Leave out what tools said long ago."""
        step = session.shortened
        if self.acting.retries:
            session.shortened = next_step(results_in(said), step)
        return session.shortened > step

    def keeps_its_retries(self, llm: LLM) -> bool:
        """Whether the user set another number of retries than the model has by default."""
        field = type(llm).model_fields.get("max_retries")
        own = getattr(llm, "max_retries", None)
        return field is not None and own is not None and own != field.default

    def once(self, live: Any, llm: LLM) -> Any:
        """A call's own copy of the model, which makes each request once: the retries are ours."""
        if not self.acting.retries or self.keeps_its_retries(llm):
            return live
        if "max_retries" in type(live).model_fields:
            live.max_retries = 0
        for name in ("_client", "_aclient"):
            client: Any = getattr(live, name, None)
            if isinstance(getattr(client, "max_retries", None), int) and client.max_retries:
                setattr(live, name, client.with_options(max_retries=0))
        return live

    def started(self, session: Any, llm: LLM, stream: Generator[T]) -> Generator[T]:
        """The stream with its first chunk there; what breaks off later is noted, and raised."""
        first = next(stream, None)
        return self._rest(session, llm, first, stream)

    def _rest(self, session: Any, llm: LLM, first: T | None, stream: Generator[T]) -> Generator[T]:
        if first is not None:
            yield first
        try:
            yield from stream
        except Exception as error:
            self._broke(session, llm, error)
            raise

    async def astarted(
        self, session: Any, llm: LLM, stream: AsyncGenerator[T]
    ) -> AsyncGenerator[T]:
        """`started`, async."""
        first = await anext(stream, None)
        return self._arest(session, llm, first, stream)

    async def _arest(
        self, session: Any, llm: LLM, first: T | None, stream: AsyncGenerator[T]
    ) -> AsyncGenerator[T]:
        if first is not None:
            yield first
        try:
            async for chunk in stream:
                yield chunk
        except Exception as error:
            self._broke(session, llm, error)
            raise

    def _broke(self, session: Any, llm: LLM, error: Exception) -> None:
        board = getattr(session, "health", None)
        if board is not None:
            (name,) = names_of([llm], board)
            note(session, board.failed(name, classify(error, board.clock.now())))


def results_in(said: Any) -> list[int]:
    """Where tools' results stand in messages; nowhere in a prompt."""
    messages = said if isinstance(said, list | tuple) else ()
    return [i for i, message in enumerate(messages) if message.role == MessageRole.TOOL]


def shortened(session: Any, said: Any) -> Any:
    """The messages without what tools said long ago, where the conversation was too long."""
    out = cleared(results_in(said), getattr(session, "shortened", 0))
    if not out:
        return said
    blocks = [TextBlock(text=CLEARED)]
    return [m.model_copy(update={"blocks": blocks}) if i in out else m for i, m in enumerate(said)]


def names_of(models: Sequence[LLM], board: Board) -> list[str]:
    """Names of models as dependencies, each its own."""
    return apart(_name(llm, board) for llm in models)


def _name(llm: LLM, board: Board) -> str:
    provider = llm.class_name().lower().removesuffix("_llm")
    model = str(getattr(llm, "model", None) or getattr(llm, "model_name", None) or "")
    if model.lower() in _UNNAMED:
        return board.named(f"model:{provider}", llm)
    host = str(getattr(llm, "api_base", None) or getattr(llm, "base_url", None) or "")
    return route(provider, model, host)


def _window(llm: LLM) -> int:
    try:
        return llm.metadata.context_window
    except Exception:  # a provider that is away does not say
        return 0


def _answer_tokens(response: Any) -> float:
    return float(tokens_of(response) or 0) if hasattr(response, "raw") else 0.0


def _is_pause(error: Exception) -> bool:
    return type(error).__name__ == "WaitingForEvent"
