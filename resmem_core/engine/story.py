"""`Story`: what a session does to its requests and calls, and why, in lines for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resmem_core.control.authority import RecentEvidence
from resmem_core.control.controller import Step
from resmem_core.engine.board import Board
from resmem_core.engine.control_loop import ControlLoop
from resmem_core.health.acts import Act, clock, plain
from resmem_core.health.dependency import Health

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
    """

    lines: tuple[str, ...]
    acts: tuple[Act, ...]
    raw: Step | None

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
    """The lines as of now."""
    step, evidence, down = loop.explain(), loop.evidence, board.down()
    cause = _cause(evidence, board.dependencies)
    lines = [_setting(one, step, evidence, cause) for one in sent if one.yours != one.value]
    if loop.tool_access < 1.0:
        lines.append(_tools(loop.tool_access, step, evidence, cause))
    lines += [_down(board, name, health) for name, health in sorted(down.items())]
    lines += [str(act) for act in acts]
    mode = f"mode {loop.mode.value}" if lines or loop.mode.value != "normal" else ""
    head = [CALM] if not lines else []
    return Story((*filter(None, [mode]), *head, *lines), tuple(acts), step)


def _setting(sent: Sent, step: Step | None, evidence: RecentEvidence, cause: str) -> str:
    """One setting's line, such as "temperature 0.4 (yours 0.7): -0.3, cortisol 0.62 after …"."""
    if sent.yours is None:
        moved = "you set none"
    elif sent.name == "max_tokens":
        moved = f"times {sent.value / sent.yours:.3g}"
    else:
        moved = f"{sent.value - sent.yours:+.2g}"
    yours = "none" if sent.yours is None else f"{sent.yours:.4g}"
    by = _strongest(sent.name, step) if sent.name != "max_tokens" else ""
    why = ", ".join(filter(None, [moved, " ".join(filter(None, [by, cause]))]))
    return f"{sent.name} {sent.value:.4g} (yours {yours}): {why}; {_back(evidence)}"


def _tools(access: float, step: Step | None, evidence: RecentEvidence, cause: str) -> str:
    by = " ".join(filter(None, [_strongest("tool_access", step), cause]))
    return f"tools of a risk above {access:.2f} are closed: {by or 'safe mode'}; {_back(evidence)}"


def _strongest(knob: str, step: Step | None) -> str:
    """The hormone that moves a knob most, with its level."""
    if step is None:
        return ""
    top = step.explanation.top(knob)
    return f"{top[0][0]} {step.levels[top[0][0]]:.2f}" if top else ""


def _cause(evidence: RecentEvidence, known: Mapping[str, Health]) -> str:
    """What went wrong lately."""
    failing = {n: h for n, h in known.items() if h.breaker.row}
    parts = []
    if evidence.failure and failing:
        name, health = max(failing.items(), key=lambda item: item[1].breaker.last)
        kind = f" ({health.kind.value})" if health.kind else ""
        parts.append(f"{_times(health.breaker.row, 'failure')} of {plain(name)}{kind}")
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
        return "back at yours with the next call"
    return f"back at yours in about {_times(left, 'calm turn')}"


def _down(board: Board, name: str, health: Health) -> str:
    kind = f" ({health.kind.value})" if health.kind else ""
    return (
        f"{plain(name)} is down since {clock(health.since)}{kind}; "
        f"next try in {board.wait(name):.0f} s"
    )
