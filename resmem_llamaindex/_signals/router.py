"""Signals on their way to the session that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from resmem_core.control.signals import answer_signals, tool_signals
from resmem_core.engine.calling.acting import blamed
from resmem_core.engine.checked import check_memory
from resmem_core.types import Signal, check_tokens
from resmem_llamaindex._turn.acts import note
from resmem_llamaindex._turn.readings import tokens_of, truncated
from resmem_llamaindex._turn.scope import active_session, is_muted, tagged

if TYPE_CHECKING:
    from resmem_core import ResilientMemory, Session

DEFAULT_BUDGET: Final = 200_000
"""Tokens that one conversation may cost before its budget counts as spent."""


class SignalRouter:
    """Finds the session of the present call, and gives it signals. O(µs), no I/O.

    Args:
        session: where signals go that belong to no scope and no tag.
        memory: where sessions named by instrument tags live; the first signal opens them.
        token_budget: tokens of a conversation's whole budget, > 0.
    """

    def __init__(
        self,
        session: Session | None = None,
        memory: ResilientMemory | None = None,
        token_budget: int = DEFAULT_BUDGET,
    ) -> None:
        self._fixed = session
        self._memory = None if memory is None else check_memory(memory)
        self._budget = check_tokens(token_budget, 1)
        self._spent: WeakKeyDictionary[Session, int] = WeakKeyDictionary()

    def session(self) -> Session | None:
        """The session of the present call; None for our own calls and for nobody's."""
        if is_muted():
            return None
        active = active_session()
        if active is not None:
            # Of several handlers with a session each, only that session's own one counts.
            return active if self._fixed in (None, active) else None
        if self._memory is not None and (found := tagged()) is not None:
            return self._memory.session(found[1], namespace=found[0])
        return self._fixed

    def signal(self, *signals: Signal) -> None:
        """Give the signals to the present call's session."""
        session = self.session()
        if session is not None:
            session.signal(*signals)

    def retrieved(self, similarity: float | None) -> None:
        """A retrieval came as close as this."""
        session = self.session()
        if session is not None and similarity is not None:
            session.reading("similarity", similarity, source="retriever")

    def tool(self, name: str, *, error: Exception | None = None, failed: bool = False) -> None:
        """A tool call ended: well, with an error message, or by an exception."""
        session = self.session()
        if session is None:
            return
        session.signal(*tool_signals(failed=failed or error is not None))
        board = getattr(session, "health", None)
        if board is None or (failed and error is None):
            return
        if error is None:
            note(session, board.succeeded(f"tool:{name}"))
        else:
            note(session, board.failed(f"tool:{name}", blamed(error, board.clock.now())))

    def call(self, seconds: float, response: Any) -> None:
        """A model call ended well after so many seconds."""
        session = self.session()
        if session is None:
            return
        signals = [Signal("latency", seconds), *answer_signals(cut_off=truncated(response))]
        tokens = tokens_of(response)
        session.spend(tokens, seconds)
        if tokens:
            spent = self._spent[session] = self._spent.get(session, 0) + tokens
            signals.append(Signal("budget", min(spent / self._budget, 100.0)))
        session.signal(*signals)
