"""`tuned(model, session)`: a chat model whose settings follow the session, read at every call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from resmem_core.errors import missing_extra

try:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import (
        Runnable,
        RunnableBinding,
        RunnableConfig,
        RunnableParallel,
        RunnableSequence,
    )
    from pydantic import Field
except ImportError as error:
    raise missing_extra("langchain", "langchain_core") from error

from resmem_core import Session
from resmem_core.control.authority import Change
from resmem_core.control.terms import Budget, Spent, Terms, terms
from resmem_core.engine.loop.story import Sent
from resmem_core.providers import SAMPLING
from resmem_langchain._model.parameters import Copies, changes, fitted


def tuned(
    model: BaseChatModel,
    session: Session,
    *,
    tune: Sequence[str] = SAMPLING,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    budget: Budget | None = None,
    tick: bool = True,
) -> TunedModel:
    """The model with sampling settings that follow the session's state.

    Every call (`invoke`, `stream`, `batch`, …) takes the session one tick on and reads what it
    asks for; a batch has one reading. What you set on the model, bind or pass is the base: in
    calm it is sent as it is, otherwise changed as docs/authority.md says.

    Args:
        model: any chat model; it is not changed.
        session: the conversation that is read. Feed it with a `ResmemCallbackHandler`,
            with `session.signal(…)`, or with `session.outcome(…)`.
        tune: which sampling settings may change; `()` for none.
        ranges: (low, high) by setting, within which changed values stay.
        budget: what the conversation may cost; needs a `ResmemCallbackHandler` that counts it.
        tick: False where something else (the middleware, your own loop) ticks the session.

    Returns:
        A runnable that can take the model's place in a chain, with `bind`, `bind_tools`,
        `with_structured_output`, `with_config`, `with_retry`, `with_fallbacks`.

    Raises:
        ConfigError: a setting that does not exist, or a range or budget that is none.

    Example:
        >>> from resmem_core import ResilientMemory
        >>> from resmem_langchain.offline import QuotingChatModel
        >>> memory = ResilientMemory.open(":memory:")
        >>> model = tuned(QuotingChatModel(), memory.session("1", namespace=("acme", "ada")))
        >>> model.invoke("Hello").content[:33]
        'I have no memory that answers thi'
        >>> memory.close()
    """
    allowed = terms(tune, ranges, budget)

    def asked() -> tuple[Change, Spent]:
        if tick:
            session.begin_call()
        return session.change, session.spent

    def tell(sent: tuple[Sent, ...]) -> None:
        session.sent = sent

    return TunedModel(bound=model, kwargs={}, config={}, asked=asked, tell=tell, terms=allowed)


class TunedModel(RunnableBinding[Any, Any]):
    """A binding whose settings are worked out at each call. Made by `tuned`.

    It is not serializable as a LangChain object: a live session cannot be written to JSON.
    """

    asked: Callable[[], tuple[Change, Spent]] = Field(exclude=True)
    """What the session asks of the next call, and what it has cost so far."""

    tell: Callable[[tuple[Sent, ...]], None] = Field(exclude=True)
    """Takes what is changed of the user's settings, for `session.explain()`."""

    terms: Terms = Field(default_factory=Terms, exclude=True, repr=False)
    """What the user allows."""

    copies: Copies = Field(default_factory=Copies, exclude=True, repr=False)
    """Copies of the model that were made for earlier calls."""

    def __init__(
        self,
        *,
        asked: Callable[[], tuple[Change, Spent]],
        tell: Callable[[tuple[Sent, ...]], None],
        **data: Any,
    ) -> None:
        super().__init__(**{"asked": asked, "tell": tell, **data})

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """False: it holds a session."""
        return False

    def _now(self, given: Mapping[str, Any]) -> RunnableBinding[Any, Any]:
        """A plain binding of the model as it is to be called now."""
        change, spent = self.asked()
        settings = {**self.kwargs, **given}
        model, kwargs = fitted(
            self.bound, settings, change, self.terms, spent=spent, copies=self.copies
        )
        same = model is self.bound and kwargs == settings
        self.tell(() if same else changes(self.bound, settings, change, self.terms, spent=spent))
        return RunnableBinding(
            bound=model,
            kwargs=kwargs,
            config=self.config,
            config_factories=self.config_factories,
            custom_input_type=self.custom_input_type,
            custom_output_type=self.custom_output_type,
        )

    # -- calls

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the model with the present knobs."""
        return self._now(kwargs).invoke(input, config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """`invoke`, async."""
        return await self._now(kwargs).ainvoke(input, config)

    def batch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Call the model for each input; one reading of the knobs serves them all."""
        bound = self._now(kwargs)
        if return_exceptions:
            return bound.batch(inputs, config, return_exceptions=True)
        return bound.batch(inputs, config)

    async def abatch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """`batch`, async."""
        bound = self._now(kwargs)
        if return_exceptions:
            return await bound.abatch(inputs, config, return_exceptions=True)
        return await bound.abatch(inputs, config)

    def batch_as_completed(
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[int, Any]]:
        """`batch`, yielding (index, answer) as they come."""
        bound: Any = self._now(kwargs)
        return iter(bound.batch_as_completed(inputs, config, return_exceptions=return_exceptions))

    async def abatch_as_completed(
        self,
        inputs: Sequence[Any],
        config: RunnableConfig | Sequence[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> AsyncIterator[tuple[int, Any]]:
        """`batch_as_completed`, async."""
        bound: Any = self._now(kwargs)
        async for pair in bound.abatch_as_completed(
            inputs, config, return_exceptions=return_exceptions
        ):
            yield pair

    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Stream the answer, with the knobs as they are when the stream begins."""
        yield from self._now(kwargs).stream(input, config)

    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """`stream`, async."""
        async for chunk in self._now(kwargs).astream(input, config):
            yield chunk

    def transform(
        self, input: Iterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """`stream` from a stream of inputs, as inside a chain."""
        yield from self._now(kwargs).transform(input, config)

    async def atransform(
        self, input: AsyncIterator[Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """`transform`, async."""
        async for chunk in self._now(kwargs).atransform(input, config):
            yield chunk

    def stream_events(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Stream the call's events."""
        return self._now({}).stream_events(input, config, **kwargs)

    def astream_events(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        """`stream_events`, async."""
        return self._now({}).astream_events(input, config, **kwargs)

    # -- the same model with more bound to it; the base class's versions would lose the session

    def bind(self, **kwargs: Any) -> Self:
        """The same, with keyword arguments for every call; they are part of the base."""
        return self.model_copy(update={"kwargs": {**self.kwargs, **kwargs}})

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Self:
        """The same, with tools."""
        return self._take(self._model.bind_tools(tools, **kwargs))

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """The same, answering in the schema, by the provider's own means."""
        return self._inside(self._model.with_structured_output(schema, **kwargs))

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        """The same, with a config for every call."""
        merged: dict[str, Any] = {**self.config, **(config or {}), **kwargs}
        return self.model_copy(update={"config": merged})

    def with_types(self, input_type: Any | None = None, output_type: Any | None = None) -> Self:
        """The same, with its types stated."""
        types = {"custom_input_type": input_type, "custom_output_type": output_type}
        return self.model_copy(update={k: v for k, v in types.items() if v is not None})

    with_retry = Runnable.with_retry  # type: ignore[assignment]
    with_listeners = Runnable.with_listeners
    with_fallbacks = Runnable.with_fallbacks

    @property
    def _model(self) -> BaseChatModel:
        model: BaseChatModel = self.bound  # type: ignore[assignment]
        return model

    def _take(self, made: Runnable[Any, Any]) -> Self:
        """This wrapper around what the model's own method made of the model."""
        kwargs = made.kwargs if isinstance(made, RunnableBinding) else {}
        return self.model_copy(update={"kwargs": {**self.kwargs, **kwargs}})

    def _inside(self, made: Any) -> Runnable[Any, Any]:
        """A chain that the model made around itself, with this wrapper in the model's place."""
        if made is self.bound or (isinstance(made, RunnableBinding) and made.bound is self.bound):
            return self._take(made)
        if isinstance(made, RunnableSequence):
            return RunnableSequence(*map(self._inside, made.steps), name=made.name)
        if isinstance(made, RunnableParallel):
            return RunnableParallel({k: self._inside(v) for k, v in made.steps__.items()})
        runnable: Runnable[Any, Any] = made
        return runnable
