"""The model of each call: a copy with the settings that the session asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.llms.llm import LLM

from resmem_core.control.authority import Change
from resmem_core.control.terms import Spent, Terms
from resmem_llamaindex._model.parameters import Places, places_of, update_for
from resmem_llamaindex._turn.scope import active_session

if TYPE_CHECKING:
    from resmem_core import Session

_log = logging.getLogger(__name__)

_LAZY: Final = ("metadata", "client", "async_client")
_LAZY_CALLS: Final = ("_get_client", "_get_aclient")


class LiveModels:
    """Makes the copies for one tuned model; the model itself is never changed.

    Args:
        session: whose state; None for that of the `scope` of the call.
        knobs: instead of a session, gives the settings of the next call.
        places: overrides of where a setting stands.
        terms: how far settings may change.
    """

    def __init__(
        self,
        session: Session | None = None,
        knobs: Callable[[], Mapping[str, Any]] | None = None,
        places: Places | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.knobs = knobs
        self.places = places
        self.terms = terms or Terms()
        self._session = session
        self._primed: set[int] = set()
        self._warned = False

    def restorable(self) -> LiveModels:
        """The same without the session and the function, which stay behind in this process."""
        return LiveModels(places=self.places, terms=self.terms)

    @property
    def session(self) -> Session | None:
        """Whose state the call follows."""
        return self._session or active_session()

    def of(
        self, llm: LLM, call: Mapping[str, Any], own: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """A copy of a model for this call, and the call's remaining arguments; ticks the session.

        Args:
            llm: the model.
            call: the call's arguments.
            own: fields of the copy that are ours.
        """
        self._prime(llm)
        given = self.knobs() if self.knobs is not None else None
        change, spent = self._asked() if given is None else (Change(), Spent())
        places = places_of(llm, self.places)
        update = update_for(llm, call, places, change, self.terms, spent=spent, given=given)
        session = self.session if given is None else None
        if session is not None:
            session.sent = update.sent
        return llm.model_copy(update={**own, **update.fields}), update.call

    def _asked(self) -> tuple[Change, Spent]:
        """What the session asks of this call."""
        session = self.session
        if session is None:
            self._warn_once()
            return Change(), Spent()
        session.begin_call()
        return session.change, session.spent

    def _warn_once(self) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "TunedLLM was called outside scope(session): the model's own settings hold"
            )

    def _prime(self, llm: LLM) -> None:
        """Create the model's lazy clients once, else every copy would make its own."""
        if id(llm) in self._primed:
            return
        self._primed.add(id(llm))
        for name in _LAZY:
            try:
                getattr(llm, name, None)
            except Exception:  # the provider is away: the call itself will say so
                self._primed.discard(id(llm))
        if getattr(llm, "reuse_client", False):
            for name in _LAZY_CALLS:
                with suppress(Exception):  # e.g. a missing key: the call itself will say so
                    getattr(llm, name, lambda: None)()
