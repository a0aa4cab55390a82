"""What one turn recalled, as a framework's tracing shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resmem_core.types import Hit


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one turn recalled, and what of it the model reads.

    Attributes:
        question: what was recalled by: the user's last message.
        hits: best first, standing wishes behind them, each with its relevance and why.
        reason: why there are none; "" where there are.
        block: the lines as they stand in the prompt; "" for none.
    """

    question: str
    hits: tuple[Hit, ...]
    reason: str
    block: str

    def to_doc(self) -> dict[str, Any]:
        """As the run's output: JSON values."""
        hits = [
            {
                "id": hit.id,
                "text": hit.text,
                "relevance": round(hit.relevance, 4),
                "score": round(hit.score, 4),
                "why": {name: round(share, 4) for name, share in hit.why.items()},
                "standing": hit.standing,
            }
            for hit in self.hits
        ]
        return {"hits": hits, "reason": self.reason, "block": self.block}
