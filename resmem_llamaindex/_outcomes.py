"""Outcomes of agent runs and of LlamaIndex's evaluators, as a session learns from them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.agent.workflow import AgentOutput, ToolCallResult
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import BaseEvaluator, CorrectnessEvaluator, EvaluationResult
from llama_index.core.tools import ToolOutput

from resmem_core.errors import ResmemError
from resmem_core.types import Outcome, Signal
from resmem_llamaindex._turn.readings import first_sight, tokens_of
from resmem_llamaindex._turn.scope import muted, scope

if TYPE_CHECKING:
    from resmem_core import Session

_log = logging.getLogger(__name__)

SCALES: Final = {CorrectnessEvaluator: (1.0, 5.0)}
"""Lowest and highest score of evaluators that do not score from 0 to 1."""

SAFETY: Final = "safety"
"""Key of the evaluator whose verdict is the safety channel."""


@dataclass(slots=True)
class _Tally:
    """What a run's events add up to."""

    session: Session
    steps: int = 0
    failed: int = 0
    tokens: int = 0

    def see(self, event: Any) -> None:
        if isinstance(event, ToolCallResult):
            self._tool(event.tool_output)
        elif isinstance(event, AgentOutput):
            self.tokens += tokens_of(event)

    def _tool(self, output: ToolOutput) -> None:
        self.steps += 1
        if not output.is_error:
            return
        self.failed += 1
        # A raised error may have been counted by an event handler; a refused tool raises none.
        if output.exception is None or first_sight(output.exception):
            self.session.signal(Signal("tool_error", 1.0))

    def outcome(self, latency: float, answer: str | None) -> Outcome:
        """Share of the steps that went well: the tool calls, and the answer."""
        well = self.steps - self.failed + (answer is not None)
        return Outcome(
            success=well / (self.steps + 1),
            latency=latency,
            tokens=self.tokens or None,
            answer=answer,
        )


async def run_with_outcome(
    session: Session,
    agent: Any,
    user_msg: Any,
    *,
    on_event: Callable[[Any], None] | None = None,
    **kwargs: Any,
) -> Any:
    """
    Run an agent in the session's scope, and let the session learn from how it went.

    Success is the share of steps that went well: each tool call, and the answer. A run that
    raises is an outcome too, and its error is raised.

    Args:
        session: whose memory and knobs the run uses.
        agent: a `FunctionAgent`, `ReActAgent`, `AgentWorkflow`, …
        user_msg: as for `agent.run`.
        on_event: gets every event of the run, e.g. to stream the answer.
        kwargs: further arguments of `agent.run`, such as `memory`.

    Returns:
        The run's result.

    Examples:
        ```python
        answer = await run_with_outcome(session, agent, "Where do I live?", memory=memory)
        ```
    """
    tally, clock = _Tally(session), session.clock
    began = clock.elapsed()
    with scope(session):
        try:
            handler = agent.run(user_msg, **kwargs)
            async for event in handler.stream_events():
                tally.see(event)
                if on_event is not None:
                    on_event(event)
            result = await handler
        except Exception:
            await _learn(session, tally.outcome(clock.elapsed() - began, None))
            raise
    await _learn(session, tally.outcome(clock.elapsed() - began, str(result)))
    return result


async def _learn(session: Session, outcome: Outcome) -> None:
    """The answer counts more than what we learn from it: a store that is away is logged."""
    try:
        await session.aoutcome(outcome)
    except ResmemError as error:
        _log.warning("an outcome was not taken in: %s", type(error).__name__)


def outcome_of(
    results: Mapping[str, EvaluationResult],
    scales: Mapping[str, tuple[float, float]] | None = None,
    answer: str | None = None,
) -> Outcome:
    """
    Evaluation results as one outcome: quality is the mean score, success the share that passed.

    Args:
        results: by evaluator name; the one under "safety" fills the safety channel instead.
            Invalid results are left out.
        scales: lowest and highest score by name, where it is not 0 to 1.
        answer: the text that was judged, for credit by overlap.
    """
    valid = {name: result for name, result in results.items() if not result.invalid_result}
    scores = {name: _score(result, (scales or {}).get(name)) for name, result in valid.items()}
    safety = scores.pop(SAFETY, None)
    quality = [score for score in scores.values() if score is not None]
    passed = [
        float(result.passing)
        for name, result in valid.items()
        if name != SAFETY and result.passing is not None
    ]
    return Outcome(
        quality=sum(quality) / len(quality) if quality else None,
        success=sum(passed) / len(passed) if passed else None,
        safety=safety,
        answer=answer,
    )


def _score(result: EvaluationResult, scale: tuple[float, float] | None) -> float | None:
    if result.score is None:
        return None if result.passing is None else float(result.passing)
    low, high = scale or (0.0, 1.0)
    return min(max((result.score - low) / (high - low), 0.0), 1.0)


async def evaluate_with_outcome(
    session: Session,
    evaluators: Mapping[str, BaseEvaluator],
    query: str,
    response: Response,
    scales: Mapping[str, tuple[float, float]] | None = None,
) -> Outcome:
    """
    Judge a response with LlamaIndex's evaluators, and let the session learn from the verdict.

    Args:
        session: the one that answered.
        evaluators: by name; each is a reward channel, the one under "safety" the safety channel.
        query: what was asked.
        response: the query engine's response, with its source nodes.
        scales: lowest and highest score by name; known for `CorrectnessEvaluator`.

    Returns:
        The outcome that the session got.

    Examples:
        ```python
        judges = {"faithful": FaithfulnessEvaluator(llm=llm), "safety": GuidelineEvaluator(...)}
        await evaluate_with_outcome(session, judges, "Where do I live?", response)
        ```
    """
    known = {
        name: scale
        for name, judge in evaluators.items()
        for kind, scale in SCALES.items()
        if isinstance(judge, kind)
    }
    with muted():  # the judges' own model calls are no signals of the session
        results = {
            name: await judge.aevaluate_response(query=query, response=response)
            for name, judge in evaluators.items()
        }
    outcome = outcome_of(results, {**known, **(scales or {})}, response.response)
    if any(result.invalid_result for result in results.values()):
        session.signal(Signal("invalid_output", 1.0))
    await _learn(session, outcome)
    return outcome
