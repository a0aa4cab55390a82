"""What is kept of a control loop between processes: numbers only, and what a silence made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resmem_core.config.profile import Profile
from resmem_core.control import authority, controller, digest, pause
from resmem_core.control.authority import RecentEvidence
from resmem_core.control.controller import ControlState
from resmem_core.types import check_number


@dataclass(frozen=True, slots=True)
class SavedLoop:
    """The state of a loop.

    Attributes:
        evidence: what went wrong lately.
        at: epoch seconds of the last tick; 0 where nobody knows.
        work: of the session since it last rested; None in a digest, which does not say.
    """

    state: ControlState
    evidence: RecentEvidence
    at: float
    work: float | None

    def to_doc(self) -> dict[str, Any]:
        """JSON-ready."""
        own = {"evidence": self.evidence.to_doc(), "at": self.at, "work": self.work}
        return controller.to_doc(self.state) | own


def taken(doc: Mapping[str, Any], profile: Profile, now: float | None) -> SavedLoop:
    """The state of a document, or of a digest; it has rested since it was written.

    Args:
        now: epoch seconds; no time has passed when None.

    Raises:
        ConfigError: it is neither.
    """
    if digest.is_digest(doc):
        return SavedLoop(*digest.from_digest(doc, profile), at=now or 0.0, work=None)
    state = controller.from_doc(dict(doc), profile)
    evidence = authority.evidence_from_doc(doc.get("evidence"))
    at, work = (check_number(name, doc.get(name, 0.0), 0.0, 1e15) for name in ("at", "work"))
    silent = now - at if now is not None and at else 0.0
    return SavedLoop(
        pause.paused(state, profile, silent), authority.rested(evidence, silent), at, work
    )
