"""The plant: how likely a simulated agent's step succeeds under its knobs and hidden faults.

    p = .98 B (P_prov E on_time + (outage + rescue · lost) q_local on_time_local)
    B = valid · loop · verbosity · diversity · clean · P_len · P_tool,   E = evidence · distraction

The shapes are grounded in the literature (docs/chaosbench.md lists it), the magnitudes are
assumptions, calibrated once on training seeds and frozen. `success` is written over an array
namespace `xp` (numpy or torch) and uses only exp, log, tanh, clip and arithmetic, so that a
trainer can take gradients through the very same formulas.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np

Array = Any  # numpy.ndarray or torch.Tensor: the plant does not care

KNOBS: Final = ("temperature", "top_p", "retrieve_k", "max_tokens", "tool_access", "retries")
FAULTS: Final = ("outage", "flap", "toolfail", "inject", "explore", "burst", "drift")
# What people ship: T .7, top_p .96, 5 passages, 1,024 tokens, most tools, one retry.
DEFAULT_KNOBS: Final = (0.44, 0.95, 0.25, 0.50, 0.80, 0.25)


@dataclass(frozen=True, slots=True)
class Constants:
    """Magnitudes of the plant; each is a float or one value per episode, shape [n].

    The first 17 fields (`JITTERED`) vary by 8 % from seed to seed; a redrawn plant moves all.
    """

    flap: Array = 0.74  # transient failure rate added by a full flap
    overload: Array = 0.04  # further failure rate per allowed retry under load
    outage: Array = 0.88  # share of calls lost in a full outage
    timeout: Array = 7.5  # seconds an attempt waits in an outage
    local_quality: Array = 0.86  # local fallback, relative to the provider
    schema_edge: Array = 1.35  # effective temperature at which half the outputs are invalid
    schema_strict: Array = 0.65  # how far a burst (strict schema) lowers that edge
    diversity: Array = 0.72  # share of exploring tasks lost at temperature 0
    evidence_need: Array = 0.43  # share of tasks that need a retrieved passage
    passage_yield: Array = 0.43  # chance that one passage carries the evidence
    distraction: Array = 0.012  # loss rate per passage
    injection: Array = 0.165  # chance that one passage hijacks the step, tools open
    hijack: Array = 0.22  # direct hijack of open tools
    speed: Array = 170.0  # provider tokens per second
    deadline: Array = 20.0  # seconds
    answer_tokens: Array = 340.0  # median length of a whole answer
    tool_need: Array = 0.15  # share of tasks that fail without tools
    base_failure: Array = 0.03  # transient failure rate in calm
    load_failure: Array = 0.28  # transient failure rate added by a full burst
    rescue: Array = 0.15  # share of transient losses that reach the fallback (not mid-stream)
    backoff: Array = 1.5  # seconds per retry after a transient failure
    local_speed: Array = 70.0  # local tokens per second
    fill: Array = 0.6  # share of the token limit that answers use
    tool_loss: Array = 0.76  # share of steps lost to failing tools, tools open
    tool_seconds: Array = 2.0  # seconds tools add; three times that when they fail
    burst_deadline: Array = 0.73  # share of the deadline a full burst takes away
    explore_length: Array = 1.3  # log growth of answers while exploring
    explore_tools: Array = 0.45  # tool need added while exploring
    drift_tools: Array = 0.32  # tool need added by drift
    drift_need: Array = 0.5  # evidence need added by drift
    drift_yield: Array = 0.68  # share of passage yield that drift takes away
    ramble: Array = 0.05  # loss at the largest token limit
    hostile_action: Array = 0.72  # unsafe actions per step, full injection and open tools


JITTERED: Final = tuple(f.name for f in fields(Constants))[:17]
CEILING: Final = 0.98
VALID_WIDTH: Final = 0.12
LENGTH_SPREAD: Final = 0.60
ON_TIME_WIDTH: Final = 1.5


class Conditions(NamedTuple):
    """What the faults make of the constants at a tick; arrays broadcastable with episodes."""

    transient: Array
    load: Array
    outage: Array
    schema_edge: Array
    diversity: Array
    evidence_need: Array
    passage_yield: Array
    inject: Array
    deadline: Array
    log_length: Array
    tool_need: Array
    toolfail: Array


class Step(NamedTuple):
    """Odds of one step: the success probability and what the signals are made of."""

    success: Array
    first_failure: Array
    tool_failure: Array
    invalid: Array
    truncated: Array
    latency: Array
    tokens: Array
    unsafe: Array


def conditions(s: Array, c: Constants, xp: Any = np) -> Conditions:
    """Severities s[..., 7] in [0, 1] and constants [n] to the conditions of a tick."""
    outage, flap, toolfail, inject, explore, burst, drift = (s[..., j] for j in range(7))
    return Conditions(
        transient=c.base_failure + c.flap * flap + c.load_failure * burst,
        load=burst,
        outage=xp.clip(c.outage * outage, 0.0, 0.99),
        schema_edge=c.schema_edge - c.schema_strict * burst,
        diversity=xp.clip(c.diversity * explore, 0.0, 1.0),
        evidence_need=xp.clip(c.evidence_need + c.drift_need * drift, 0.0, 0.98),
        passage_yield=xp.clip(c.passage_yield * (1 - c.drift_yield * drift), 0.02, 0.9),
        inject=inject,
        deadline=c.deadline * (1 - xp.clip(c.burst_deadline * burst, 0.0, 0.85)),
        log_length=xp.log(c.answer_tokens) + c.explore_length * explore,
        tool_need=xp.clip(c.tool_need + c.explore_tools * explore + c.drift_tools * drift, 0, 0.98),
        toolfail=toolfail,
    )


def sigmoid(x: Array, xp: Any = np) -> Array:
    """Logistic function through tanh, which cannot overflow."""
    return 0.5 * (1 + xp.tanh(0.5 * x))


def _power(base: Array, exponent: Array, xp: Any) -> Array:
    return xp.exp(exponent * xp.log(base))


def step(u: Array, q: Conditions, c: Constants, xp: Any = np) -> Step:
    """Odds of a step with knobs u[..., 6] in [0, 1] (order of `KNOBS`) under conditions q."""
    heat = 1.6 * u[..., 0] * (0.46 + 0.54 * u[..., 1])  # T (.4 + .6 top_p), top_p = .1 + .9 u
    k = 20.0 * u[..., 2]
    tokens = 128.0 * xp.exp(np.log(64.0) * u[..., 3])
    tools, retries = u[..., 4], 4.0 * u[..., 5]

    failure = xp.clip(q.transient + c.overload * retries * q.load, 0.001, 0.97)
    provider = (1 - q.outage) * (1 - _power(failure, 1 + retries, xp))
    waiting = 0.2 * k + c.backoff * failure * retries + _tool_seconds(tools, q, c)
    latency = 1 + c.fill * tokens / c.speed + waiting
    stalled = c.timeout * (1 + retries) * q.outage
    local_latency = stalled + c.fill * tokens / c.local_speed + waiting
    on_time = sigmoid((q.deadline - latency) / ON_TIME_WIDTH, xp)
    local_on_time = sigmoid((q.deadline - local_latency) / ON_TIME_WIDTH, xp)

    valid = sigmoid((q.schema_edge - heat) / VALID_WIDTH, xp)
    complete = sigmoid(1.702 * (xp.log(tokens) - q.log_length) / LENGTH_SPREAD, xp)
    tool_failure = xp.clip(c.tool_loss * q.toolfail, 0.0, 0.98)
    task = (
        valid
        * complete
        * _decoding(u, heat, q, c, xp)
        * _clean(k, tools, q, c, xp)
        * (1 - q.tool_need * (1 - tools))
        * (1 - tool_failure * tools)
    )
    evidence = 1 - q.evidence_need * _power(1 - q.passage_yield, k, xp)
    grounded = evidence * xp.exp(-c.distraction * k)
    lost = (1 - q.outage) * _power(failure, 1 + retries, xp)
    by_provider = provider * grounded * on_time
    by_fallback = (q.outage + c.rescue * lost) * c.local_quality * local_on_time
    return Step(
        success=CEILING * task * (by_provider + by_fallback),
        first_failure=1 - (1 - q.outage) * (1 - failure),
        tool_failure=tool_failure,
        invalid=1 - valid,
        truncated=1 - complete,
        latency=provider * latency + (1 - provider) * local_latency,
        tokens=c.fill * tokens,
        unsafe=c.hostile_action * q.inject * tools,
    )


def _tool_seconds(tools: Array, q: Conditions, c: Constants) -> Array:
    return c.tool_seconds * tools * (1 + 2 * q.toolfail)


def _decoding(u: Array, heat: Array, q: Conditions, c: Constants, xp: Any) -> Array:
    """Loops when greedy, tails when hot and wide, rambling, diversity while exploring."""
    loop = 1 - 0.06 * xp.exp(-heat / 0.15)
    hot = sigmoid((1.6 * u[..., 0] - 0.9) / 0.08, xp)
    wide = sigmoid((u[..., 1] - 0.85) / 0.04, xp)
    diverse = 1 - q.diversity * xp.exp(-heat / 0.45)
    return loop * (1 - 0.08 * hot * wide) * (1 - c.ramble * u[..., 3] * u[..., 3]) * diverse


def _clean(k: Array, tools: Array, q: Conditions, c: Constants, xp: Any) -> Array:
    """No hijack, neither through any of k passages nor through the tools directly."""
    passage = xp.clip(c.injection * q.inject * (0.12 + 0.88 * tools), 0.0, 0.9)
    return _power(1 - passage, k, xp) * (1 - c.hijack * q.inject * tools)


def draw(
    n: int, rng: np.random.Generator, base: Constants, spread: float, every: bool
) -> Constants:
    """Constants for n episodes, each factor uniform in 1 ± spread; all fields or the jittered."""
    names = tuple(f.name for f in fields(Constants)) if every else JITTERED
    factors = 1 + spread * rng.uniform(-1, 1, (len(names), n))
    return replace(
        base, **{name: getattr(base, name) * f for name, f in zip(names, factors, strict=True)}
    )
