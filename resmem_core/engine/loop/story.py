"""`Story`: what a session does to its requests and calls, and why, in lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resmem_core.control.authority import RecentEvidence
from resmem_core.control.controller import Step
from resmem_core.engine.calling.board import Board
from resmem_core.engine.loop.control_loop import ControlLoop
from resmem_core.health.acts import Act, clock, plain
from resmem_core.health.breaker import STALE
from resmem_core.health.dependency import Health
from resmem_core.types import Mode

CALM: Final = "calm: every request is sent as you set it, and every call is made"


@dataclass(frozen=True, slots=True)
class Sent:
    """One setting of the last request: what the user set (None: nothing) and what was sent."""

    name: str
    yours: float | None
    value: float


@dataclass(frozen=True, slots=True)
class Story:
    """What is going on, for a person.

    Attributes:
        lines: what is changed, what is down, what was done, one line each.
        acts: what was done about failures, oldest first.
        raw: the last tick with its numbers; None before the first.
        value: success to come, discounted, in about [0, 1]; None for hormones of another set.
    """

    lines: tuple[str, ...]
    acts: tuple[Act, ...]
    raw: Step | None
    value: float | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def breaker(self) -> str:
        """The session's own breaker after the last tick: closed, open or half-open."""
        return self.raw.breaker if self.raw else "closed"

    @property
    def retry_after(self) -> float:
        """Seconds until that breaker lets a probe through, else 0."""
        return self.raw.retry_after if self.raw else 0.0


def story(loop: ControlLoop, board: Board, sent: Sequence[Sent], acts: Sequence[Act]) -> Story:
    """The lines as of now; acts are told while something is wrong, and counted when it is over."""
    step, evidence, known = loop.explain(), loop.evidence, board.dependencies
    cause = _cause(evidence, known)
    lines = [_setting(one, step, evidence, cause) for one in sent if one.yours != one.value]
    if loop.tool_access < 1.0:
        lines.append(_tools(loop, step, evidence, cause))
    lines += filter(None, (_trouble(board, name, one) for name, one in sorted(known.items())))
    if lines or evidence.failure:
        lines = [f"mode {loop.mode.value}{_worth(loop)}", *lines, *map(str, acts)]
    else:
        mode = "" if loop.mode is Mode.NORMAL else f"mode {loop.mode.value}{_worth(loop)}"
        lines = [*filter(None, [mode]), CALM, *_over(acts)]
    return Story(tuple(lines), tuple(acts), step, loop.value)


def _worth(loop: ControlLoop) -> str:
    """What the value head expects, where it knows these hormones."""
    value = loop.value
    return "" if value is None else f", {100 * value:.0f} % success expected"


def _over(acts: Sequence[Act]) -> list[str]:
    """What was done earlier, in one line."""
    counted = Counter(act.what for act in acts)
    told = ", ".join(f"{what} {count}" for what, count in counted.items())
    return [f"earlier, and over: {told} (in .acts)"] if told else []


def _setting(sent: Sent, step: Step | None, evidence: RecentEvidence, cause: str) -> str:
    """One setting's line, such as "temperature 0.4 (yours 0.7): -0.3, cortisol 0.62 after …"."""
    told = f"{sent.name} {sent.value:.4g} (yours {_yours(sent)})"
    if sent.yours is None or (sent.name == "max_tokens" and sent.value < sent.yours):
        return f"{told}: what is left of your budget"
    tokens = sent.name == "max_tokens"
    moved = f"times {sent.value / sent.yours:.3g}" if tokens else f"{sent.value - sent.yours:+.2g}"
    by = "" if tokens else _strongest(sent.name, step)
    why = ", ".join(filter(None, [moved, " ".join(filter(None, [by, cause]))]))
    return f"{told}: {why}; {_back(evidence)}"


def _yours(sent: Sent) -> str:
    return "none" if sent.yours is None else f"{sent.yours:.4g}"


def _tools(loop: ControlLoop, step: Step | None, evidence: RecentEvidence, cause: str) -> str:
    closed = f"tools of a risk above {loop.tool_access:.2f} are closed"
    if loop.safe:
        return f"{closed}: safe mode; open again when somebody turns it off"
    by = " ".join(filter(None, [_strongest("tool_access", step), cause]))
    return f"{closed}: {by}; {_back(evidence)}"


def _strongest(knob: str, step: Step | None) -> str:
    """The hormone that lowers a knob most, with its level."""
    lowering = [n for n, share in step.explanation.top(knob) if share < 0] if step else []
    return f"{lowering[0]} {step.levels[lowering[0]]:.2f}" if step and lowering else ""


def _cause(evidence: RecentEvidence, known: Mapping[str, Health]) -> str:
    """What went wrong lately."""
    failing = {n: h for n, h in known.items() if h.failing}
    parts = []
    if evidence.failure and failing:
        name, health = max(failing.items(), key=lambda item: item[1].at)
        kind = f" ({health.kind.value})" if health.kind else ""
        parts.append(f"{_times(health.failing, 'failure')} of {plain(name)}{kind}")
    elif evidence.failure:
        parts.append("a failed step")
    if evidence.injection:
        parts.append(f"an injection score of {evidence.attack:.2f}")
    if evidence.cut:
        parts.append(f"{_times(evidence.cuts, 'answer')} cut at the limit")
    return f"after {' and '.join(parts)}" if parts else ""


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _back(evidence: RecentEvidence) -> str:
    left = max(evidence.failure, evidence.injection, evidence.cut)
    if not left:
        return "back at yours once the breaker has closed"
    return f"back at yours in about {_times(left, 'calm turn')}"


def _trouble(board: Board, name: str, health: Health) -> str:
    """One dependency's line; none while it is well, or not heard of for long."""
    kind = f" ({health.kind.value})" if health.kind else ""
    wait = board.wait(name)
    if health.down:
        then = f"next try in {wait:.0f} s" if wait else "the next call tries it"
        return f"{plain(name)} is down since {clock(health.since)}{kind}; {then}"
    if wait:
        return f"{plain(name)} asked to be left alone{kind}; next call in {wait:.0f} s"
    if health.failing and abs(board.clock.now() - health.at) < STALE:
        return f"{plain(name)} failed {_times(health.failing, 'time')} in a row{kind}"
    return ""
