"""Tools that are down, left out alone, and what a conversation's model is told of them."""

from __future__ import annotations

from collections.abc import Callable

from resmem_core.engine.calling.board import Board
from resmem_core.engine.loop.controlled import Controlled
from resmem_core.health.acts import TOOL, Act, back_line, down_line


def down_tools(board: Board) -> dict[str, float]:
    """Names of the tools that no probe may be made at yet, with the epoch seconds since when."""
    down = {n: h.since for n, h in board.down().items() if n.startswith(TOOL)}
    return {n[len(TOOL) :]: since for n, since in down.items() if board.verdict(n) == "open"}


def changes(session: Controlled, has: Callable[[str], bool]) -> tuple[list[Act], list[str]]:
    """Which tools this conversation is now told are down, and lines on those that are up again.

    Args:
        session: what its model was told is kept with it.
        has: whether the agent has a tool of this name.
    """
    board, told = session.health, session.told
    down = down_tools(board)
    acts: list[Act] = []
    back: list[str] = []
    if not (down or told):
        return acts, back
    now = board.clock.now()
    for tool in [t for t in down if t not in told and has(t)]:
        name = f"{TOOL}{tool}"
        told[tool] = down[tool]
        acts.append(Act("suspension", name, now, board[name].kind, since=down[tool]))
    for tool in [t for t in told if not board[f"{TOOL}{t}"].down]:
        del told[tool]
        acts.append(Act("back", f"{TOOL}{tool}", now))
        back.append(back_line(tool, now))
    return acts, back


def down_lines(session: Controlled) -> list[str]:
    """What the model is told in every call while a tool is down."""
    return [down_line(tool, since) for tool, since in sorted(session.told.items())]
